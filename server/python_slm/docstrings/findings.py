"""Findings about the docstrings of a buffer, kept with its leaves so that a keystroke costs one.

What is stale in a leaf depends on its text, the style, the functions elsewhere in the file that never return, and, for
the header of a long class, on what its members say: all that is the key under which it is kept.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from python_slm.docstrings.codes import SEVERITIES
from python_slm.docstrings.insert import insertion
from python_slm.docstrings.literal import TAB, DocstringLiteral
from python_slm.docstrings.stale import disagreements
from python_slm.docstrings.style import Evidence, Seen, Style
from python_slm.docstrings.targets import Source
from python_slm.docstrings.wording import summary_of
from python_slm.findings import Finding, Fix

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator

    from python_slm.docstrings.codes import Code
    from python_slm.docstrings.insert import Summarize
    from python_slm.docstrings.targets import Leaf, Target
    from python_slm.syntax.blocks import BlockIndex

_EVIDENCE = "docstrings: evidence of a style"


def find(
    index: BlockIndex,
    *,
    path: str = "",
    missing: bool = False,
    stale: bool = True,
    style: Style | None = None,
    summarize: Summarize = summary_of,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """What is stale, and what is ``missing`` where that is asked for, in order; nothing once ``cancelled``.

    ``style`` None: the file's own. A finding's first fix is safe, and brings its whole docstring up to date. Comments
    that ignore findings are not looked at: ``rules.suppress.settled``.
    """
    source, found = Source(index, module_of(path)), list[Finding]()
    style = style or evidence_in(index).style
    for leaf in source.leaves:
        if cancelled():
            return []
        if stale:
            found += [one.moved(leaf.block.start) for one in _stale_in(source, leaf, style)]
        if missing:
            found += [one.moved(leaf.block.start) for one in _missing_in(source, leaf, style, summarize)]
    if missing:
        found += _module_missing(source, style, summarize)
    return sorted(found, key=lambda one: (one.start, one.end, one.code))


def evidence_in(index: BlockIndex) -> Evidence:
    """What the docstrings of a buffer say of their style."""
    return Evidence.joined(_evidence(leaf) for leaf in Source(index, "").leaves)


def style_of(index: BlockIndex, project: Evidence | None = None) -> Style:
    """The style of a file that says enough; else of the project around it, if that is known."""
    own = evidence_in(index)
    return own.style if own.enough or project is None else Evidence.joined([own, project]).style


def module_of(path: str) -> str:
    """The name of a module by its path, a package's for ``__init__``."""
    place = PurePosixPath(path.replace("\\", "/"))
    return place.parent.name if place.stem == "__init__" else place.stem


def _stale_in(source: Source, leaf: Leaf, style: Style) -> tuple[Finding, ...]:
    """Offsets count from the leaf's start."""
    if not leaf.reading.sectioned:
        return ()
    notes = leaf.block.piece.notes
    helpers = tuple(sorted(source.helpers(leaf).items()))
    key = ("docstrings: stale", style.name, style.width, helpers, source.body(leaf))
    if key not in notes:
        for old in [each for each in notes if isinstance(each, tuple) and each[:1] == key[:1]]:
            del notes[old]
        notes[key] = tuple(
            finding for target in source.targets(leaf) for finding in disagreements(leaf.document, target, style)
        )
    found = notes[key]
    assert isinstance(found, tuple)  # nobody else knows the key
    return found


def _evidence(leaf: Leaf) -> Evidence:
    notes = leaf.block.piece.notes
    if not isinstance(notes.get(_EVIDENCE), Evidence):
        notes[_EVIDENCE] = Evidence.of(_seen(leaf))
    found = notes[_EVIDENCE]
    assert isinstance(found, Evidence)  # nobody else knows the key
    return found


def _seen(leaf: Leaf) -> Iterator[Seen]:
    for target in leaf.targets({}, None):
        literal = DocstringLiteral.of(leaf.document, target)
        if literal is None:
            continue
        columns = max(len((literal.indent + line).expandtabs(TAB)) for line in literal.lines)
        facts = target.facts
        defaults = frozenset(one.name for one in facts.parameters if one.default)
        of = "init" if facts.name == "__init__" else "class" if facts.kind == "class" else ""
        yield Seen(literal.lines, bool(facts.parameters), columns, defaults, of)


def _missing_in(source: Source, leaf: Leaf, style: Style, summarize: Summarize) -> Iterator[Finding]:
    for target in source.targets(leaf):
        if target.docstring is None and target.wants_docstring(init=style.init):
            yield lacking(leaf, target, style, summarize)


def _module_missing(source: Source, style: Style, summarize: Summarize) -> Iterator[Finding]:
    found = source.module_target
    if found and found[1].docstring is None and found[1].wants_docstring():
        yield lacking(*found, style, summarize).moved(found[0].block.start)


def lacking(leaf: Leaf, target: Target, style: Style, summarize: Summarize) -> Finding:
    """That a definition has no docstring, with one; offsets count from the leaf's start."""
    edit = insertion(leaf.document, target, style, summarize)
    what = "the module" if target.facts.kind == "module" else target.name
    fix = Fix(f"Add a docstring to {what}", (edit,)) if edit else None
    start, end = _name_of(leaf, target)
    code: Code = "missing-docstring"
    message = f"{what} has no docstring"
    return Finding("docstrings", code, message, start, end, SEVERITIES[code], (fix,) if fix else ())


def _name_of(leaf: Leaf, target: Target) -> tuple[int, int]:
    """Where a definition's name stands."""
    node: ast.AST = target.node
    name = getattr(node, "name", "")
    if not name:
        return 0, 0
    start, _ = leaf.document.line_span(target.line)
    place = leaf.document.text.find(name, start)
    return (place, place + len(name)) if place >= 0 else (start, start)
