"""A buffer held against a profile. What each block does is kept with it, so that a keystroke costs one block."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.findings import Finding
from python_slm.rules.suppress import settled
from python_slm.style.base import Whole, style_rules
from python_slm.style.conventions import Convention, by_key
from python_slm.style.reading import Reading, is_test
from python_slm.syntax.located import Located
from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from python_slm.findings import Fix
    from python_slm.style.base import StyleRule
    from python_slm.style.conventions import Sight, Value
    from python_slm.style.profile import Profile
    from python_slm.syntax.blocks import Block, BlockIndex


def find(
    index: BlockIndex, profile: Profile, *, path: str, cancelled: Callable[[], bool] = lambda: False
) -> list[Finding]:
    """What does not do as the profile wants, in order, less what comments ignore; nothing once ``cancelled``.

    ``path`` is the file's from the project's root; it tells tests and packages. Fixes are proven.
    """
    found: list[Finding] = []
    code, mending = Code(index, path), _Mending(index)
    for rule in style_rules():
        wanted = {one.key: profile.values[one.key] for one in rule.conventions if one.key in profile.values}
        if not wanted:
            continue
        known = by_key(rule.conventions)
        for sight in code.sights(rule, cancelled):
            if cancelled():
                return []
            if sight.key in wanted and not known[sight.key].keeps(wanted[sight.key], sight):
                fix = mending.fix(rule, sight, wanted[sight.key])
                found.append(_finding(rule, known[sight.key], sight, profile, fix))
    if cancelled():
        return []
    return settled(index, sorted(found, key=lambda one: (one.start, one.end, one.code)))


class Code:
    """One version of a buffer as rules of style see it; ``path`` as for ``find``."""

    def __init__(self, index: BlockIndex, path: str) -> None:
        self._index, self._path = index, path
        self._readings: dict[int, Reading | None] = {}

    def sights(self, rule: StyleRule, cancelled: Callable[[], bool] = lambda: False) -> Sequence[Sight]:
        """What the file does about a rule's conventions, in no order; nothing of blocks that do not parse."""
        sights: list[Sight] = []
        for block, owner in self._blocks:
            key = (rule, self._path, owner)
            kept = block.piece.notes.get(key)
            if not isinstance(kept, tuple):
                if cancelled():
                    return []
                kept = tuple(one.moved(-block.start) for one in self._sights_in(rule, block, owner))
                block.piece.notes[key] = kept
            sights += [one.moved(block.start) for one in kept]
        return list(rule.gathered(sights, Whole(self._index, self._path, is_test(self._path.replace("\\", "/")))))

    @cached_property
    def _blocks(self) -> Sequence[tuple[Block, str]]:
        """Blocks that parse; in place of a long class its members, with its name."""
        leaves = [(one, block.name if block.members else "") for block in self._index.blocks for one in _leaves(block)]
        return [(block, owner) for block, owner in leaves if not block.problem]

    def _sights_in(self, rule: StyleRule, block: Block, owner: str) -> Iterable[Sight]:
        if block.start not in self._readings:
            self._readings[block.start] = self._reading(block, owner)
        reading = self._readings[block.start]
        try:
            return list(rule.sights(reading)) if reading else []
        except (RefusedError, RecursionError):  # newer than it can read, or nested too deeply
            return []

    def _reading(self, block: Block, owner: str) -> Reading | None:
        try:
            return Reading(Located(self._index.text, block), self._path, owner)
        except (RefusedError, RecursionError):
            return None


def _leaves(block: Block) -> Sequence[Block]:
    return block.members or [block]


def _finding(rule: StyleRule, convention: Convention, sight: Sight, profile: Profile, fix: Fix | None) -> Finding:
    wanted = profile.values[convention.key]
    shown = wanted.get(sight.subject, "") if isinstance(wanted, dict) else wanted
    name = f"{convention.key}.{sight.subject}" if isinstance(wanted, dict) else convention.key
    return Finding(
        "style",
        rule.code,
        convention.complaint(wanted, sight),
        sight.start,
        sight.end,
        profile.severities.get(rule.code, rule.severity),
        (fix,) if fix else (),
        reasoning=f"Profile **{profile.name}** has `{name} = {shown!r}`: {convention.what}.",
    )


class _Mending:
    """Fixes for places of one version of a buffer, each proven, and kept with its block."""

    def __init__(self, index: BlockIndex) -> None:
        self._index = index
        self._code: dict[int, Located | None] = {}

    def fix(self, rule: StyleRule, sight: Sight, wanted: Value) -> Fix | None:
        block = self._index.block_at(sight.start)
        key = (rule, str(wanted), sight.moved(-block.start))
        if key not in block.piece.notes:
            fix = self._made(rule, sight, wanted, block)
            block.piece.notes[key] = _moved(fix, -block.start) if fix else None
        kept = block.piece.notes[key]
        return _moved(kept, block.start) if kept is not None else None  # type: ignore[arg-type]

    def _made(self, rule: StyleRule, sight: Sight, wanted: Value, block: Block) -> Fix | None:
        if block.start not in self._code:
            try:
                self._code[block.start] = Located(self._index.text, block)
            except (RefusedError, RecursionError):
                self._code[block.start] = None
        code = self._code[block.start]
        fix = rule.mend(code, sight, wanted) if code else None
        return fix if fix and code and _proven(self._index, code, fix) else None


def _moved(fix: Fix, by: int) -> Fix:
    return Finding("style", "", "", 0, 0, fixes=(fix,)).moved(by).fixes[0]


def _proven(index: BlockIndex, code: Located, fix: Fix) -> bool:
    """Whether nothing changes but docstrings and comments, or else everything has its name still."""
    after = code.becomes(*fix.edits)
    if after is None:
        return False
    if _without_docstrings(after) == _without_docstrings(code.tree):
        return True
    text = index.text
    for edit in reversed(fix.edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return not objection(index, text)


def _without_docstrings(tree: ast.Module) -> str:
    """The tree as text, without what docstrings say."""
    strings = {
        id(node.body[0].value): node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
        and isinstance(node.body[0].value.value, str)
    }
    said = {key: one.value for key, one in strings.items()}
    try:
        for one in strings.values():
            one.value = ""
        return ast.dump(tree)
    finally:
        for key, one in strings.items():
            one.value = said[key]
