"""``slm data collect github``: repositories by the search of GitHub."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import EXISTING, cache_of, client_of, lines_of, out_option, reserved_option, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.collect import Source
    from python_slm_training.collect.github import GitHub, Query, Repository


@click.command()
@click.argument("names", nargs=-1, metavar="[OWNER/NAME]…")
@out_option
@reserved_option
@click.option("--list", "listed", type=EXISTING, help="More repositories, one owner/name a line.")
@click.option("--stars", type=click.IntRange(0), default=500, show_default=True, help="Search: at least so many stars.")
@click.option("--most-stars", type=click.IntRange(0), help="Search: at most so many stars.")
@click.option("--pushed-after", metavar="DATE", help="Search: active since, such as 2025-06-01.")
@click.option("--language", default="Python", show_default=True, help="Search: main language.")
@click.option("--topic", "topics", multiple=True, help="Search: with this topic; repeat for several.")
@click.option(
    "--licence-of", "licences", multiple=True, metavar="SPDX", help="Search: under this; repeat for any of several."
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Search: repositories at most.")
@click.option("--history", is_flag=True, help="Clone with all commits, for 'slm data history --git OUT/.cache/github'.")
@click.option("--tarball", is_flag=True, help="Download an archive of the default branch instead of cloning.")
@click.option("--token", envvar="GITHUB_TOKEN", show_envvar=True, help="Raises the rate limits; reads private ones.")
@click.option("--api", default="https://api.github.com", show_default=True, help="Of a GitHub Enterprise server.")
def github(
    names: tuple[str, ...],
    out: Path,
    reserved: Path | None,
    listed: Path | None,
    stars: int,
    most_stars: int | None,
    pushed_after: str | None,
    language: str,
    topics: tuple[str, ...],
    licences: tuple[str, ...],
    limit: int,
    history: bool,
    tarball: bool,
    token: str | None,
    api: str,
) -> None:
    """Repositories by name, or else those with most stars that the search of GitHub finds.

    Stars, forks, topics, description and last push come with every file. Rate limits are waited for. Clones are kept
    below OUT/.cache and brought up to date by the next run.

    \b
    Examples:
      slm data collect github --out raw --stars 1000 --pushed-after 2025-01-01 --licence-of MIT --licence-of Apache-2.0
      slm data collect github --out raw --topic web --limit 30
      slm data collect github --out raw pallets/flask psf/requests
    """
    from python_slm_training.collect.clone import CloneSource, TarballSource
    from python_slm_training.collect.github import GitHub, Query

    service = GitHub(client_of(out), token, api.rstrip("/"))
    cache = cache_of(out) / "github"
    query = Query((stars, most_stars), language, pushed_after, topics, licences)
    wanted = [*names, *(lines_of(listed) if listed else [])]

    def source(found: Repository | Exception) -> Source | Exception:
        if isinstance(found, Exception):
            return found
        return TarballSource(service, found, cache) if tarball else CloneSource(found, cache, history)

    run(map(source, _found(service, wanted, query, limit)), out, reserved)


def _found(service: GitHub, names: list[str], query: Query, limit: int) -> Iterator[Repository | Exception]:
    from python_slm.errors import SourceError

    if not names:
        yield from islice(service.search(query), limit)
    for name in names:
        try:
            yield service.repository(name)
        except SourceError as error:
            yield error
