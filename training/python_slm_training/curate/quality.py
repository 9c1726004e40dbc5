"""Which files are worth learning from: written by people, of ordinary size, and Python."""

from __future__ import annotations

import ast
import gc
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_CHARACTERS = 100
MAX_CHARACTERS = 1_000_000
MAX_LINE = 1_000
MAX_MEAN_LINE = 100
MIN_ALPHANUMERIC = 0.25
MAX_DIGITS = 0.35
MAX_NON_ASCII = 0.3
_HEAD = 1_500
_FIRST_LINES = 3

_GENERATED = re.compile(
    r"do not (?:edit|modify)|don't edit|@generated|auto-?generated|automatically generated"
    r"|generated (?:by|with|from|using)"
    r"|created by: the resource compiler|machine generated|this file (?:is|was) generated",
    re.IGNORECASE,
)
_GENERATED_NAME = re.compile(r"_pb2(?:_grpc)?\.py$|(?:^|/)_version\.py$|(?:^|/)versioneer\.py$|_rc\.py$|\.min\.py$")
_BLOB = re.compile(r"[A-Za-z0-9+/]{300,}")
_MIN_BLOB = 300
_MAX_ESCAPED = 0.2
_PACKED = ("zlib", "base64", "marshal", "lzma", "codecs")
_OBFUSCATED = re.compile(
    r"(?:exec|eval)\(\s*(?:compile\(\s*)?(?:zlib|base64|marshal|lzma|codecs)\.|\b_0x[0-9a-f]{4,}\b"
    r"|__import__\(['\"](?:zlib|base64|marshal)['\"]\)\.(?:decompress|b64decode|loads)\("
)
# What malware on package indexes does: run what it downloads, hand a shell to a socket, send off a browser's secrets.
_RUNS_DOWNLOAD = re.compile(
    r"\b(?:exec|eval)\(\s*(?:compile\(\s*)?(?:[\w.]*\burlopen|requests\.get|httpx\.get)\("
    r"|powershell[^\n]{0,80}-e(?:nc|c)\w* "
)
_SHELL = re.compile(r"/bin/(?:ba|z)?sh|pty\.spawn|cmd\.exe")
_BROWSER_SECRETS = ("Login Data", "leveldb", "Local State", "cookies.sqlite")
_MAIL_BOXES = ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "api.telegram.org/bot")


def size_problem(text: str) -> str | None:
    """``too short`` or ``too long``, in characters."""
    if len(text) < MIN_CHARACTERS:
        return "too short"
    return "too long" if len(text) > MAX_CHARACTERS else None


def quality_problem(text: str, path: str) -> str | None:
    """``generated``, ``minified``, ``obfuscated``, ``malicious`` or ``data``: not worth learning from. Else None."""
    if _GENERATED_NAME.search(path) or _GENERATED.search(_leading_comments(text)):
        return "generated"
    lines = text.split("\n")
    longest = max(map(len, lines))
    if longest > MAX_LINE or len(text) / len(lines) > MAX_MEAN_LINE:
        return "minified"
    if _is_suspicious(text) and _OBFUSCATED.search(text):
        return "obfuscated"
    if _is_malicious(text):
        return "malicious"
    has_blob = longest >= _MIN_BLOB and _BLOB.search(text) is not None
    return "data" if has_blob or _is_data(text) else None


def _is_suspicious(text: str) -> bool:
    """Whether the slower expression has anything to find."""
    runs = any(call in text for call in ("exec(", "eval(", "__import__("))
    return "_0x" in text or (runs and any(name in text for name in _PACKED))


def _is_malicious(text: str) -> bool:
    """Whether the text does, in plain sight, what only malware does."""
    runs = "exec(" in text or "eval(" in text or "powershell" in text
    return (
        (runs and _RUNS_DOWNLOAD.search(text) is not None)
        or (text.count("os.dup2(") > 1 and "socket" in text and _SHELL.search(text) is not None)
        or (any(box in text for box in _MAIL_BOXES) and any(name in text for name in _BROWSER_SECRETS))
    )


def _leading_comments(text: str) -> str:
    """Comments before any code, and the first lines: generators sign there; docstrings may speak of generating."""
    lines = []
    for number, line in enumerate(text[:_HEAD].split("\n")):
        if line.startswith(("import ", "from ", "def ", "class ", "@")):
            break
        if number < _FIRST_LINES or line.startswith("#"):
            lines.append(line)
    return "\n".join(lines)


def _is_data(text: str) -> bool:
    data = text.encode("utf-8", "replace")
    kept = len(data.translate(None, b" \t\n"))
    digits = kept - len(data.translate(None, b" \t\n0123456789"))
    letters = kept - len(data.translate(None, b" \t\nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) + digits
    ascii_only = len(text.encode("ascii", "ignore"))
    return (
        digits > MAX_DIGITS * kept
        or (letters < MIN_ALPHANUMERIC * kept)
        or len(text) - ascii_only > MAX_NON_ASCII * len(text)
        or 4 * text.count("\\x") > _MAX_ESCAPED * len(text)
    )


def tree_of(text: str) -> ast.Module | None:
    """The syntax tree if ``text`` is Python of the running interpreter's version, else None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


@contextmanager
def without_collection() -> Iterator[None]:
    """No cyclic garbage collection inside: it would look at every node of a tree while it grows, a sixth of the time.

    A tree has no cycles: its last reference frees it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
