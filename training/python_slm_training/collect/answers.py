"""Answers of servers, and a folder that keeps them: an interrupted collection asks for no page twice."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import zstandard
from requests.structures import CaseInsensitiveDict
from requests.utils import parse_header_links

from python_slm.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_KEPT = ("Content-Type", "ETag", "Last-Modified", "Link", "X-Robots-Tag")


@dataclass(frozen=True)
class Answer:
    """What a server said. ``url`` is where redirects ended; ``at`` is when, in seconds since the epoch."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float
    stored: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether there is no such page (404, 410)."""
        return self.status in {404, 410}

    @property
    def is_refusal(self) -> bool:
        """Whether the server does not give the page (4xx)."""
        return self.status >= 400  # noqa: PLR2004  # the first of them

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises SourceError if it is not."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            place = urlsplit(self.url)
            raise SourceError(
                f"{place.netloc}{place.path}: the answer is not JSON; is this the address of the API?"
            ) from error

    @property
    def next_url(self) -> str | None:
        """Address of the next page by the Link header (RFC 8288)."""
        for link in parse_header_links(self.headers.get("Link", "")):
            if link.get("rel") == "next":
                return str(link["url"])
        return None


@dataclass(frozen=True)
class AnswerStore:
    """Answers by request, one file each, written whole or not at all."""

    folder: Path

    def find(self, key: str) -> Answer | None:
        """The answer kept for ``key``; None if there is none or its file is damaged."""
        try:
            head, _, body = zstandard.decompress(self._path(key).read_bytes()).partition(b"\n")
            about = json.loads(head)
            headers = CaseInsensitiveDict(about["headers"])
            return Answer(about["url"], about["status"], headers, body, about["at"], stored=True)
        except (OSError, ValueError, KeyError, zstandard.ZstdError):
            return None

    def keep(self, key: str, answer: Answer) -> None:
        """Remember ``answer``; of its headers, those that are used again."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        head = json.dumps({"url": answer.url, "status": answer.status, "headers": headers, "at": answer.at})
        partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        partial.write_bytes(zstandard.compress(head.encode() + b"\n" + answer.body))
        partial.replace(path)

    def renewed(self, key: str, answer: Answer, at: float) -> Answer:
        """Keep ``answer`` as being of ``at``, for the server says that it has not changed."""
        fresh = replace(answer, at=at)
        self.keep(key, fresh)
        return fresh

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest}.zst"


def validators(answer: Answer) -> dict[str, str]:
    """Headers of a conditional request: has it changed since ``answer``? (RFC 9110 section 13)."""
    pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
    return {ours: answer.headers[theirs] for ours, theirs in pairs if theirs in answer.headers}
