"""How long a server asks one to wait, by each of the ways in which servers say so."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORBIDDEN = 403
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_SECONDARY_WAIT_S = 60.0  # "wait for at least one minute", says GitHub where it names no time


def may_retry(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the same request can succeed later. A 403 can if it is a rate limit, as it is at GitHub."""
    if status == _FORBIDDEN:
        return "Retry-After" in headers or _is_used_up(headers) or b"rate limit" in body.lower()
    return status in _AGAIN


def asked_wait_s(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the same request may be sent again; None if the server names no time.

    Reads Retry-After (seconds or a date, RFC 9110 section 10.2.3) and X-RateLimit-Reset (seconds since the epoch)
    where X-RateLimit-Remaining is 0. ``now`` is seconds since the epoch.
    """
    after = headers.get("Retry-After", "").strip()
    if after.isdigit():
        return float(after)
    if after:
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now)
        except ValueError:
            pass
    if _is_used_up(headers):
        return until_reset_s(headers, now)
    return _SECONDARY_WAIT_S if status == _FORBIDDEN else None


def until_reset_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until a rate limit that this answer used up is filled again; None if there is one left."""
    reset = headers.get("X-RateLimit-Reset", "")
    if not _is_used_up(headers) or not reset.isdigit():
        return None
    return max(0.0, int(reset) - now) + 1  # clocks differ


def _is_used_up(headers: Mapping[str, str]) -> bool:
    return headers.get("X-RateLimit-Remaining") == "0"
