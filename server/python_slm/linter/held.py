"""Which of ruff's findings in a shadow hold for the buffer that it stands for.

A shadow has the buffer's lines but for those that could not be parsed. What lies in these is left out, and what the
neutral lines in their place bring about: a name that they use looks unused, one that they define undefined, and the
function around them may lack its ``return``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.syntax.repair import Shadow, Span

_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"`([^`]*)`")

_OF_NAMES = (
    "F401,F403,F405,F811,F821,F822,F823,F841,F842,ARG,B007,TC,RUF059,RUF100,PLW0603,PLW0127,PLR6301,PLR1704,PERF102,"
    "A001,A002,A004,PYI018,PYI046,PYI047,PYI049,UP035"
)
"""Rules that ask where else in the file a name stands."""
_OF_SHAPE = (
    "RET,SIM,PIE,TRY30,TRY40,PLR091,PLR1711,PLW0120,PLW0133,C901,ANN20,D1,D2,D4,DOC,S110,S112,B012,B018,PERF,PLR5501,"
    "RUF029,F70,invalid-syntax"
)
"""Rules that look at how the statements of a function follow each other, or at its docstring."""
_OF_LAYOUT = "I00,E30"
"""Rules about blank lines: what stands next decides."""


@dataclass(frozen=True)
class Held:
    """A buffer, its shadow and what is broken in between."""

    document: Document
    shadow: Shadow
    broken: tuple[tuple[int, int], ...]
    """Offsets of the blocks that do not parse, in the buffer."""
    shadow_document: Document
    """The shadow, for whoever speaks of its lines."""

    @classmethod
    def of(cls, document: Document, index: BlockIndex, shadow: Shadow) -> Held:
        """``shadow`` was made of ``index``, which is the document's."""
        leaves = (part for whole in index.blocks for part in whole.members or (whole,))
        broken = tuple((one.start, one.end) for one in leaves if one.piece.problems) if shadow.replaced else ()
        other = document if not shadow.replaced else Document(document.uri, shadow.text, document.version)
        return cls(document, shadow, broken, other)

    def findings(self, found: Iterable[Finding]) -> list[Finding]:
        """Of findings in the shadow those that hold, at their places in the buffer, with the fixes that do."""
        if not self.shadow.replaced:
            return list(found)
        return [moved for one in found if (moved := self._moved(one)) is not None]

    def edits(self, edits: Sequence[Edit]) -> tuple[Edit, ...] | None:
        """Edits of the shadow as edits of the buffer; None where one touches a line that was replaced."""
        if any(self._is_replaced(edit.start, edit.end) for edit in edits):
            return None
        return tuple(Edit(self._offset(edit.start), self._offset(edit.end), edit.text) for edit in edits)

    def _moved(self, one: Finding) -> Finding | None:
        if self._is_replaced(one.start, one.end) or self._is_made_up(one):
            return None
        fixes = (replace(fix, edits=edits) for fix in one.fixes if (edits := self.edits(fix.edits)) is not None)
        related = (each for each in one.related if not self._is_replaced(each.start, each.end))
        return replace(
            one,
            start=self._offset(one.start),
            end=self._offset(one.end),
            fixes=tuple(fixes),
            suppress=self.edits(one.suppress) or (),
            related=tuple(
                replace(each, start=self._offset(each.start), end=self._offset(each.end)) for each in related
            ),
        )

    def _is_made_up(self, one: Finding) -> bool:
        """Whether the broken lines may be all that is behind a finding."""
        if one.code.startswith(_codes(_OF_NAMES)):
            names = {word for quoted in _QUOTED.findall(one.message) for word in _WORD.findall(quoted)}
            names.update(_WORD.findall(self.shadow_document.text[one.start : one.end]))
            if not names.isdisjoint(self._touched):
                return True
        if one.code.startswith(_codes(_OF_LAYOUT)) and self._is_next_to_replaced(one):
            return True
        if one.code.startswith(_codes(_OF_SHAPE)):
            place = self._offset(one.start)
            return any(start <= place < end for start, end in self.broken)
        return False

    def _is_next_to_replaced(self, one: Finding) -> bool:
        """Whether nothing but blank lines is between a finding and a line that was replaced."""
        text = self.shadow_document.text
        above, below = len(text[: one.start].rstrip()), one.end + len(text[one.end :]) - len(text[one.end :].lstrip())
        return any(self._is_replaced(place, place) for place in (max(0, above - 1), min(below, len(text))))

    @cached_property
    def _touched(self) -> frozenset[str]:
        """Every name on a line that was replaced, in strings and comments too: ``__all__`` is made of strings."""
        lines = (self._lines(self.document, span) for span in self.shadow.replaced)
        return frozenset(word for text in lines for word in _WORD.findall(text))

    @staticmethod
    def _lines(document: Document, span: Span) -> str:
        starts = [*document.line_starts, len(document.text)]
        return document.text[starts[span.first] : starts[min(span.last, len(starts) - 1)]]

    def _is_replaced(self, start: int, end: int) -> bool:
        """Whether ``start`` to ``end`` in the shadow touches a line that was replaced; to end before it is not to."""
        document = self.shadow_document
        first, last = document.line_at(start), document.line_at(end)
        if end > start and end == document.line_starts[last]:
            last -= 1
        return any(span.first <= last and first < span.last for span in self.shadow.replaced)

    def _offset(self, offset: int) -> int:
        """Of the buffer, for one of the shadow on a line that both have."""
        line = self.shadow_document.line_at(offset)
        return self.document.line_starts[line] + offset - self.shadow_document.line_starts[line]


def _codes(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(","))
