"""``slm history``: what is kept of how suggestions were taken."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import click

_LIVES = {
    "accepted": "accepted",
    "partly": "accepted in part",
    "typed": "typed out by hand",
    "rejected": "not wanted",
}


@click.command(epilog="Example: slm history --clear")
@click.option("--clear", is_flag=True, help="Forget all of it.")
def history(clear: bool) -> None:
    """Show what is kept of how you took suggestions, and where.

    Kept only where the setting history.keep is on: figures, no code and no file names. 'slm train filter --history
    FILE' learns from it when to keep quiet.
    """
    from python_slm.errors import SLMError
    from python_slm.history import History
    from python_slm.places import state_folder

    kept = History(state_folder())
    try:
        rows = kept.read()
        if clear:
            kept.clear()
    except OSError as error:
        raise SLMError(f"{kept.path}: {error.strerror}; see to its permissions") from error
    if clear:
        click.echo(f"{len(rows)} suggestions forgotten")
        return
    if not rows:
        click.echo(f"{kept.path}: nothing is kept. The setting history.keep turns it on.")
        return
    since = datetime.fromtimestamp(rows[0].get("shown_at_ms", 0) / 1000, UTC).date()
    click.echo(f"{kept.path}: {len(rows)} suggestion{'s' if len(rows) > 1 else ''} since {since}")
    lives = Counter(row["life"] for row in rows)
    for life, words in _LIVES.items():
        click.echo(f"{100 * lives[life] / len(rows):5.1f} % {words}")
