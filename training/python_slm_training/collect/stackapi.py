"""Questions from the API of Stack Exchange (https://api.stackexchange.com/docs), a month a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_slm.errors import SourceError
from python_slm_training.collect.http import DAY_S
from python_slm_training.collect.questions import Post, Question, Selection, licence_of, to_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.collect.answers import Answer
    from python_slm_training.collect.http import Client
    from python_slm_training.collect.record import Record

API = "https://api.stackexchange.com/2.3"
_PAGE = 100  # the most that one answer holds
_MAX_PAGES = 25  # without a key
_AGE_S = 30 * DAY_S
_SECONDS = re.compile(r"(\d+) seconds")


@dataclass(frozen=True)
class StackExchange:
    """The API at ``api`` for one ``site``, a host. ``key`` raises the 300 requests a day to 10,000."""

    client: Client
    site: str = "stackoverflow.com"
    key: str | None = None
    api: str = API

    def pages(self, path: str, parameters: dict[str, str | int]) -> Iterator[list[dict[str, Any]]]:
        """Items page by page, with pauses as the server wants them. Raises SourceError."""
        for page in range(1, 10_000):
            if page > _MAX_PAGES and not self.key:
                self.client.say(
                    f"{self.site}: more than {_MAX_PAGES} pages need a key; give one with STACKEXCHANGE_KEY"
                )
                return
            query = {**parameters, "site": self.site, "page": page, "pagesize": _PAGE, "filter": "withbody"}
            secret = {"key": self.key} if self.key else None
            answer = self.client.get(f"{self.api}/{path}", query, secret=secret, max_age_s=_AGE_S, throttled=_throttled)
            data = answer.json()
            if not isinstance(data, dict) or "items" not in data:
                raise SourceError(
                    f"{self.api}: no answer of the Stack Exchange API; give the address of one with --api"
                )
            if not answer.stored and data.get("backoff"):
                self.client.hold(urlsplit(self.api).netloc, float(data["backoff"]))
            yield data["items"]
            if not data.get("has_more"):
                return


@dataclass(frozen=True)
class ApiMonth:
    """Questions asked in one month (``2024-05``), with the best answers, as a source."""

    exchange: StackExchange
    month: str
    selection: Selection
    kind: str = "stackoverflow"

    @property
    def repo(self) -> str:
        """Site and month."""
        return f"{self.exchange.site}-{self.month}"

    @property
    def revision(self) -> str:
        """Changes with the selection."""
        return f"{self.month}-{self.selection.digest()}"

    def records(self, collected_at: str) -> Iterator[Record]:
        """One for each question with an answer worth keeping."""
        start = datetime.strptime(self.month, "%Y-%m").replace(tzinfo=UTC)
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        seen: set[int] = set()
        for tag in self.selection.tags:  # the API joins tags by AND
            parameters: dict[str, str | int] = {
                "tagged": tag,
                "fromdate": int(start.timestamp()),
                "todate": int(end.timestamp()) - 1,
                "sort": "votes",
                "order": "desc",
                "min": self.selection.question_score,
            }
            for items in self.exchange.pages("questions", parameters):
                new = [item for item in items if item["question_id"] not in seen and item.get("answer_count", 1)]
                seen |= {item["question_id"] for item in new}
                yield from self._with_answers(new, collected_at)

    def _with_answers(self, items: list[dict[str, Any]], collected_at: str) -> Iterator[Record]:
        if not items:
            return
        ids = ";".join(str(item["question_id"]) for item in items)
        answers: dict[int, list[Post]] = {}
        for page in self.exchange.pages(f"questions/{ids}/answers", {"sort": "votes", "order": "desc"}):
            for item in page:
                answers.setdefault(item["question_id"], []).append(_post(item, item["answer_id"]))
        for item in items:
            question = Question(
                _post(item, item["question_id"]),
                self.exchange.site,
                unescape(item["title"]),
                tuple(item["tags"]),
                item.get("view_count", 0),
                item.get("accepted_answer_id"),
            )
            best = self.selection.best(question, answers.get(item["question_id"], []))
            if best:
                yield to_record(question, best, collected_at)


def _post(item: dict[str, Any], number: int) -> Post:
    owner = item.get("owner") or {}
    created = _iso(item["creation_date"])
    edited = _iso(item["last_edit_date"]) if item.get("last_edit_date") else None
    author = unescape(owner.get("display_name") or "unknown")
    licence = licence_of(created, item.get("content_license"))
    return Post(number, item["score"], item["body"], created, edited, author, owner.get("link"), licence)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _throttled(answer: Answer) -> float | None:
    """The API says 400 (or 502) where it means 429, and how long in words only."""
    if b"throttle_violation" not in answer.body:
        return None
    match = _SECONDS.search(answer.text)
    return float(match[1]) if match else 60.0
