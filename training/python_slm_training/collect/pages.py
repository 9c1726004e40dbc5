"""Pages of documentation and blogs: what robots.txt allows, one host after the other, in their main text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_slm.errors import SourceError
from python_slm_training.collect import licences
from python_slm_training.collect.files import Origin
from python_slm_training.collect.maintext import Page, is_refusing, main_text
from python_slm_training.collect.record import PROSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm_training.collect.answers import Answer
    from python_slm_training.collect.http import Client
    from python_slm_training.collect.record import Record
    from python_slm_training.collect.robots import Robots

_MAX_PAGE_BYTES = 10_000_000
_MAX_FAILURES = 5  # in a row: the server is down, not a page of it
_TOLD = 100  # pages between two lines for the user
_AGE_S = 30 * 86400.0


@dataclass(frozen=True)
class PagesSource:
    """Pages of one host. ``urls`` come with the date of their last change, where a sitemap knows it.

    ``licence`` is for pages that name none. Pages that were fetched in the last ``max_age_s`` are taken from the
    client's store, so that an interrupted collection loses no more than the current page.
    """

    client: Client
    robots: Robots
    repo: str
    urls: tuple[tuple[str, str | None], ...]
    licence: str = licences.UNKNOWN
    max_age_s: float = _AGE_S
    kind: str = "pages"

    @property
    def revision(self) -> str:
        """Digest of the addresses and their dates."""
        lines = "\n".join(f"{url} {date or ''}" for url, date in sorted(self.urls, key=lambda one: one[0]))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]

    def records(self, collected_at: str) -> Iterator[Record]:
        """One for each page; what is missing, refused or empty is left out. Raises SourceError if the host is down."""
        seen: set[str] = set()
        failures = 0
        for number, (url, date) in enumerate(self.urls):
            if number and number % _TOLD == 0:
                self.client.say(f"{self.repo}: {number} of {len(self.urls)} pages")
            if not self.robots.allow(url):
                continue
            try:
                answer = self.client.get(url, max_age_s=self.max_age_s, max_bytes=_MAX_PAGE_BYTES, refusals=True)
            except SourceError as error:
                failures += 1
                if failures == _MAX_FAILURES:
                    raise
                self.client.say(f"left out: {error}")
                continue
            failures = 0
            page = self._page(answer)
            address = (page.canonical if page else None) or answer.url
            if page is None or address in seen:
                continue
            seen.add(address)
            yield self._record(page, answer, address, date, collected_at)

    def _page(self, answer: Answer) -> Page | None:
        if answer.is_refusal or is_refusing(answer.headers.get("X-Robots-Tag", "")):
            return None
        if urlsplit(answer.url).netloc != self.repo and not self.robots.allow(answer.url):  # redirected
            return None
        sort = answer.headers.get("Content-Type", "text/html").split(";")[0].strip().lower()
        if sort in {"text/html", "application/xhtml+xml"}:
            return main_text(answer.body, answer.url)
        return Page(answer.text) if sort in {"text/plain", "text/markdown", "text/x-rst"} else None

    def _record(self, page: Page, answer: Answer, address: str, date: str | None, collected_at: str) -> Record:
        extra: dict[str, Any] = {"url": address, "author": page.author, "title": page.title, "site": page.site}
        extra |= {"fetched_from": answer.url} if address != answer.url else {}
        declared = licences.of_document(page.text)
        origin = Origin(
            self.kind,
            self.repo,
            hashlib.sha256(answer.body).hexdigest()[:16],
            collected_at,
            date or page.modified_at or _date(answer.headers.get("Last-Modified")),
            self.licence,
            {name: value for name, value in extra.items() if value},
        )
        licence = page.licence if page.licence != licences.UNKNOWN else declared
        place = urlsplit(answer.url)
        path = place.path.lstrip("/") + (f"?{place.query}" if place.query else "")
        return origin.record(path or "index.html", page.text, licence, PROSE)


def by_host(urls: Iterable[tuple[str, str | None]]) -> dict[str, dict[str, str | None]]:
    """Addresses without fragment, each once, by host in the order in which they come."""
    found: dict[str, dict[str, str | None]] = {}
    for url, date in urls:
        plain = url.split("#", 1)[0]
        place = urlsplit(plain)
        if place.scheme not in {"http", "https"} or not place.netloc:
            raise SourceError(f"{url}: no address of a page; it starts with https://")
        found.setdefault(place.netloc, {}).setdefault(plain, date)
    return found


def _date(text: str | None) -> str | None:
    try:
        return parsedate_to_datetime(text).isoformat() if text else None
    except ValueError:
        return None
