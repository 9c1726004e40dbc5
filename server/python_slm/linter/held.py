"""Which of ruff's findings in a shadow hold for the buffer that it stands for.

A shadow has the buffer's lines but for those that could not be parsed. What lies in these is left out, and what the
neutral lines in their place bring about: a name that they use looks unused, one that they define undefined, and the
function around them may lack its ``return``. What was found before the buffer broke is believed more readily: then
only what was edited since can be behind it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.linter.carry import Carried
from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.syntax.repair import Shadow, Span

_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"`([^`]*)`")


def _codes(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_OF_NAMES = _codes("F401 F403 F405 F811 F821 F822 F823 TC RUF100 PLW0603 PYI018 PYI046 PYI047 PYI049")
"""Rules that ask where else in the file a name stands."""
_OF_LOCALS = _codes("F841 F842 ARG B007 RUF059 PLW0127 PLR6301 PLR1704 PERF102")
"""Rules that ask the same of a function."""
_OF_SHAPE = _codes(
    "RET SIM PIE TRY30 TRY40 PLR091 PLR1711 PLW0120 PLW0133 C901 ANN20 D1 D2 D4 DOC S110 S112 B012 B018 PERF PLR5501 "
    "RUF029 F70 invalid-syntax"
)
"""Rules that look at how the statements of a function follow each other, or at its docstring."""
_OF_LAYOUT = ("I00", "E30")
"""Rules about blank lines: what stands next decides."""
_LATE_IMPORT = "E402"


@dataclass(frozen=True)
class Intact:
    """The last version of a file that parsed, and what ruff found in it."""

    document: Document
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Held:
    """A buffer, its shadow, and what was known of the buffer when it last parsed."""

    document: Document
    shadow: Shadow
    shadow_document: Document
    """The shadow, for whoever speaks of its lines."""
    broken: tuple[tuple[int, int], ...]
    """Offsets of the blocks that do not parse, in the buffer."""
    intact: Intact | None = None

    @classmethod
    def of(cls, document: Document, index: BlockIndex, shadow: Shadow, intact: Intact | None = None) -> Held:
        """``shadow`` was made of ``index``, which is the document's."""
        if not shadow.replaced:
            return cls(document, shadow, document, ())
        leaves = (part for whole in index.blocks for part in whole.members or (whole,))
        broken = tuple((one.start, one.end) for one in leaves if one.piece.problems)
        return cls(document, shadow, Document(document.uri, _unpassed(shadow), document.version), broken, intact)

    def prepare(self) -> None:
        """Have at hand what ``findings`` looks up."""
        if self.shadow.replaced:
            _ = self._zone, self._before, self._touched_or_edited

    def findings(self, found: Sequence[Finding]) -> list[Finding]:
        """Of findings in the shadow those that hold, at their places in the buffer, with the fixes that do."""
        if not self.shadow.replaced:
            return list(found)
        first = self.shadow_document.line_starts[self.shadow.replaced[0].first]
        late_anyway = any(one.code == _LATE_IMPORT and one.start < first for one in found)
        believed = (one for one in found if one.code != _LATE_IMPORT or late_anyway or self._was_there(one))
        return [moved for one in believed if (moved := self._moved(one)) is not None]

    def _moved(self, one: Finding) -> Finding | None:
        if self._is_replaced(one.start, one.end) or self._is_made_up(one):
            return None
        if (by := self._moves_whole(one)) is not None:
            return one.moved(by) if by else one
        fixes = (replace(fix, edits=edits) for fix in one.fixes if (edits := self._edits(fix.edits)) is not None)
        related = (each for each in one.related if not self._is_replaced(each.start, each.end))
        return replace(
            one,
            start=self._offset(one.start),
            end=self._offset(one.end),
            fixes=tuple(fixes),
            suppress=self._edits(one.suppress) or (),
            related=tuple(
                replace(each, start=self._offset(each.start), end=self._offset(each.end)) for each in related
            ),
        )

    def _moves_whole(self, one: Finding) -> int | None:
        """By how much a finding moves that has all its edits and places above, or below, all that was replaced."""
        first, last, by = self._zone
        spans = [(one.start, one.end), *((edit.start, edit.end) for edit in one.suppress)]
        spans += [(edit.start, edit.end) for fix in one.fixes for edit in fix.edits]
        spans += [(each.start, each.end) for each in one.related]
        if all(end < first for _, end in spans):
            return 0
        return by if all(start >= last for start, _ in spans) else None

    @cached_property
    def _zone(self) -> tuple[int, int, int]:
        """Offsets in the shadow where what was replaced begins and ends, and what to add from there on."""
        starts, lines = self.shadow_document.line_starts, self.shadow.replaced
        below = lines[-1].last
        last = starts[below] if below < len(starts) else len(self.shadow_document.text) + 1
        return starts[lines[0].first], last, len(self.document.text) - len(self.shadow_document.text)

    def _edits(self, edits: Sequence[Edit]) -> tuple[Edit, ...] | None:
        """Edits of the shadow as edits of the buffer; None where one touches a line that was replaced."""
        if any(self._is_replaced(edit.start, edit.end) for edit in edits):
            return None
        return tuple(Edit(self._offset(edit.start), self._offset(edit.end), edit.text) for edit in edits)

    def _is_made_up(self, one: Finding) -> bool:
        """Whether the lines that were replaced may be all that is behind a finding."""
        start = self._offset(one.start)
        was_there = self._was_there(one)
        is_inside = any(first <= start < last for first, last in self.broken)
        if one.code.startswith(_OF_NAMES) or (is_inside and one.code.startswith(_OF_LOCALS)):
            touched = self._edited if was_there else self._touched_or_edited
            if self._is_about(one, touched):
                return True
        if was_there:
            return False
        return (is_inside and one.code.startswith(_OF_SHAPE)) or (
            one.code.startswith(_OF_LAYOUT) and self._is_next_to_replaced(one)
        )

    def _was_there(self, one: Finding) -> bool:
        return (one.code, self._offset(one.start), one.message) in self._before

    def _is_about(self, one: Finding, touched: frozenset[str]) -> bool:
        """Whether a finding is about one of the names ``touched``; an import is about the name that it binds."""
        place = self.shadow_document.text[one.start : one.end]
        if one.code == "F401":
            bound = set(_WORD.findall(place.rpartition(" as ")[2]))  # a dotted one is only used by all of its parts
            return bool(bound) and bound <= touched
        quoted = (word for text in _QUOTED.findall(one.message) for word in _WORD.findall(text))
        return not touched.isdisjoint([*quoted, *_WORD.findall(place)])

    @cached_property
    def _touched_or_edited(self) -> frozenset[str]:
        """Every name on a line that was replaced or edited, in strings and comments too: ``__all__`` is of strings."""
        starts, text = [*self.document.line_starts, len(self.document.text)], self.document.text
        most = len(starts) - 1
        replaced = (text[starts[span.first] : starts[min(span.last, most)]] for span in self.shadow.replaced)
        return self._edited.union(_WORD.findall("\n".join(replaced)))

    @cached_property
    def _before(self) -> frozenset[tuple[str, int, str]]:
        """What was found when the buffer last parsed, where it is now: code, offset, message."""
        if self.intact is None:
            return frozenset()
        carried = Carried.between(self.intact.document.text, self.document.text)
        places = ((one, carried.span(one.start, one.end)) for one in self.intact.findings)
        return frozenset((one.code, place[0], one.message) for one, place in places if place)

    @cached_property
    def _edited(self) -> frozenset[str]:
        """Every name on the lines that were edited since, as they were and as they are."""
        if self.intact is None:
            return frozenset()
        old, new = self.intact.document, self.document
        carried = Carried.between(old.text, new.text)
        found: set[str] = set()
        for document, end in ((old, carried.end), (new, carried.end + carried.by)):
            first, last = document.line_at(carried.start), document.line_at(end)
            found.update(_WORD.findall(document.text, document.line_starts[first], document.line_span(last)[1]))
        return frozenset(found)

    def _is_next_to_replaced(self, one: Finding) -> bool:
        """Whether nothing but blank lines is between a finding and a line that was replaced."""
        text = self.shadow_document.text
        above, below = len(text[: one.start].rstrip()), one.end + len(text[one.end :]) - len(text[one.end :].lstrip())
        lines = [self.shadow_document.line_at(place) for place in (max(0, above - 1), one.start, one.end, below)]
        return any(
            span.first <= last and first < span.last
            for span in self.shadow.replaced
            for first, last in ((lines[0] + 1, lines[1]), (lines[2], lines[3]))
        )

    def _is_replaced(self, start: int, end: int) -> bool:
        """Whether ``start`` to ``end`` in the shadow touches a line that was replaced; to end before it is not to."""
        document = self.shadow_document
        first, last = document.line_at(start), document.line_at(end)
        if end > start and end == document.line_starts[last]:
            last -= 1
        spans = self.shadow.replaced
        reached = bisect_right(spans, last, key=_first_line)  # spans are in order, and apart from each other
        return reached > 0 and first < spans[reached - 1].last

    def _offset(self, offset: int) -> int:
        """Of the buffer, for one of the shadow on a line that both have."""
        line = self.shadow_document.line_at(offset)
        return self.document.line_starts[line] + offset - self.shadow_document.line_starts[line]


def _first_line(span: Span) -> int:
    return span.first


def _unpassed(shadow: Shadow) -> str:
    """The shadow without the ``pass``es at module level that are its own: an import below one would look late."""
    if not shadow.text.startswith(_PASSES) and "\npass" not in shadow.text and "\rpass" not in shadow.text:
        return shadow.text
    starts = Document("", shadow.text).line_starts
    text, done = [], 0
    for span in shadow.replaced:
        for start in starts[span.first : span.last]:
            if shadow.text.startswith(_PASSES, start):
                text.append(shadow.text[done:start])
                done = start + len("pass")
    return "".join([*text, shadow.text[done:]])


_PASSES = ("pass\n", "pass\r\n")
