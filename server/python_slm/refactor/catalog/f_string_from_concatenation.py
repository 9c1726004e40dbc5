"""F-string from concatenation: ``"a" + x + "b"`` becomes ``f"a{x}b"`` where each part certainly is a string."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import certain_type, is_builtin
from python_slm.refactor.plan import Plan
from python_slm.refactor.rewrite import held
from python_slm.refactor.spell import TOKENS, preferred_quote
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    ("def f(y):\n    x = 'b'\n    return 'a' ⟦+⟧ x  # why\n", "def f(y):\n    x = 'b'\n    return f'a{x}'  # why\n"),
    ('x = "é: " ⟦+⟧ str(a.b) + "\\n"\n', 'x = f"é: {a.b!s}\\n"\n'),
    (
        "def f(x: str):\n\treturn g('{' ⟦+⟧ x.lower() + '}' + 'b')\n",
        "def f(x: str):\n\treturn g(f'{{{x.lower()}}}b')\n",
    ),
    ("x = ('a' ⟦+⟧\n     repr(b))\n", "x = (f'a{repr(b)}')\n"),
    ("x = \"it's \" ⟦+⟧ ', '.join(a)\n", "x = f\"it's {', '.join(a)}\"\n"),
)
REFUSED = (
    ("def f(x):\n    return 'a' ⟦+⟧ x\n", "certain"),
    ("def f(x: str):\n    return 'a' ⟦+⟧ x\n", "certain"),
    ("x = a ⟦+⟧ 1\n", "string written out"),
    ("x = 'a' ⟦+⟧ '%s' % 'b'\n", "certain"),
    ("x = 'a' ⟦+⟧ str(b['c'] + d[\"e\"])\n", "quotes"),
    ("x = ('a'  # one\n   ⟦+⟧ str(b))\n", "comment"),
    ("x = ⟦1⟧\n", "select"),
)


class FStringFromConcatenation:
    """A subclass of ``str`` may format itself in another way: parts are literals, ``str(…)``, and the like."""

    name = "f-string-from-concatenation"
    kind = "refactor.rewrite.string.toFString"
    title = "Replace concatenation with f-string"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.BinOp)
        while node is not None and isinstance(outer := code.parents[node], ast.BinOp) and isinstance(outer.op, ast.Add):
            node = outer
        if node is None or not isinstance(node.op, ast.Add):
            raise RefusedError("select a + between strings")
        parts = _parts(node)
        if not any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in parts):
            raise RefusedError("no part of it is a string written out")
        if any(found["comment"] for found in TOKENS.finditer(code.source(node))):
            raise RefusedError("a comment stands in it")
        start, end = code.span(node)
        for quote in dict.fromkeys((preferred_quote(code.text), '"', "'")):
            written = [_written(code, one, quote) for one in parts]
            if None in written:
                continue
            text = f"f{quote}{''.join(one for one in written if one)}{quote}"
            return Plan(tuple(held(code, [Edit(start, end, text)], {node: _joined(code, parts)})))
        raise RefusedError("its parts hold quotes of both sorts, or span lines")


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _value(code: Code, node: ast.expr) -> tuple[ast.expr, str]:
    """What stands in braces for a part, and its conversion; raises RefusedError for what may be no string."""
    is_str = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"
    if isinstance(node, ast.Call) and is_str and len(node.args) == 1 and not node.keywords:
        if not isinstance(node.args[0], ast.Starred) and is_builtin(code, "str"):
            return node.args[0], "!s"
        raise RefusedError("it is not certain that all parts are strings and nothing else")
    if certain_type(code, node) != "str" or isinstance(node, ast.JoinedStr) or _is_only_said(code, node):
        raise RefusedError("it is not certain that all parts are strings and nothing else")
    return node, ""


def _is_only_said(code: Code, node: ast.expr) -> bool:
    """Whether an annotation is all that says of a variable that it is a string: an enumeration's member may be one."""
    if not isinstance(node, ast.Name):
        return False
    at = code.scopes.at(node)
    given = [one for one in code.scopes.of(at.name, at.home) if one.how == "store"]
    return any(isinstance(one.node, ast.arg) or isinstance(code.parents[one.node], ast.AnnAssign) for one in given)


def _written(code: Code, node: ast.expr, quote: str) -> str | None:
    """A part as text of the f-string; None where that cannot be within these quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        shown = repr(node.value + ("'" if quote == '"' else '"'))[1:-1]  # the other quote has repr take this one
        text = repr(node.value)
        inner = text[1:-1] if text[0] == quote else shown
        if text[0] != quote:
            inner = text[1:-1].replace(f"\\{text[0]}", text[0]).replace(quote, f"\\{quote}")
        return inner.replace("{", "{{").replace("}", "}}")
    value, conversion = _value(code, node)
    source = code.source(value)
    if any(one in source for one in (quote, "\\", "\n", "\r", "#")):
        return None
    space = " " * source.startswith("{")
    wrapped = f"({source})" if isinstance(value, ast.Lambda | ast.NamedExpr) or "!=" in source else source
    return f"{{{space}{wrapped}{conversion}}}"


def _joined(code: Code, parts: Sequence[ast.expr]) -> ast.JoinedStr:
    values: list[ast.expr] = []
    for one in parts:
        if not isinstance(one, ast.Constant):
            value, conversion = _value(code, one)
            values.append(ast.FormattedValue(value, ord("s") if conversion else -1))
            continue
        last = values[-1] if values else None
        if isinstance(last, ast.Constant):
            values[-1] = ast.Constant(str(last.value) + str(one.value))
        elif one.value:
            values.append(one)
    return ast.JoinedStr(values)


REFACTORING = FStringFromConcatenation()
