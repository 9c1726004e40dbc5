"""Dict call: ``{"a": 1}`` becomes ``dict(a=1)``."""

from __future__ import annotations

import ast
import keyword
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import require_builtin
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ('x = ⟦{"a": 1, "b": c}⟧  # why\n', "x = dict(a=1, b=c)  # why\n"),
    ("f('é', ⟦{}⟧)\n", "f('é', dict())\n"),
    ("x = ⟦⟧{'a': (b,\n        1), 'c': 'd'}\n", "x = dict(a=(b,\n        1), c='d')\n"),
    (
        "def f():\n\treturn {'a': lambda: 1⟦⟧, 'b': z if w else 1}\n",
        "def f():\n\treturn dict(a=lambda: 1, b=z if w else 1)\n",
    ),
    ("x = ⟦{\n    'a': 1,  # one\n}⟧\n", "# one\nx = dict(a=1)\n"),
)
REFUSED = (
    ("x = ⟦{1: 2}⟧\n", "name"),
    ("x = ⟦{'a b': 2}⟧\n", "name"),
    ("x = ⟦{'class': 2}⟧\n", "name"),
    ("x = ⟦{**a}⟧\n", "name"),
    ("x = ⟦{'a': 1, 'a': 2}⟧\n", "twice"),
    ("import dict\nx = ⟦{'a': 1}⟧\n", "something else"),
    ("x = ⟦1⟧\n", "select"),
)


class DictCall:
    """Keys that could be names of parameters, each once."""

    name = "dict-call"
    kind = "refactor.rewrite.dict.toCall"
    title = "Replace dict literal with dict()"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Dict)
        if node is None:
            raise RefusedError("select a dict literal")
        keys = [one.value if isinstance(one, ast.Constant) else None for one in node.keys]
        names = [one for one in keys if isinstance(one, str) and one.isidentifier() and not keyword.iskeyword(one)]
        if len(names) != len(keys):
            raise RefusedError("a key of it is not the name of a variable, written out")
        if len(set(names)) != len(names):
            raise RefusedError("a key comes twice")
        require_builtin(code, "dict")
        arguments = [ast.keyword(name, value) for name, value in zip(names, node.values, strict=True)]
        return replaced(code, node, ast.Call(ast.Name("dict", ast.Load()), [], arguments))


REFACTORING = DictCall()
