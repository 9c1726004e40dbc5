"""When to speak: why no completion is offered at a place, and for how long after unwanted ones.

A switch (settings, ``# slm: off``, a file for secrets) holds however a completion is asked for. Manners (in the middle
of a word, in a comment, after unwanted suggestions) hold where the editor asks while somebody types, and give way to a
request by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.project.secret import holds_key, is_secret
from python_slm.syntax.regions import region

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.settings import CompletionSettings
    from python_slm.text import Document

Trigger = Literal["typing", "hand"]

_DIRECTIVE = re.compile(r"#[ \t]*slm:[ \t]*(on|off)\b")
_PYTHON_FILES = (".py", ".pyi", ".pyw")
_READ_MS = 250
_PATIENCE = 4
_FIRST_S, _LONGEST_S = 2.0, 10.0


@dataclass(frozen=True)
class Asked:
    """How a completion was asked for: in which file, and whether by an editor that noticed ``typing`` or by ``hand``.

    ``path`` is relative to the workspace folder that holds the file, else its name. ``selecting``: text is selected.
    """

    path: str = ""
    language: str = "python"
    trigger: Trigger = "typing"
    selecting: bool = False


def silence(document: Document, offset: int, asked: Asked, settings: CompletionSettings) -> str:
    """Why nothing is offered at ``offset``; empty when something may be. None of the code is in the reason."""
    return _switched_off(document, offset, asked, settings) or (
        _manners(document.text, offset, asked, settings) if asked.trigger == "typing" else ""
    )


def _switched_off(document: Document, offset: int, asked: Asked, settings: CompletionSettings) -> str:
    if not settings.enable:
        return "completions are off (completion.enable)"
    if not _speaks(asked, settings.languages):
        return "the language of the file is not in completion.languages"
    if is_secret(asked.path) or is_secret(document.uri):
        return "the file is one for secrets"
    if settings.exclude and excluded(asked.path, settings.exclude):
        return "the file matches completion.exclude"
    if holds_key(document.text):
        return "the file holds a private key"
    line = switched_off_in(document, offset)
    return "" if line is None else f"'# slm: off' in line {line + 1}"


def _manners(text: str, offset: int, asked: Asked, settings: CompletionSettings) -> str:
    if asked.selecting:
        return "text is selected"
    if text[offset : offset + 1].isalnum() or text[offset : offset + 1] == "_":
        return "the cursor is in front of a word"
    if settings.in_comments and settings.in_strings:
        return ""
    found = region(text, offset)
    if found == "comment" and not settings.in_comments:
        return "the cursor is in a comment (completion.in_comments)"
    if found == "string" and not settings.in_strings:
        return "the cursor is in a string (completion.in_strings)"
    return ""


def _speaks(asked: Asked, languages: tuple[str, ...]) -> bool:
    """Whether the file's language is wanted; some editors name none, or their own, for Python files."""
    wanted = {language.lower() for language in languages}
    return asked.language.lower() in wanted or ("python" in wanted and asked.path.lower().endswith(_PYTHON_FILES))


def excluded(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether ``path``, relative to the workspace folder, matches patterns as they stand in a ``.gitignore``."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only those who exclude files need it

    return bool(GitIgnoreSpec.from_lines(patterns).match_file(path))


def switched_off_in(document: Document, offset: int) -> int | None:
    """Zero-based line of the ``# slm: off`` that holds at ``offset``; None when none does.

    On a line of its own it holds up to ``# slm: on``, behind code for that line alone.
    """
    text = document.text
    if "slm:" not in text:
        return None
    here = document.line_at(offset)
    for found in reversed(list(_DIRECTIVE.finditer(text, 0, document.line_span(here)[1]))):
        line = document.line_at(found.start())
        alone = not text[document.line_span(line)[0] : found.start()].strip()
        if (alone or line == here) and region(text, found.start() + 1) == "comment":
            return line if found[1] == "off" else None
    return None


@dataclass
class BackOff:
    """How long to keep quiet after suggestions in a row that were not wanted. ``now`` gives seconds, never backwards.

    The fourth in a row brings two seconds of silence, each further one twice as long, ten seconds at most; one that is
    taken ends it. What was to be seen for less than a quarter of a second was hardly read and counts as nothing. Longer
    silences would cost more than they spare: beyond the first rejection, the next suggestion is as likely to be right
    as any (docs/lab-log.md, 2026-11-21).
    """

    now: Callable[[], float]
    rejections: int = 0
    """Unwanted suggestions in a row."""
    _until: float = float("-inf")

    def rejected(self, shown_ms: int) -> None:
        """A suggestion that was to be seen for ``shown_ms`` was not wanted."""
        if shown_ms < _READ_MS:
            return
        self.rejections += 1
        if self.rejections >= _PATIENCE:
            self._until = self.now() + min(_LONGEST_S, _FIRST_S * 2.0 ** min(self.rejections - _PATIENCE, 10))

    def taken(self) -> None:
        """A suggestion, or a part of one, was wanted."""
        self.rejections, self._until = 0, float("-inf")

    def silence(self) -> str:
        """Why nothing is offered now where nobody asked by hand; empty when something may be."""
        left_s = self._until - self.now()
        if left_s <= 0:
            return ""
        return f"{self.rejections} suggestions in a row were not wanted (completion.back_off), for {left_s:.0f} s more"
