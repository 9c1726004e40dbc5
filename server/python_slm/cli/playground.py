"""``slm playground``: a page with a real editor, wired to the language server."""

from __future__ import annotations

import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm.playground.site import Site


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1.  [default: a free one]")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option(
    "--model", type=click.Path(path_type=Path), help="Model folder instead of the one in use ('slm model list')."
)
@click.option("--log-file", type=click.Path(dir_okay=False, path_type=Path), help="Append a JSON object a line here.")
def playground(*, port: int, no_browser: bool, model: Path | None, log_file: Path | None) -> None:
    """Open a page to type Python in: ghost text, findings, fixes, docstrings, and code from a description.

    The page and its server are on this machine alone: they listen on 127.0.0.1, and the address holds a token. A tab is
    a session of its own. Ctrl-C ends it.

    Example: slm playground --port 8080
    """
    from python_slm.cli.lsp import leave, run
    from python_slm.lsp.models import onnx_model
    from python_slm.playground.site import Site

    site = Site()
    announce = partial(_announce, site, browser=not no_browser)
    leave(run(onnx_model, ws=("127.0.0.1", port), model=model, log_file=log_file, announce=announce, admit=site))


def _announce(site: Site, host: str, port: int, *, browser: bool) -> None:
    url = site.url(host, port)
    click.echo(f"playground: {url}\nCtrl-C ends it.", err=True)
    if browser and not webbrowser.open(url):
        click.echo("no browser could be opened here; open the address in yours", err=True)
