"""What can be done about the docstring of one definition, or of all, when somebody asks: fixes with verified edits.

``at`` is what a code action offers at a cursor, ``everywhere`` what one offers for the whole file. Every edit puts a
docstring where Python looks for one, or one string in place of another; nothing else of the program changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from python_slm.docstrings.convert import converted
from python_slm.docstrings.entries import STYLES, StyleName
from python_slm.docstrings.findings import evidence_in, find, lacking, module_of
from python_slm.docstrings.indent import step
from python_slm.docstrings.literal import DocstringLiteral, header_end, is_literal
from python_slm.docstrings.proof import applied, edits_of, unchanged
from python_slm.docstrings.stale import updated
from python_slm.docstrings.style import layout_of
from python_slm.docstrings.targets import Leaf, Source, Target
from python_slm.docstrings.wording import summary_of
from python_slm.findings import Fix
from python_slm.text import Edit

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from python_slm.docstrings.insert import Summarize
    from python_slm.docstrings.style import Style
    from python_slm.syntax.blocks import BlockIndex

_TITLES = {"google": "Google", "numpy": "NumPy", "sphinx": "Sphinx", "epydoc": "Epydoc"}


@dataclass(frozen=True)
class DocstringAction:
    """``add`` and ``update`` are what an editor would do by itself; ``convert`` is a rewrite in another style."""

    kind: Literal["add", "update", "convert"]
    fix: Fix
    name: str
    """The definition's qualified one."""


def at(
    index: BlockIndex, offset: int, *, path: str = "", style: Style | None = None, summarize: Summarize = summary_of
) -> list[DocstringAction]:
    """What can be done about the docstring of the definition whose header or docstring holds ``offset``.

    Nothing within a body, where something else is being worked on, nor where the code around does not parse. ``style``
    None: the file's own.
    """
    style = style or evidence_in(index).style
    source = Source(index, module_of(path))
    block = index.block_at(offset)
    leaf = next((each for each in source.leaves if each.block.start == block.start), None)
    if leaf is None:
        return []
    line = leaf.document.line_at(offset - block.start)
    holding = [each for each in source.targets(leaf) if _first_line(each) <= line <= _last_line(each)]
    if not holding:
        return []
    return [_moved(one, block.start) for one in _actions(leaf, holding[-1], style, summarize)]


def everywhere(
    index: BlockIndex, *, path: str = "", style: Style | None = None, summarize: Summarize = summary_of
) -> Fix | None:
    """Every docstring that is missing, added, as one fix; None where none is, or where the file would change else."""
    found = find(index, path=path, missing=True, stale=False, style=style, summarize=summarize)
    edits = edits_of(found)
    if not edits or not unchanged(index.text, applied(index.text, edits)):
        return None
    return Fix(f"Add {len(edits)} missing docstrings", tuple(edits))


def _actions(leaf: Leaf, target: Target, style: Style, summarize: Summarize) -> Iterator[DocstringAction]:
    if target.docstring is None:
        for fix in lacking(leaf, target, style, summarize).fixes:
            yield DocstringAction("add", fix, target.name)
        return
    edit = updated(leaf.document, target, style)
    if edit is not None:
        yield DocstringAction("update", Fix(f"Update the docstring of {target.name}", (edit,)), target.name)
    literal = DocstringLiteral.of(leaf.document, target)
    layout = layout_of(literal.lines, style.name) if literal else None
    if literal is None or layout is None or not layout.clear:
        return
    for name in STYLES:
        converted_edit = _converted(literal, name, style) if name != layout.style else None
        if converted_edit:
            fix = Fix(f"Convert the docstring of {target.name} to {_TITLES[name]} style", (converted_edit,))
            yield DocstringAction("convert", fix, target.name)


def _converted(literal: DocstringLiteral, name: StyleName, style: Style) -> Edit | None:
    layout = layout_of(literal.lines, style.name)
    lines = converted(layout, name, indent=step(literal.indent)) if layout else None
    text = literal.with_lines(lines) if lines else ""
    return Edit(literal.start, literal.end, text) if is_literal(text) else None


def _first_line(target: Target) -> int:
    return min([target.line, *(each.lineno - 1 + target.lines_before for each in _decorators(target))])


def _decorators(target: Target) -> list[ast.expr]:
    return getattr(target.node, "decorator_list", [])


def _last_line(target: Target) -> int:
    """Of its docstring, else of its header."""
    node = target.docstring
    if node is not None and node.end_lineno is not None:
        return node.end_lineno - 1 + target.lines_before
    return header_end(target)


def _moved(one: DocstringAction, by: int) -> DocstringAction:
    edits = tuple(replace(edit, start=edit.start + by, end=edit.end + by) for edit in one.fix.edits)
    return replace(one, fix=replace(one.fix, edits=edits))
