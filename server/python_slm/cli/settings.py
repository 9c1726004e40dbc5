"""``slm settings``: every setting there is, with its default and what it does."""

from __future__ import annotations

import json
import textwrap

import click


@click.command()
@click.argument("search", default="")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "vscode"]), default="text", show_default=True)
def settings(search: str, form: str) -> None:
    """List the settings whose name or description holds SEARCH, by default all.

    Editors send them as initializationOptions or workspace configuration, nested or under "python-slm". The form
    'vscode' is what an extension's package.json contributes.

    Example: slm settings deadline
    """
    from python_slm.settings_schema import configuration
    from python_slm.settings_schema import settings as all_settings

    if form == "vscode":
        click.echo(json.dumps(configuration(), indent=2))
        return
    found = [one for one in all_settings() if search.lower() in f"{one.name} {one.description}".lower()]
    for one in found:
        default = json.dumps(one.schema["default"])
        choices = " | ".join(one.schema.get("enum", ())) or one.schema["type"]
        if form == "markdown":
            click.echo(f"- `{one.name}` ({choices}, default `{default}`): {one.description}")
            continue
        click.echo(f"{click.style(one.name, bold=True)}: {choices} = {default}")
        click.echo(textwrap.fill(one.description, 100, initial_indent="    ", subsequent_indent="    "))
    if not found:
        click.echo(f"no setting speaks of {search!r}", err=True)
