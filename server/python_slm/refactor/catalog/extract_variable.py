"""Extract variable: an expression gets a name, on a line of its own above its statement."""

from __future__ import annotations

import ast

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code, same
from python_slm.refactor.order import require_first
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

EXAMPLES = (
    ("def f(a):\n    return g(⟦a + 1⟧)  # why\n", "def f(a):\n    extracted = a + 1\n    return g(extracted)  # why\n"),
    ("if x:\n\tprint(⟦f(\n\t\t1)⟧)\n", "if x:\n\textracted = f(\n\t\t1)\n\tprint(extracted)\n"),
    ("def f(é):\n    é = 'é'; g('é', ⟦é.x⟧)\n", "def f(é):\n    é = 'é'; extracted = é.x; g('é', extracted)\n"),
    ("y = sum(⟦x for x in y⟧)\n", "extracted = (x for x in y)\ny = sum(extracted)\n"),
    ("y = (a +\n     ⟦b  # one\n     * c⟧)\n", "extracted = (b  # one\n     * c)\ny = (a +\n     extracted)\n"),
    ("⟦(f(1)\n + 2)⟧\n", "extracted = (f(1)\n + 2)\n"),
    ("for x in ⟦f(1)⟧: g(x)\n", "extracted = f(1)\nfor x in extracted: g(x)\n"),
    ("extracted = 1\nz = [⟦y * 2⟧]\n", "extracted = 1\nextracted2 = y * 2\nz = [extracted2]\n"),
    ("def b(\n\ndef f(y):\n    g(⟦y * 2⟧)\n", "def b(\n\ndef f(y):\n    extracted = y * 2\n    g(extracted)\n"),
)
REFUSED = (
    ("while ⟦f()⟧:\n    pass\n", "loop"),
    ("if a:\n    pass\nelif ⟦b + 1⟧:\n    pass\n", "conditions above"),
    ("x = a and ⟦b()⟧\n", "condition"),
    ("x = f() + ⟦g()⟧\n", "evaluated before"),
    ("x = a.b + ⟦g()⟧\n", "evaluated before"),
    ("x[⟦g()⟧] = f()\n", "evaluated before"),
    ("x = [⟦y + 1⟧ for y in z]\n", "comprehension"),
    ("x = lambda: ⟦y + 1⟧\n", "lambda"),
    ("x = f'{⟦y⟧}'\n", "f-string"),
    ("class A:\n    x = f(⟦y + 1⟧)\n", "class"),
    ("class A:\n    if b:\n        x = f(⟦y + 1⟧)\n", "class"),
    ("⟦x⟧ = 1\n", "assigned"),
    ("f(⟦(y := 2)⟧)\n", "assigns"),
    ("x = ⟦1 + ⟧2\n", "whole expression"),
    ('def f():\n    ⟦"""Doc."""⟧\n', "docstring"),
    ("def f(x=⟦g()⟧):\n    pass\n", "later"),
)


class ExtractVariable:
    """Only where evaluating it first makes no difference, and it runs exactly as often."""

    name = "extract-variable"
    kind = "refactor.extract.variable"
    title = "Extract variable"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.expression()
        _require_nameable(code, node)
        statement = require_first(code, node, node)
        if isinstance(code.definition(statement), ast.ClassDef):
            raise RefusedError("it would become an attribute of the class")
        name = code.fresh("extracted")
        if isinstance(statement, ast.Expr) and statement.value is node:
            return self._named(code, node, name)
        start, end = code.span(node)
        at = code.span(statement)[0]
        shown = f"{' ' * _is_word(code.text[start - 1 : start])}{name}{' ' * _is_word(code.text[end : end + 1])}"
        if code.shares_brackets(node):
            shown = f"({name})"
        use = Edit(start, end, shown)
        for value in (code.source(node), f"({code.source(node)})"):
            above = Edit(at, at, f"{name} = {value}{_break(code, at)}")
            if self._is_right(code, node, statement, name, (above, use)):
                return Plan((above, use), at)
        raise RefusedError("its text cannot stand on a line of its own")

    @staticmethod
    def _named(code: Code, node: ast.expr, name: str) -> Plan:
        at = code.span(code.statement(node))[0]
        return Plan((Edit(at, at, f"{name} = "),), at)

    @staticmethod
    def _is_right(code: Code, node: ast.expr, statement: ast.stmt, name: str, edits: tuple[Edit, Edit]) -> bool:
        read = Replaced({node: ast.Name(name, ast.Load())}).of(statement)
        bound = ast.Assign([ast.Name(name, ast.Store())], node)
        return same(Replaced({statement: [bound, read]}).of(code.tree), code.becomes(*edits))


def _require_nameable(code: Code, node: ast.expr) -> None:
    if any(isinstance(one, ast.NamedExpr) for one in ast.walk(node)):
        raise RefusedError("it assigns a variable itself")
    if isinstance(node, ast.Name) and node.id == "super":
        raise RefusedError("super is known to the compiler by its name alone")
    parent = code.parents[node]
    if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant) and isinstance(node.value, str):
        raise RefusedError("it is a docstring, or like one")


def _break(code: Code, at: int) -> str:
    before = code.text[code.line_start(at) : at]
    return "; " if before.strip(" \t\f\ufeff") else code.newline + before.replace("\ufeff", "")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


REFACTORING = ExtractVariable()
