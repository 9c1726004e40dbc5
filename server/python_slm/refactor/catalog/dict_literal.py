"""Dict literal: ``dict(a=1)`` becomes ``{"a": 1}``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import require_builtin
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("x = ⟦dict(a=1, b=c)⟧  # why\n", "x = {'a': 1, 'b': c}  # why\n".replace("'", '"')),
    ("f('é', ⟦dict⟧())\n", "f('é', {})\n"),
    ("x = ⟦⟧dict(a=(b,\n             1), c='d')\n", "x = {'a': (b,\n             1), 'c': 'd'}\n"),
    (
        "def f():\n\treturn dict(a=[x for x in y], ⟦b⟧=z if w else 1).a\n",
        'def f():\n\treturn {"a": [x for x in y], "b": z if w else 1}.a\n',
    ),
    ("x = ⟦dict(\n    a=1,  # one\n)⟧\n", '# one\nx = {"a": 1}\n'),
)
REFUSED = (
    ("x = ⟦dict(a)⟧\n", "arguments without"),
    ("x = ⟦dict(**a)⟧\n", "arguments without"),
    ("dict = 1\nx = ⟦dict(a=1)⟧\n", "something else"),
    ("x = ⟦f(a=1)⟧\n", "select"),
)


class DictLiteral:
    """What unpacks another mapping is left alone: ``dict`` raises an error for keys that come twice."""

    name = "dict-literal"
    kind = "refactor.rewrite.dict.toLiteral"
    title = "Replace dict() with a literal"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Call)
        if node is None or not isinstance(node.func, ast.Name) or node.func.id != "dict":
            raise RefusedError("select a call of dict")
        if node.args or any(one.arg is None for one in node.keywords):
            raise RefusedError("it has arguments without a name")
        require_builtin(code, "dict")
        keys: list[ast.expr | None] = [ast.Constant(one.arg) for one in node.keywords if one.arg]
        return replaced(code, node, ast.Dict(keys, [one.value for one in node.keywords]))


REFACTORING = DictLiteral()
