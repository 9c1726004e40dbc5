"""Extract function: statements, or an expression, become a function, or a method beside the one that they stand in."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS, Code, same
from python_slm.refactor.part import Part, decorators, part_of
from python_slm.refactor.plan import Plan
from python_slm.syntax.parse import parsed_expression
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = (
    (
        "import m\n\n\ndef f(a, b):\n    x = a\n    ⟦y = x + b  # why\n    z = y\n⟧    return z\n",
        (
            "import m\n\n\ndef extracted(x, b):\n    y = x + b  # why\n    z = y\n    return z\n\n\n"
            "def f(a, b):\n    x = a\n    z = extracted(x, b)\n    return z\n"
        ),
    ),
    (
        "class A:\n    def f(self, a):\n        return g(⟦self.x + a⟧)\n",
        (
            "class A:\n    def extracted(self, a):\n        return self.x + a\n\n"
            "    def f(self, a):\n        return g(self.extracted(a))\n"
        ),
    ),
    (
        "def f(a):\n\tfor x in a:\n\t\t⟦print('''\n\n''', x)\n\t\treturn x⟧\n",
        (
            "def extracted(x):\n\tprint('''\n\n''', x)\n\treturn x\n\n\n"
            "def f(a):\n\tfor x in a:\n\t\treturn extracted(x)\n"
        ),
    ),
    (
        "def f(a):\n    n = 0\n    for x in a:\n        ⟦n += x⟧\n    return n\n",
        (
            "def extracted(n, x):\n    n += x\n    return n\n\n\n"
            "def f(a):\n    n = 0\n    for x in a:\n        n = extracted(n, x)\n    return n\n"
        ),
    ),
    (
        "def f(n):\n    a, b = 0, 1\n    while n > g():\n        ⟦a, b = b, a + b⟧\n    return a\n",
        (
            "def extracted(a, b):\n    a, b = b, a + b\n    return a, b\n\n\n"
            "def f(n):\n    a, b = 0, 1\n    while n > g():\n        a, b = extracted(a, b)\n    return a\n"
        ),
    ),
    (
        "# about f\n@d\ndef f(a):\n    ⟦g(a,\n      b)⟧\n",
        "def extracted(a):\n    g(a,\n      b)\n\n\n# about f\n@d\ndef f(a):\n    extracted(a)\n",
    ),
)
REFUSED = (
    ("def f(a):\n    ⟦x = a\n    g = lambda: x⟧\n    x = 2\n    return g()\n", "later"),
    ("def f(a):\n    for x in a:\n        ⟦y = x\n        b.append(lambda: y)⟧\n", "later"),
    ("def f(a):\n    ⟦warn(a, stacklevel=2)⟧\n", "called it"),
    ("def f(a):\n    x = 0\n    with suppress(E):\n        ⟦x = 1\n        g()⟧\n    return x\n", "exception"),
    ("def f(a):\n    ⟦if a:\n        return 1⟧\n    return 2\n", "return"),
    ("def f(a):\n    for x in a:\n        ⟦if x:\n            break⟧\n", "break"),
    ("def f(a):\n    ⟦yield a⟧\n", "yield"),
    ("async def f(a):\n    ⟦await a⟧\n", "await"),
    ("def f(a):\n    if a:\n        x = 1\n    ⟦print(x)⟧\n", "no value"),
    ("def f(a):\n    ⟦if a:\n        x = 1⟧\n    return x\n", "no value"),
    ("def f(a):\n    g = lambda: x\n    ⟦x = a\n    g()⟧\n", "function inside"),
    ("def f(a):\n    ⟦global x\n    x = a⟧\n", "global"),
    ("def f(a):\n    global x\n    ⟦x = a⟧\n", "global"),
    ("⟦x = 1⟧\n", "in a function"),
    ("class A:\n    ⟦x = 1⟧\n", "in a function"),
    ("class A(B):\n    def f(self):\n        ⟦super().f()⟧\n", "by itself"),
    ("def f(a):\n    ⟦return locals()⟧\n", "by itself"),
    ("def f(a):\n    if g(⟦(x := a)⟧):\n        return x\n", "assigns"),
    ("def f(a):\n    x = 0\n    try:\n        ⟦x = 1\n        g()⟧\n    finally:\n        h(x)\n", "exception"),
    ("def f(a):\n    g = ⟦lambda: a⟧\n    a = 2\n    return g()\n", "later"),
    ("class A:\n    @staticmethod\n    def f(a):\n        return ⟦a + 1⟧\n", "decorator"),
)


class ExtractFunction:
    """Only where every variable certainly has a value, and nothing leaves the part but at its end."""

    name = "extract-function"
    kind = "refactor.extract.function"
    title = "Extract function or method"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        part = part_of(code)
        name = code.fresh("extracted")
        indent = code.indent(part.function)
        inner = code.indent(part.function.body[0])
        body, call = _body(code, part, inner), _call(part, name)
        in_class = bool(part.receiver)
        head = f"{indent}def {name}({', '.join((*([part.receiver] if in_class else []), *part.inputs))}):"
        if in_class and "classmethod" in decorators(part.function):
            head = f"{indent}@classmethod{code.newline}{head}"
        gap = code.newline * (2 if indent else 3)
        at = _above(code, part.function)
        new = Edit(at, at, f"{head}{code.newline}{body}{gap}")
        start, end = code.span(part.nodes[0])[0], code.span(part.nodes[-1])[1]
        if code.shares_brackets(part.nodes[-1]):
            call = f"({call})"
        edits = (new, Edit(start, end, call))
        _require_same_body(code, part, name, edits)
        return Plan(edits, at + head.index(name, head.rindex("def ")))


def _body(code: Code, part: Part, inner: str) -> str:
    if not isinstance(part.nodes[0], ast.stmt):
        text = code.source(part.nodes[0])
        return f"{inner}return {text if _stands_alone(text) else f'({text})'}"
    start = code.span(part.nodes[0])[0]
    end = code.span(part.nodes[-1])[1]
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r|$)", code.text[start:end])
    outer = code.indent(part.nodes[0])
    strings = _lines_in_strings(part.nodes)
    first = part.nodes[0]
    top = first.decorator_list[0].lineno if getattr(first, "decorator_list", None) else first.lineno  # type: ignore[attr-defined]
    shown = [inner + lines[0]]
    for number, line in enumerate(lines[1:], start=top + 1):
        moved = line if number in strings or not line.strip() else _moved(line, outer, inner)
        shown.append(moved)
    text = "".join(shown)
    text += _comment_behind(code, end)
    return f"{text}{code.newline}{inner}return {', '.join(part.outputs)}" if part.outputs else text


def _comment_behind(code: Code, end: int) -> str:
    """A comment behind the last statement, if it was selected as well."""
    rest = code.text[end : min(code.line_end(end), max(code.end, end))]
    return rest.rstrip() if rest.strip().startswith("#") else ""


def _moved(line: str, outer: str, inner: str) -> str:
    return inner + line.removeprefix(outer) if line.startswith(outer) else inner + line.lstrip(" \t")


def _lines_in_strings(nodes: Sequence[ast.AST]) -> set[int]:
    """Lines that begin within a string, where blanks count."""
    found: set[int] = set()
    for one in (one for node in nodes for one in ast.walk(node)):
        if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str | bytes)):
            found.update(range(one.lineno + 1, (one.end_lineno or one.lineno) + 1))
    return found


def _stands_alone(text: str) -> bool:
    try:
        parsed_expression(text.strip())
    except SyntaxError:
        return False
    return True


def _call(part: Part, name: str) -> str:
    callee = f"{part.receiver}.{name}" if part.receiver else name
    call = f"{callee}({', '.join(part.inputs)})"
    if part.returns:
        return f"return {call}"
    return f"{', '.join(part.outputs)} = {call}" if part.outputs else call


def _above(code: Code, function: ast.stmt) -> int:
    """The beginning of a definition's first line, comments right above it included."""
    at = code.line_start(code.span(function)[0])
    indent = code.indent(function)
    while at > code.block.start:
        above = code.line_start(at - 1)
        if code.text[above:at].startswith(f"{indent}#"):
            at = above
        else:
            break
    return at


def _require_same_body(code: Code, part: Part, name: str, edits: Sequence[Edit]) -> None:
    """What the new function does is what was selected."""
    tree = code.becomes(*edits)
    found = [one for one in ast.walk(tree) if isinstance(one, FUNCTIONS) and one.name == name] if tree else []
    if len(found) != 1:
        raise RefusedError("its text cannot be moved")
    body = found[0].body[: -1 if part.outputs else None]
    wanted = [one if isinstance(one, ast.stmt) else ast.Return(one) for one in part.nodes]
    if not same(ast.Module(body, []), ast.Module(wanted, [])):
        raise RefusedError("its text cannot be moved")


REFACTORING = ExtractFunction()
