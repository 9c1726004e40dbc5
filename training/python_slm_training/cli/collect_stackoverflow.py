"""``slm data collect stackoverflow``: questions and answers of a data dump or the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import EXISTING, cache_of, client_of, out_option, reserved_option, run, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MONTH = click.DateTime(["%Y-%m"])


@click.command()
@out_option
@reserved_option
@click.option("--dump", "folder", type=EXISTING, help="Folder with Posts.xml, and Users.xml for the authors' names.")
@click.option("--from", "start", type=_MONTH, help="By the API: first month, such as 2024-01.")
@click.option("--to", "end", type=_MONTH, help="By the API: last month.")
@click.option("--site", default="stackoverflow.com", show_default=True, help="Host of the Stack Exchange site.")
@click.option("--tag", "tags", multiple=True, default=("python", "python-3.x"), show_default=True, help="Any of these.")
@click.option("--score", type=int, default=3, show_default=True, help="Least score of a question.")
@click.option("--answer-score", type=int, default=3, show_default=True, help="Least score of an answer.")
@click.option("--accepted", is_flag=True, help="Only questions with an accepted answer.")
@click.option("--answers", type=click.IntRange(1), default=3, show_default=True, help="Answers a question, at most.")
@click.option(
    "--key", envvar="STACKEXCHANGE_KEY", show_envvar=True, help="API key; raises 300 requests a day to 10000."
)
@click.option("--api", default="https://api.stackexchange.com/2.3", show_default=True, hidden=True)
def stackoverflow(
    out: Path,
    reserved: Path | None,
    folder: Path | None,
    start: object,
    end: object,
    site: str,
    tags: tuple[str, ...],
    score: int,
    answer_score: int,
    accepted: bool,
    answers: int,
    key: str | None,
    api: str,
) -> None:
    """Questions with their best answers, from an unpacked data dump or, month by month, from the API.

    Titles, addresses, authors and licences (CC BY-SA 2.5, 3.0 or 4.0 by date) come with every record: whoever passes
    the text on has to name them. 'slm data curate' keeps these records only where its --licences allow CC BY-SA.

    \b
    Examples:
      slm data collect stackoverflow --out raw --dump ~/stackoverflow.com
      slm data collect stackoverflow --out raw --from 2024-01 --to 2024-06 --accepted
    """
    from python_slm.errors import SourceError
    from python_slm_training.collect.questions import Selection
    from python_slm_training.collect.stackapi import ApiMonth, StackExchange
    from python_slm_training.collect.stackdump import Dump

    selection = Selection(tags, score, answer_score, accepted, answers)
    if folder is not None:
        work = cache_of(out) / f"{site}-{selection.digest()}.sqlite"
        try:
            run(Dump(folder, site, selection, work, say).parts(), out, reserved)
        except SourceError as error:
            raise click.ClickException(str(error)) from error
        return
    if start is None:
        raise click.UsageError("which questions? Give --dump FOLDER, or --from MONTH and --to MONTH for the API")
    exchange = StackExchange(client_of(out), site, key, api.rstrip("/"))
    run((ApiMonth(exchange, month, selection) for month in _months(start, end or start)), out, reserved)


def _months(start: object, end: object) -> Iterator[str]:
    from datetime import datetime

    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    for number in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"
