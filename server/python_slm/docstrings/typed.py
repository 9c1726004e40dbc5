"""The docstring that somebody begins by typing its quotes: what belongs behind the cursor.

The buffer is no help there: without closing quotes all that follows is a string. So it is read with ``pass`` in place
of the quotes; where the definition does not parse for other reasons, its header is read alone.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings.facts import Facts, facts_of
from python_slm.docstrings.findings import module_of, style_of
from python_slm.docstrings.indent import step
from python_slm.docstrings.literal import TAB, is_literal, newline_of
from python_slm.docstrings.opening import HEADER, LINE_END, Opened, opening
from python_slm.docstrings.targets import Source
from python_slm.docstrings.wording import summary_of
from python_slm.docstrings.write import compose
from python_slm.syntax.parse import ast_of

if TYPE_CHECKING:
    from python_slm.docstrings.insert import Summarize
    from python_slm.docstrings.style import Evidence
    from python_slm.syntax.blocks import BlockIndex

_MOSTHEADERER = 100
_PLACEHOLDER = "pass"
_FIRST, _LAST = "\ue000", "\ue001"
"""Around what somebody will want to say better; of the private use area, so in nobody's code."""


@dataclass(frozen=True)
class TypedDocstring:
    """Insert ``text`` at the cursor, in place of what ``replaces`` characters behind it say.

    ``snippet`` is the same with places to fill in, as LSP writes them.
    """

    text: str
    snippet: str
    facts: Facts
    replaces: int = 0


def typed_at(
    index: BlockIndex,
    offset: int,
    *,
    path: str = "",
    project: Evidence | None = None,
    summarize: Summarize = summary_of,
) -> TypedDocstring | None:
    """What belongs behind the quotes right before ``offset``; None where no docstring is begun there.

    ``project`` says what the style is where the file itself does not.
    """
    opened = opening(index.text, offset)
    if opened is None:
        return None
    place = index.text[: opened.start] + _PLACEHOLDER + index.text[opened.end :]
    read = index.updated(place)
    facts = _facts(read, opened, path)
    if facts is None:
        return None
    style = style_of(read, project)
    width = style.width - len(opened.indent.expandtabs(TAB))
    lines = compose(
        facts,
        style,
        indent=step(opened.indent),
        width=width,
        summarize=summarize,
        mark=lambda text: _FIRST + text + _LAST,
    )
    marked = _inserted(lines, opened, newline_of(index.text))
    if not is_literal(_plain(_whole(marked, opened))):
        return None
    return TypedDocstring(_plain(marked), _snippet(marked), facts, 0 if opened.closed else opened.end - offset)


def _facts(index: BlockIndex, opened: Opened, path: str) -> Facts | None:
    """Of the definition that begins with the ``pass``; None where a docstring follows that, or there is none."""
    block = index.block_at(opened.start)
    source = Source(index, module_of(path))
    leaf = next((each for each in source.leaves if each.block.start == block.start), None)
    if leaf is None or leaf.tree is None:
        return _header_facts(index.text, opened)
    line = leaf.document.line_at(opened.start - block.start)
    targets = source.targets(leaf)
    module = source.module_target
    if module and module[0].block.start == block.start:
        targets.append(module[1])
    for target in targets:
        first, after = [*target.node.body, None, None][:2]
        at = first.lineno - 1 + target.lines_before if isinstance(first, ast.Pass) else -1
        if at == line and not _is_text(after):
            return target.facts
    return None


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _header_facts(text: str, opened: Opened) -> Facts | None:
    """From the header alone; its body does not parse."""
    lines = LINE_END.split(text[: opened.start])
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    for count in range(1, min(_MOSTHEADERER, len(lines)) + 1):
        if not HEADER.match(lines[-count]):
            continue
        indent = lines[-count][: len(lines[-count]) - len(lines[-count].lstrip())]
        if len(indent) >= len(opened.indent):
            return None
        header = "\n".join(lines[-count:]).rstrip()
        tree = ast_of(f"if 1:\n{header} pass" if indent else f"{header} pass")
        node = tree.body[0] if tree else None
        node = node.body[0] if isinstance(node, ast.If) else node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [each.arg for each in node.args.args] if not isinstance(node, ast.ClassDef) else []
            return facts_of(node, name=node.name, in_class=names[:1] in (["self"], ["cls"]))
        return None
    return None


def _inserted(lines: list[str], opened: Opened, newline: str) -> str:
    """What goes in at the cursor: the lines, and closing quotes where there are none."""
    safe = [_escaped(line, opened) for line in lines]
    rows = [safe[0], *(opened.indent + line if line.strip() else "" for line in safe[1:])]
    on_own_line = bool(opened.gap.strip(" \t"))
    missing = ""
    if on_own_line:
        blanks = LINE_END.split(opened.gap)[-1]
        missing = opened.indent.removeprefix(blanks) if opened.indent.startswith(blanks) else ""
    many = len(rows) > 1 or on_own_line or _plain(rows[-1]).endswith(opened.quote[0])
    if many and not opened.below:
        rows.append(opened.indent)
    return missing + newline.join(rows) + ("" if opened.closed else opened.quote)


def _whole(inserted: str, opened: Opened) -> str:
    """The literal as it will stand there."""
    closing = ("\n" if opened.below else "") + opened.quote if opened.closed else ""
    return opened.prefix + opened.quote + opened.gap + inserted + closing


def _escaped(line: str, opened: Opened) -> str:
    if opened.prefix:
        other = '"""' if opened.quote == "'''" else "'''"
        return line.replace(opened.quote, other)
    return line.replace("\\", "\\\\").replace(opened.quote, "\\" + "\\".join(opened.quote))


def _plain(text: str) -> str:
    return text.replace(_FIRST, "").replace(_LAST, "")


def _snippet(marked: str) -> str:
    parts = re.split(f"{_FIRST}([^{_LAST}]*){_LAST}", marked)
    found, place = "", 0
    for number, part in enumerate(parts):
        if number % 2:
            place += 1
            inside = part.replace("\\", "\\\\").replace("$", r"\$").replace("}", r"\}")
            found += f"${{{place}:{inside}}}"
        else:
            found += part.replace("\\", "\\\\").replace("$", r"\$")
    return found
