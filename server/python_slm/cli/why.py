"""``slm why``: what became of the last requests for completions, from the traces that servers keep."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
    known = journal.read(state, journal.KEPT)
    if not known and not follow:
        raise click.ClickException(_NOTHING)
    table = count > 1 or follow
    for record in known[-count:]:
        click.echo(_told(record, known, as_json=as_json, table=table))
    if follow:
        for record in _followed(state):
            click.echo(_told(record, (), as_json=as_json, table=True))


def _told(record: dict[str, Any], known: Sequence[dict[str, Any]], *, as_json: bool, table: bool) -> str:
    """A JSON object or a row; the whole story where it is but one."""
    from python_slm.lsp import story

    if as_json:
        return json.dumps(record)
    if not table:
        return story.story(record, known)
    return (
        f"{story.clock(record)} {story.place(record):<32} {record['request'].get('trigger', '?'):<6} "
        f"{story.milliseconds(record):>8}  {story.verdict(record)}"
    )


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
