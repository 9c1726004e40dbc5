"""``slm why``: what became of the last requests for completions, from the traces that servers keep."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLLOW_S = 0.2
_FOLLOWED = 50
"""Traces that may arrive between two looks."""
_NOTHING = (
    "No request has been traced here. Is the server running, and trace.keep on? 'slm doctor' tells where traces go; "
    "in the editor, python-slm.why tells of the server at work."
)


@click.command(epilog="Example: slm why -n 20")
@click.option("-n", "count", type=click.IntRange(1, 200), default=1, help="A table of the last so many requests.")
@click.option("--json", "as_json", is_flag=True, help="The traces themselves, a JSON object a line, the newest last.")
@click.option("--follow", is_flag=True, help="Go on with every request that comes, until interrupted.")
def why(count: int, as_json: bool, follow: bool) -> None:
    """Tell why something was suggested, or why nothing was, at the last request.

    Reads the traces of this user's servers, running or ended. None of your code is in them. The setting trace.keep
    turns them off.
    """
    from python_slm.lsp import journal
    from python_slm.places import state_folder

    state = state_folder()
    records = journal.read(state, count)
    if not records and not follow:
        raise click.ClickException(_NOTHING)
    for text in _lines(records, as_json=as_json, table=count > 1 or follow):
        click.echo(text)
    if follow:
        for record in _followed(state):
            for text in _lines([record], as_json=as_json, table=True):
                click.echo(text)


def _lines(records: list[dict[str, Any]], *, as_json: bool, table: bool) -> Iterator[str]:
    """A JSON object or a row a trace; the whole story where it is but one."""
    from python_slm.lsp import story

    for record in records:
        if as_json:
            yield json.dumps(record)
        elif table:
            asked = record["request"].get("trigger", "?")
            yield (
                f"{story.clock(record)} {story.place(record):<32} {asked:<6} {story.milliseconds(record):>8}  "
                f"{story.verdict(record)}"
            )
        else:
            yield story.story(record)


def _followed(state: Path) -> Iterator[dict[str, Any]]:
    """Every trace that is written from now on; never ends."""
    from python_slm.lsp import journal

    seen = {(record["server"], record["number"]) for record in journal.read(state, _FOLLOWED)}
    stamps = journal.stamps(state)
    while True:
        time.sleep(_FOLLOW_S)
        before, stamps = stamps, journal.stamps(state)
        if stamps == before:
            continue
        for record in journal.read(state, _FOLLOWED):
            key = (record["server"], record["number"])
            if key not in seen:
                seen.add(key)
                yield record
