"""Repositories found by the search API of GitHub (https://docs.github.com/rest/search), then cloned or downloaded."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_slm.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.collect.http import Client

API = "https://api.github.com"
_PAGE = 100  # the most that one answer holds
_MOST = 1000  # the most that one search gives, over all its pages


@dataclass(frozen=True)
class Query:
    """What to search for. ``stars`` are at least and at most; ``pushed_after`` is a date; licences are SPDX keys."""

    stars: tuple[int, int | None] = (100, None)
    language: str = "Python"
    pushed_after: str | None = None
    topics: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def text(self, licence: str | None, most: int | None) -> str:
        """In the search's own language, for one licence and at most ``most`` stars."""
        least = self.stars[0]
        parts = [f"language:{self.language}", f"stars:{least}..{most}" if most is not None else f"stars:>={least}"]
        parts += [f"topic:{topic}" for topic in self.topics]
        parts += [f"pushed:>={self.pushed_after}"] if self.pushed_after else []
        parts += [f"license:{licence.lower()}"] if licence else []
        return " ".join([*parts, "archived:false", "fork:false"])


@dataclass(frozen=True)
class Repository:
    """One result. ``indicators`` become ``extra`` of its records."""

    name: str
    clone_url: str
    branch: str
    stars: int
    pushed_at: str | None
    licence: str | None
    indicators: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, item: dict[str, Any]) -> Repository:
        """From an item of the search, or the answer of /repos/owner/name."""
        indicators = {
            "author": item["owner"]["login"],
            "url": item["html_url"],
            "description": item.get("description"),
            "stars": item["stargazers_count"],
            "forks": item.get("forks_count"),
            "open_issues": item.get("open_issues_count"),
            "topics": item.get("topics") or [],
            "language": item.get("language"),
            "created_at": item.get("created_at"),
            "pushed_at": item.get("pushed_at"),
        }
        kept = {name: value for name, value in indicators.items() if value not in (None, [])}
        licence = (item.get("license") or {}).get("spdx_id")
        return cls(
            item["full_name"],
            item["clone_url"],
            item["default_branch"],
            item["stargazers_count"],
            item.get("pushed_at"),
            licence if licence not in {"NOASSERTION", None} else None,
            kept,
        )


@dataclass(frozen=True)
class GitHub:
    """The API at ``api``. ``token`` raises its limits (search: 30 instead of 10 requests a minute)."""

    client: Client
    token: str | None = None
    api: str = API

    @property
    def headers(self) -> dict[str, str]:
        """Of every request; the token with them."""
        named = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return {**named, "Authorization": f"Bearer {self.token}"} if self.token else named

    def repository(self, name: str) -> Repository:
        """One by its owner/name. Raises SourceError if there is none."""
        answer = self.client.get(f"{self.api}/repos/{name}", headers=self.headers)
        if answer.is_missing:
            raise SourceError(f"{name}: no such repository; check the name, or set GITHUB_TOKEN if it is private")
        return self._repository(answer.json())

    def _repository(self, item: Any) -> Repository:
        try:
            return Repository.of(item)
        except (KeyError, TypeError, AttributeError) as error:
            raise SourceError(
                f"{self.api}: a repository without {error}; is this the address of a GitHub API? Give it with --api"
            ) from error

    def search(self, query: Query) -> Iterator[Repository]:
        """Every match once, those with most stars first, over as many requests as it takes.

        One search gives 1000 results at most: it is repeated below the stars of its last one. The search joins
        licences by AND, so there is one for each.
        """
        searches = [self._search(query, licence) for licence in query.licences or (None,)]
        seen = set()
        for found in heapq.merge(*searches, key=lambda one: -one.stars):
            if found.name not in seen:
                seen.add(found.name)
                yield found

    def _search(self, query: Query, licence: str | None) -> Iterator[Repository]:
        most = query.stars[1]
        while True:
            count, last = 0, None
            for found in self._pages(query.text(licence, most)):
                count, last = count + 1, found.stars
                yield found
            if count < _MOST or last is None or last <= query.stars[0]:
                return
            # Those with as many stars as the last one may go on; if all have as many, no query tells them apart.
            most = last if last != most else last - 1

    def _pages(self, text: str) -> Iterator[Repository]:
        url: str | None = f"{self.api}/search/repositories"
        parameters: dict[str, str | int] = {"q": text, "sort": "stars", "order": "desc", "per_page": _PAGE}
        while url is not None:
            answer = self.client.get(url, parameters, headers=self.headers)
            data = answer.json()
            if not isinstance(data, dict) or "items" not in data:
                raise SourceError(f"{self.api}: no answer of the GitHub API; give the address of one with --api")
            if data.get("incomplete_results"):
                self.client.say(f"GitHub ran out of time on '{text}': some results are missing; narrow the search")
            yield from (self._repository(item) for item in data["items"])
            url, parameters = answer.next_url, {}
            if url is not None and urlsplit(url).netloc != urlsplit(self.api).netloc:
                raise SourceError(f"{urlsplit(url).netloc}: the next page is on another host than {self.api}; refused")
