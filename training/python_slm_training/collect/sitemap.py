"""Sitemaps (https://www.sitemaps.org/protocol.html): indexes of sitemaps, gzip, and plain lists of addresses."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from python_slm.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.collect.http import Client

_DEPTH = 3  # indexes of indexes are forbidden, and exist
_MAX_BYTES = 50_000_000  # of one sitemap, by the protocol


def addresses(client: Client, url: str, depth: int = _DEPTH) -> Iterator[tuple[str, str | None]]:
    """Pages of a sitemap with the date of their last change, those on its own host only. Raises SourceError."""
    answer = client.get(url, max_bytes=_MAX_BYTES)
    if answer.is_missing:
        raise SourceError(f"{url}: no such sitemap; give another --sitemap, or a list of pages by --urls")
    data = _unpacked(answer.body, url)
    host = urlsplit(url).netloc
    if not data.lstrip().startswith(b"<"):
        found: list[tuple[str, str | None]] = [(line.strip(), None) for line in data.decode("utf-8", "replace").split()]
        yield from (one for one in found if urlsplit(one[0]).netloc == host)
        return
    root = _parsed(data, url)
    for entry in root:
        location = entry.findtext("{*}loc", "").strip()
        if urlsplit(location).netloc != host:
            continue
        if etree.QName(root).localname != "sitemapindex":
            yield location, entry.findtext("{*}lastmod")
        elif depth > 0:
            yield from addresses(client, location, depth - 1)


def _parsed(data: bytes, url: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
    root = etree.fromstring(data, parser)  # entities and network are off
    if root is None:
        raise SourceError(f"{url}: neither XML nor a list of addresses; is this a sitemap?")
    return root


def _unpacked(data: bytes, url: str) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise SourceError(f"{url}: a damaged gzip file") from error
    return unpacked
