"""The one HTTP client: polite, patient, and with a memory.

requests, because it is here already, follows proxies and certificates of the environment, drops the Authorization
header when a redirect leaves the host, and (with urllib3 2) notices bodies that are cut short. tenacity around it,
because urllib3's own Retry covers neither those bodies nor the limits that servers express in headers of their own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import requests
import tenacity

from python_slm.errors import SourceError
from python_slm_training.collect.answers import Answer, AnswerStore, validators
from python_slm_training.collect.waiting import asked_wait_s, may_retry, until_reset_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

USER_AGENT = "python-slm-collector/0.1 (+https://pypi.org/project/python-slm/; corpus of Python code and documentation)"
DAY_S = 86400.0
MAX_BYTES = 64_000_000  # of one answer, unpacked
_TIMEOUT_S = (10.0, 60.0)  # to connect, between two packets
_CHUNK_BYTES = 1 << 16
_LONG_WAIT_S = 5.0  # worth a line on the screen
_NOT_MODIFIED, _REFUSED, _SERVER_ERROR = 304, 400, 500
_MISSING = frozenset({404, 410})
_UNREACHABLE_ATTEMPTS = 3  # a network that is not there is not there a minute later either


class _AgainError(Exception):
    """The request may be sent once more. ``wait_s`` is what the server asks for, if it says."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class _UnreachableError(_AgainError):
    """There was no connection."""


@dataclass(frozen=True)
class _Request:
    """One GET, as ``Client.get`` describes its parts."""

    url: str
    query: Mapping[str, str | int]
    headers: Mapping[str, str]
    max_bytes: int
    throttled: Callable[[Answer], float | None] | None
    refusals: bool


@dataclass
class Client:
    """GET with retries, pauses between requests to one host, and answers that are kept in a folder.

    ``interval_s`` lies between two requests to a host. A failed request is tried ``attempts`` times in all; where a
    server asks for a longer pause than ``max_wait_s``, SourceError says when to come back. ``clock`` and ``sleep`` are
    as in ``time``; ``say`` takes lines for the user.
    """

    store: AnswerStore
    say: Callable[[str], None]
    interval_s: float = 0.0
    attempts: int = 6
    max_wait_s: float = 3900.0  # GitHub's limits are by the hour
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    session: requests.Session = field(default_factory=requests.Session)
    _intervals: dict[str, float] = field(default_factory=dict)
    _earliest: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def get(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
        max_age_s: float = DAY_S,
        max_bytes: int = MAX_BYTES,
        throttled: Callable[[Answer], float | None] | None = None,
        refusals: bool = False,
    ) -> Answer:
        """The answer to a request: 2xx, 404 or 410. Raises SourceError for any other, after patience.

        An answer younger than ``max_age_s`` is taken from the store; an older one is asked for on condition that it
        has changed. ``secret`` are parameters that neither the store nor an error may show. ``throttled`` gives the
        seconds to wait for an answer that is a limit in a dress of its own, else None. ``refusals`` takes every 4xx
        that is no limit as an answer.
        """
        key = f"{url}?{urlencode(sorted((params or {}).items()))}"
        known = self.store.find(key)
        if known is not None and self.clock() - known.at < max_age_s:
            return known
        wanted = {**(headers or {}), **(validators(known) if known else {})}
        query = {**(params or {}), **(secret or {})}
        request = _Request(url, query, wanted, max_bytes, throttled, refusals)
        answer = self._patiently(url, partial(self._once, request))
        if answer.status == _NOT_MODIFIED and known is not None:
            return self.store.renewed(key, known, answer.at)
        self.store.keep(key, answer)
        return answer

    def download(self, url: str, path: Path, *, headers: Mapping[str, str] | None = None, max_bytes: int) -> None:
        """Save a body as ``path``, which appears when it is whole. Raises SourceError as ``get``, and for a 404."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial_path = path.with_name(path.name + ".part")
        try:
            self._patiently(url, partial(self._save, url, partial_path, headers or {}, max_bytes))
            partial_path.replace(path)
        finally:
            partial_path.unlink(missing_ok=True)

    def keep_interval(self, host: str, seconds: float) -> None:
        """Let at least ``seconds`` pass between two requests to ``host`` from now on, as a Crawl-delay wants."""
        self._intervals[host] = max(seconds, self.interval_s)
        self.hold(host, seconds)

    def hold(self, host: str, seconds: float) -> None:
        """Send ``host`` nothing for ``seconds``, as a ``backoff`` wants."""
        self._earliest[host] = max(self._earliest[host], self.clock() + seconds)

    def _patiently(self, url: str, send: Callable[[], Answer]) -> Answer:
        host = urlsplit(url).netloc
        retrying = tenacity.Retrying(
            stop=self._is_enough,
            wait=_Wait(self.max_wait_s),
            retry=tenacity.retry_if_exception_type(_AgainError),
            sleep=partial(self._pause, host),
            reraise=True,
        )
        try:
            return retrying(send)
        except _UnreachableError as error:
            raise SourceError(
                f"{host}: {error}. Check the network, or HTTPS_PROXY behind a proxy, then run the same command again"
            ) from error
        except _AgainError as error:
            raise SourceError(
                f"{host}: {error}; tried {self.attempts} times. Run the same command again later: what is collected "
                "stays"
            ) from error

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        limit = min(self.attempts, _UNREACHABLE_ATTEMPTS) if isinstance(error, _UnreachableError) else self.attempts
        return state.attempt_number >= limit

    def _pause(self, host: str, seconds: float) -> None:
        if seconds >= _LONG_WAIT_S:
            until = formatdate(self.clock() + seconds, usegmt=True)
            self.say(f"{host}: waiting {seconds:.0f} s, until {until}")
        self.sleep(seconds)

    def _once(self, request: _Request) -> Answer:
        with self._sent(request.url, request.query, request.headers) as response:
            body = b"".join(_pieces(response, request.max_bytes))
            url = _without_query(response.url, request.query)
            answer = Answer(url, response.status_code, response.headers, body, self.clock())
            wait_s = request.throttled(answer) if request.throttled else None
            if wait_s is not None:
                self._again(answer.url, "asks for a pause", wait_s)
            self._refuse(answer, refusals=request.refusals)
            return answer

    def _save(self, url: str, path: Path, headers: Mapping[str, str], max_bytes: int) -> Answer:
        with self._sent(url, {}, {**headers, "Accept-Encoding": "identity"}) as response, path.open("wb") as file:
            answer = Answer(url, response.status_code, response.headers, b"", self.clock())
            self._refuse(answer)
            if answer.is_missing:
                raise SourceError(f"{url}: not there ({answer.status}); check the address")
            for piece in _pieces(response, max_bytes):
                file.write(piece)
            return answer

    @contextmanager
    def _sent(
        self, url: str, query: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """A response whose body is not read yet; faults of the line become ``_AgainError``, also while it is read."""
        host = urlsplit(url).netloc
        pause_s = self._earliest[host] - self.clock()
        if pause_s > self.max_wait_s:
            raise SourceError(_come_back(host, pause_s))
        if pause_s > 0:
            self._pause(host, pause_s)
        self._earliest[host] = max(self._earliest[host], self.clock() + self._intervals.get(host, self.interval_s))
        wanted = {"User-Agent": USER_AGENT, **headers}
        try:
            with self.session.get(url, params=query, headers=wanted, stream=True, timeout=_TIMEOUT_S) as response:
                used_up_s = until_reset_s(response.headers, self.clock())
                if used_up_s is not None:
                    self.hold(host, used_up_s)
                yield response
        except requests.exceptions.SSLError as error:
            raise SourceError(f"{host}: its certificate is not trusted; set REQUESTS_CA_BUNDLE to yours") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise SourceError(f"{url}: no address of a page; it starts with https://") from None
        except requests.exceptions.TooManyRedirects as error:
            raise SourceError(f"{url}: redirects without end; check the address") from error
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise _AgainError("the answer broke off") from error
        except requests.exceptions.Timeout as error:
            raise _AgainError("no answer in time") from error
        except requests.exceptions.ConnectionError as error:
            raise _UnreachableError(_cause(error)) from error

    def _refuse(self, answer: Answer, *, refusals: bool = False) -> None:
        if answer.status < _REFUSED or answer.status in _MISSING:
            return
        if may_retry(answer.status, answer.headers, answer.body):
            self._again(answer.url, f"answers {answer.status}", asked_wait_s(answer.status, answer.headers, answer.at))
        if refusals and answer.status < _SERVER_ERROR:
            return
        place = urlsplit(answer.url)
        said = " ".join(answer.text.split())[:200]
        raise SourceError(
            f"{place.netloc}{place.path}: refused with {answer.status} ({said}); check the request, and the token if "
            "one is needed"
        )

    def _again(self, url: str, reason: str, wait_s: float | None) -> None:
        if wait_s is not None and wait_s > self.max_wait_s:
            raise SourceError(_come_back(urlsplit(url).netloc, wait_s))
        raise _AgainError(reason, wait_s)


class _Wait(tenacity.wait.wait_base):
    """What the server asks for; else 1, 2, 4 … s with up to as much again at random, so that clients spread out."""

    def __init__(self, max_s: float) -> None:
        self._backoff = tenacity.wait_exponential(max=min(60.0, max_s)) + tenacity.wait_random(0, 1)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.wait_s if isinstance(error, _AgainError) else None
        return self._backoff(retry_state) if asked is None else asked


def _pieces(response: requests.Response, max_bytes: int) -> Iterator[bytes]:
    """The unpacked body; SourceError above ``max_bytes``, for a small answer can unpack to a large one."""
    size = 0
    for piece in response.iter_content(_CHUNK_BYTES):
        size += len(piece)
        if size > max_bytes:
            place = urlsplit(response.url)
            raise SourceError(f"{place.netloc}{place.path}: larger than {max_bytes / 1e6:.0f} MB; left unread")
        yield piece


def _without_query(url: str, query: Mapping[str, str | int]) -> str:
    """``url`` as the server knows the page: without the parameters that were ours."""
    return url.split("?", 1)[0] if query else url


def _cause(error: BaseException) -> str:
    """The innermost reason, without the address: its parameters may hold a key."""
    deepest = error
    while deepest.__context__ is not None:
        deepest = deepest.__context__
    reason = getattr(deepest, "strerror", None) or type(deepest).__name__
    return f"cannot be reached ({reason})"


def _come_back(host: str, wait_s: float) -> str:
    return (
        f"{host}: the limit is used up for another {wait_s / 60:.0f} min; run the same command again then, or with a "
        "token or key, which raises the limit"
    )
