"""``slm model``: the models of one's own, and which one runs where."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm.registry import Entry

_FOR = click.option(
    "--for",
    "workspace",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="Only for this folder and what lies in it.",
)
_EVERYWHERE = click.option("--everywhere", is_flag=True, help="For every folder without a choice of its own.")


@click.group()
def model() -> None:
    """List, choose and check the models on this machine; a running server follows within one keystroke.

    A model is named NAME (its newest version), NAME@VERSION, or 'shipped' for the one that came with python-slm.

    \b
    slm adapt .                       makes one from this repository, and uses it there if it is better
    slm model list                    what there is, and what is in use
    slm model use shipped --for .     back to the shipped model in this repository
    slm model rollback                undo the last change
    """


@model.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def list_models(*, as_json: bool) -> None:
    """List the registered models and where each is in use; '*' marks what runs in the current folder.

    Example: slm model list
    """
    from python_slm.registry import SHIPPED, Registry

    registry = Registry.of_user()
    here = registry.choose([Path.cwd()])
    entries, choices = registry.entries(), registry.choices()
    if as_json:
        listed = [asdict(entry) | {"folder": str(entry.folder)} for entry in entries]
        click.echo(json.dumps({"models": listed, "choices": choices, "here": str(here.folder or SHIPPED)}, indent=1))
        return
    rows = [(SHIPPED, "came with python-slm", _users(SHIPPED, choices), here.folder is None)]
    rows += [(entry.spec, _made(entry), _users(entry.spec, choices), here.folder == entry.folder) for entry in entries]
    width = max(len(row[0]) for row in rows)
    for spec, about, users, runs in rows:
        click.echo(f"{'*' if runs else ' '} {spec:<{width}}  {'; '.join(filter(None, (about, users)))}")
    if here.problem:
        click.echo(here.problem, err=True)


def _made(entry: Entry) -> str:
    made = f"registered {entry.added_at[:16].replace('T', ' ')}" if entry.added_at else "put here by hand"
    return f"{made}, for {entry.workspace}" if entry.workspace else made


def _users(spec: str, choices: dict[str, str]) -> str:
    places = [place or "everywhere" for place, chosen in choices.items() if chosen == spec]
    return f"in use: {', '.join(places)}" if places else ""


@model.command()
@click.argument("spec", metavar="NAME[@VERSION]")
@_FOR
@_EVERYWHERE
def use(spec: str, *, workspace: str | None, everywhere: bool) -> None:
    """Run this model from now on, in the folder that it was made for unless told otherwise.

    Its files are verified first. Example: slm model use shipped --for ~/src/project
    """
    from python_slm.registry import Registry

    change = Registry.of_user().use(spec, _place(workspace, everywhere=everywhere))
    where = f"for {change.workspace}" if change.workspace else "everywhere"
    click.echo(f"{change.model} is in use {where}; back with 'slm model rollback'")


@model.command()
@_FOR
@_EVERYWHERE
def rollback(*, workspace: str | None, everywhere: bool) -> None:
    """Undo the last 'slm model use', wherever it was or for one folder; again, to go back further.

    Example: slm model rollback
    """
    from python_slm.registry import Registry

    change = Registry.of_user().rollback(_place(workspace, everywhere=everywhere))
    where = f"for {change.workspace}" if change.workspace else "everywhere"
    now = change.before or ("what is in use everywhere" if change.workspace else "the shipped model")
    click.echo(f"{change.model} is no longer in use {where}; {now} is")


@model.command()
@click.argument("specs", metavar="[NAME[@VERSION]]...", nargs=-1)
def verify(specs: tuple[str, ...]) -> None:
    """Check every file of these models, by default of all, against its checksum.

    Exit code 1 when one is damaged. Example: slm model verify
    """
    from python_slm.engine.manifest import verify as verify_folder
    from python_slm.engine.model import shipped_folder
    from python_slm.errors import ModelError
    from python_slm.registry import SHIPPED, Registry

    registry = Registry.of_user()
    damaged = False
    for spec in specs or (SHIPPED, *(entry.spec for entry in registry.entries())):
        try:
            manifest = verify_folder(shipped_folder()) if spec == SHIPPED else registry.verify(registry.find(spec))
            click.echo(f"✓ {spec}: {len(manifest.files)} files, sha256 as in the manifest")
        except ModelError as error:
            damaged = True
            click.echo(f"✗ {spec}: {error}", err=True)
    if damaged:
        raise SystemExit(1)


@model.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", default="", help="Its name here.  [default: the manifest's]")
@click.option("--version", "version", default="", help="Its version here.  [default: the manifest's]")
@_FOR
def add(folder: Path, *, name: str, version: str, workspace: str | None) -> None:
    """Register an exported model FOLDER: it is copied and verified, and not yet in use.

    Example: slm model add runs/mine/exported --name mine && slm model use mine
    """
    from python_slm.registry import Registry

    entry = Registry.of_user().add(folder, name=name, version=version, workspace=workspace or "")
    click.echo(f"{entry.spec} is registered at {entry.folder}; use it with 'slm model use {entry.spec}'")


@model.command()
@click.argument("spec", metavar="NAME[@VERSION]")
def remove(spec: str) -> None:
    """Delete a registered model that is in use nowhere (NAME alone: its newest version).

    Example: slm model remove mine@2
    """
    from python_slm.registry import Registry

    registry = Registry.of_user()
    entry = registry.find(spec)
    registry.remove(entry)
    click.echo(f"{entry.spec} is removed")


def _place(workspace: str | None, *, everywhere: bool) -> str | None:
    if everywhere and workspace is not None:
        raise click.UsageError("give --for or --everywhere, not both")
    return "" if everywhere else workspace
