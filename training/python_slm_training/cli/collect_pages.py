"""``slm data collect pages``: documentation and blogs from the web."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import (
    EXISTING,
    client_of,
    licence_option,
    lines_of,
    out_option,
    reserved_option,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.http import Client
    from python_slm_training.collect.robots import Robots


@click.command()
@click.argument("addresses", nargs=-1, metavar="[URL]…")
@out_option
@reserved_option
@licence_option
@click.option("--urls", type=EXISTING, help="List of pages, one address a line.")
@click.option("--sitemap", "sitemaps", multiple=True, metavar="URL", help="Sitemap, or index of sitemaps.")
@click.option("--site", "sites", multiple=True, metavar="URL", help="Site whose robots.txt names its sitemaps.")
@click.option("--match", metavar="REGEX", help="Only addresses in which this is found.")
@click.option("--limit", type=click.IntRange(1), help="Pages a host, at most.")
@click.option("--delay", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds between two requests.")
@click.option(
    "--max-age", type=click.IntRange(0), default=30, show_default=True, help="Days until a page is asked for again."
)
def pages(
    addresses: tuple[str, ...],
    out: Path,
    reserved: Path | None,
    licence: str,
    urls: Path | None,
    sitemaps: tuple[str, ...],
    sites: tuple[str, ...],
    match: str | None,
    limit: int | None,
    delay: float,
    max_age: int,
) -> None:
    """The main text of pages as Markdown, with their code blocks, canonical address, author and licence.

    robots.txt is obeyed, Crawl-delay with it; pages marked noindex or noai are left out. An interrupted run goes on
    with the page it was at; pages older than --max-age are fetched again only if the server says that they changed.

    \b
    Examples:
      slm data collect pages --out raw --sitemap https://docs.djangoproject.com/sitemap-en.xml --licence BSD-3-Clause
      slm data collect pages --out raw --site https://realpython.com/ --match /python- --limit 200
      slm data collect pages --out raw --urls tutorials.txt
    """
    from python_slm.errors import SourceError
    from python_slm_training.collect.pages import PagesSource, by_host
    from python_slm_training.collect.robots import Robots

    client = client_of(out, delay)
    robots = Robots(client)
    given = [*addresses, *(lines_of(urls) if urls else [])]
    try:
        hosts = by_host([*((url, None) for url in given), *_listed(client, robots, sitemaps, sites)])
    except SourceError as error:
        raise click.ClickException(str(error)) from error
    pattern = re.compile(match or "")
    chosen = {host: [one for one in found.items() if pattern.search(one[0])][:limit] for host, found in hosts.items()}
    if not any(chosen.values()):
        raise click.UsageError(
            "no page found; give URLs, --urls, --sitemap or --site, and a --match that is found in some"
        )
    seconds = max_age * 86400.0
    sources = [
        PagesSource(client, robots, host, tuple(found), licence, seconds) for host, found in chosen.items() if found
    ]
    run(sources, out, reserved, timedelta(days=max_age))


def _listed(
    client: Client, robots: Robots, sitemaps: tuple[str, ...], sites: tuple[str, ...]
) -> Iterator[tuple[str, str | None]]:
    from python_slm_training.collect.sitemap import addresses

    named = [found for site in sites for found in robots.sitemaps(site) or [f"{site.rstrip('/')}/sitemap.xml"]]
    for sitemap in (*sitemaps, *named):
        yield from addresses(client, sitemap)
