"""Quotes of a docstring that were just typed, before anything stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from python_slm.docstrings.indent import step

_OPEN = re.compile(
    r"(?P<before>(?:^|(?<=[\r\n]))[ \t\f\ufeff]*(?P<head>[^\r\n#]*:[ \t]*)?)"
    r"(?P<prefix>[rR]?)(?P<quote>\"\"\"|''')(?P<gap>[ \t]*(?:(?:\r\n|\r|\n)[ \t]*)?)\Z"
)
_CLOSE = r"(?P<gap>[ \t]*(?:(?:\r\n|\r|\n)[ \t]*)?){quote}[ \t]*(?=[\r\n#]|\Z)"
HEADER = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)\b")
LINE_END = re.compile(r"\r\n|\n|\r")
_BACK = 2_000
"""Characters before the cursor in which the quotes and their line are looked for."""


@dataclass(frozen=True)
class Opened:
    """Quotes at ``start``, the cursor after them and ``gap``.

    ``end`` is after the closing ones, if they are there, or after the one quote that an editor adds which pairs every
    quote by itself, such as Helix.
    """

    start: int
    end: int
    prefix: str
    quote: str
    gap: str
    closed: bool
    below: bool
    """The closing quotes stand on a line of their own."""
    indent: str
    same_line: bool
    """The quotes follow the colon of the header on its line."""


def begins(text: str, offset: int) -> bool:
    """Whether quotes that nothing follows were typed right before ``offset``, where a docstring may stand. Cheap."""
    found = opening(text, offset)
    if found is None:
        return False
    above = text[max(0, found.start - _BACK) : found.start].rstrip()
    return (
        not above
        or above.endswith((":", "'", '"'))
        or above.splitlines()[-1].lstrip().startswith("#")
        or bool(re.search(r":[ \t]*#[^\r\n]*\Z", above))
    )


def opening(text: str, offset: int) -> Opened | None:
    """The quotes right before ``offset``; None where there are none, or something stands behind them."""
    begin = max(0, offset - _BACK)
    found = _OPEN.search(text, begin, offset)
    if found is None:
        return None
    after = re.compile(_CLOSE.format(quote=found["quote"])).match(text, offset)
    rest = text[offset : offset + _BACK]
    behind = LINE_END.split(rest, maxsplit=1)[0].rstrip()
    if after is None and behind not in ("", found["quote"][0]):
        return None
    header = found["head"] or ""
    if header and not HEADER.match(header.lstrip()):
        return None
    blanks = re.match(r"[ \t]*", found["before"].lstrip("\f\ufeff"))
    indent = blanks.group() if blanks else ""
    return Opened(
        found.start("prefix"),
        after.end() if after else offset + len(behind),
        found["prefix"],
        found["quote"],
        found["gap"],
        after is not None,
        after is not None and bool(after["gap"].strip(" \t")),
        indent + step(indent) if header else indent,
        bool(header),
    )
