"""Constants at the top of a module: what may become one, what to call it, where it goes, where else it stands."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code, same
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.syntax.compiled import leaves
from python_slm.syntax.located import Located
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_WORDS = 3
_OPERATORS = (ast.Add, ast.Sub, ast.Mult)
_ONLY_COMMENTS = re.compile(r"\ufeff?(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*")


def constant_at(code: Code) -> ast.expr:
    """The constant at the selection, with its sign; raises RefusedError where there is none, or it must stay."""
    if code.nearest(ast.JoinedStr):
        raise RefusedError("it is part of an f-string")
    node: ast.expr | None = code.nearest(ast.Constant) or code.nearest(ast.UnaryOp)
    if code.start < code.end or node is None:
        node = _selected(code)
    around = code.parents.get(node) if node else None
    if isinstance(around, ast.UnaryOp) and code.start == code.end:
        node = around
    if node is None or not _is_constant(node) or (isinstance(node, ast.Constant) and not _is_worth_it(node.value)):
        raise RefusedError("select a number, a string, or a tuple or sum of these, written out")
    _require_free(code, node)
    statement = code.statement(node)
    if isinstance(code.parents.get(statement), ast.Module) and _named(statement, node) and not code.block.piece.before:
        raise RefusedError("it has a name at the top of the module already")
    return node


def equals(code: Code, node: ast.expr) -> list[tuple[Located, ast.expr]]:
    """Every place of the file that says the same, this one first."""
    found: list[tuple[Located, ast.expr]] = [(code, node)]
    for block in leaves(code.index):
        if block.problem:
            continue
        try:
            located = code if block.start == code.block.start else Located(code.text, block)
        except RefusedError:
            continue
        equal = (one for one in ast.walk(located.tree) if isinstance(one, ast.expr) and same(one, node))
        found += [(located, one) for one in equal if one is not node and _is_free(located, one)]
    return found


def extracted(code: Code, node: ast.expr, places: Sequence[tuple[Located, ast.expr]]) -> Plan:
    """A name at the top of the module for ``node``, read in ``places``."""
    name = code.fresh(_name(code, node))
    first = min(located.span(one)[0] for located, one in places)
    at, before, after = _top(code, first)
    source = code.source(node)
    value = f"({source})" if "\n" in source and source[:1] not in "([{\"'" else source
    edits = [Edit(at, at, f"{before}{name} = {value}{after}")]
    for located, one in places:
        start, end = located.span(one)
        left, right = (
            " " * bool(re.match(r"\w", text)) for text in (code.text[start - 1 : start], code.text[end : end + 1])
        )
        read = Edit(start, end, f"{left}{name}{right}")
        if not same(Replaced({one: ast.Name(name, ast.Load())}).of(located.tree), located.becomes(read)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        edits.append(read)
    return Plan(tuple(edits), at + len(before))


def _selected(code: Code) -> ast.expr | None:
    return next(
        (one for one in code.path if isinstance(one, ast.expr) and (code.start, code.end) == code.span(one)), None
    )


def _is_worth_it(value: object) -> bool:
    return isinstance(value, str | bytes | int | float | complex) and not isinstance(value, bool)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return bool(node.elts) and isinstance(node.ctx, ast.Load) and all(map(_is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) and _is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, _OPERATORS) and all(
            _is_constant(one) and _is_number(one) for one in (node.left, node.right)
        )
    return isinstance(node, ast.Constant)


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    return isinstance(node, ast.BinOp | ast.UnaryOp)


def _is_free(located: Located, node: ast.expr) -> bool:
    try:
        _require_free(located, node)
    except RefusedError:
        return False
    return True


def _require_free(located: Located, node: ast.expr) -> None:
    inner: ast.AST = node
    for outer in located.around(node):
        if isinstance(outer, ast.JoinedStr):
            raise RefusedError("it is part of an f-string")
        if isinstance(outer, ast.pattern):
            raise RefusedError("it is part of a pattern")
        if inner in {getattr(outer, "annotation", None), getattr(outer, "returns", None)}:
            raise RefusedError("it is part of an annotation")
        if isinstance(outer, ast.Subscript) and "Literal" in ast.dump(outer.value):
            raise RefusedError("it is part of a type")
        if isinstance(outer, ast.Expr) and outer.value is node:
            raise RefusedError("it is a docstring, or like one")
        if isinstance(outer, ast.Assign | ast.AnnAssign):
            targets = outer.targets if isinstance(outer, ast.Assign) else [outer.target]
            if any(isinstance(one, ast.Name) and one.id.startswith("__") for one in targets):
                raise RefusedError("tools read it where it is, without running the module")
        inner = outer


def _named(statement: ast.stmt, node: ast.expr) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is node


def _name(code: Code, node: ast.expr) -> str:
    """What the place says of it: a parameter's or variable's name, what it is compared with, else its words."""
    parent = code.parents[node]
    word = ""
    if isinstance(parent, ast.keyword):
        word = parent.arg or ""
    elif isinstance(parent, ast.Assign | ast.AnnAssign):
        word = _last_word(parent.targets[0] if isinstance(parent, ast.Assign) else parent.target)
    elif isinstance(parent, ast.Compare):
        word = _last_word(parent.left if parent.left is not node else parent.comparators[0])
    elif isinstance(parent, ast.arguments):
        word = _parameter(parent, node)
    if not word and isinstance(node, ast.Constant) and isinstance(node.value, str):
        word = "_".join(re.findall(r"[A-Za-z]\w*", node.value)[:_MOST_WORDS])
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).strip("_").upper()
    return name if name.isidentifier() else "CONSTANT"


def _parameter(arguments: ast.arguments, node: ast.expr) -> str:
    names = [*arguments.posonlyargs, *arguments.args]
    if node in arguments.defaults:
        return names[arguments.defaults.index(node) - len(arguments.defaults)].arg
    return arguments.kwonlyargs[arguments.kw_defaults.index(node)].arg


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_word(node.func)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _top(code: Code, first: int) -> tuple[int, str, str]:
    """Where a constant goes that is first read at ``first``, and what stands around it there.

    Behind the last import above, else behind the module's docstring, else above all but comments at the top.
    """
    line = code.newline
    behind = None
    for block in code.index.blocks:
        if block.start > first or block.kind in {"def", "class"}:
            break
        tree = Located(code.text, block) if not block.problem and block.end <= first else None
        body = tree.tree.body if tree else []
        for place, one in enumerate(body):
            docstring = (
                place == 0 and block.start == 0 and isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            )
            if isinstance(one, ast.Import | ast.ImportFrom) or docstring:
                assert tree is not None
                behind = tree.span(one)[1]
    if behind is not None:
        at = code.line_end(behind)
        below = code.text[at:].lstrip("\r\n \t")
        gap = code.text[at : len(code.text) - len(below)]
        blank = len(re.findall(r"\r\n|\n|\r", gap))
        return at, line * 2, "" if blank or not below else line
    found = _ONLY_COMMENTS.match(code.text)
    top = found.group() if found else ""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)", top)
    while lines and lines[-1].strip() and not any(not each.strip() for each in lines):
        if lines[0].startswith(("#!", "# -*-", "\ufeff#!")):
            break
        lines.clear()
    while lines and lines[-1].strip() and len(lines) > 1:
        lines.pop()
    at = len("".join(lines))
    if code.text.startswith("\ufeff"):
        at = max(at, 1)
    return at, "", line * 3
