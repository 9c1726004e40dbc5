"""Convert property to method: what is read becomes a call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import in_whole, method_of, own_uses
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        (
            "class A:\n    @property\n    def ⟦⟧_size(self):\n        return 1\n\n    def f(self):\n"
            "        return self._size + self._size\n"
        ),
        (
            "class A:\n    def _size(self):\n        return 1\n\n    def f(self):\n"
            "        return self._size() + self._size()\n"
        ),
    ),
    (
        ("class A:\n\t@property  # why\n\tdef ⟦_é⟧(self): return 1\n\tdef f(self):\n\t\treturn self._é.x(self._é)\n"),
        "class A:\n\t# why\n\tdef _é(self): return 1\n\tdef f(self):\n\t\treturn self._é().x(self._é())\n",
    ),
    (
        (
            "class A:\n    x = 1\n    @property\n    def ⟦⟧_f(self):\n        return self\n    def g(self):\n"
            "        self._f.x = self._f[1]\n"
        ),
        (
            "class A:\n    x = 1\n    def _f(self):\n        return self\n    def g(self):\n"
            "        self._f().x = self._f()[1]\n"
        ),
    ),
    ("class A:\n    @property\n    def ⟦⟧_f(self): return 1\n", "class A:\n    def _f(self): return 1\n"),
    (
        ("class A:\n    @property\n    # about\n    def ⟦⟧_f(self):\n        return 1\n    y = lambda self: self.z\n"),
        "class A:\n    # about\n    def _f(self):\n        return 1\n    y = lambda self: self.z\n",
    ),
)
REFUSED = (
    ("class A:\n    @property\n    def ⟦⟧size(self):\n        return 1\n", "other files"),
    ("class A:\n    def ⟦⟧_f(self):\n        return 1\n", "not a property"),
    (
        ("class A:\n    @property\n    def ⟦⟧_f(self):\n        return 1\n    @_f.setter\n    def _f(self, x): ...\n"),
        "same name",
    ),
    (
        ("class A:\n    @property\n    def ⟦⟧_f(self):\n        return 1\n    def g(self):\n        self._f = 1\n"),
        "assigned",
    ),
    ("class A:\n    @property\n    def ⟦⟧_f(self):\n        return 1\ndef g(a):\n    return a._f\n", "other objects"),
    (
        (
            "class A:\n    @property\n    def ⟦⟧_f(self):\n        return 1\n    def g(self):\n"
            "        return f'{self._f}'\n"
        ),
        "f-string",
    ),
    ("class A:\n    @d\n    @property\n    def ⟦⟧_f(self):\n        return 1\n", "not a property"),
)


class ToMethod:
    """Only a private property without a setter, all of whose uses read it of ``self`` in its class."""

    name = "to-method"
    kind = "refactor.rewrite.method"
    title = "Convert property to method"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, function = in_whole(code, ast.FunctionDef, method=True, private=True)
        home = method_of(whole, function)
        decorators = function.decorator_list
        if len(decorators) != 1 or not isinstance(decorators[0], ast.Name) or decorators[0].id != "property":
            raise RefusedError("it is not a property, or has other decorators")
        edits = []
        for one in own_uses(whole, home, function):
            if any(isinstance(outer, ast.JoinedStr) for outer in whole.around(one)):
                raise RefusedError("it is read in an f-string")
            end = whole.span(one)[1]
            edits.append(Edit(end, end, "()"))
        start, end = whole.span(decorators[0])
        start = whole.text.rindex("@", 0, start)
        behind = whole.text[end : whole.line_end(end)].strip()
        rest = whole.text[whole.line_end(end) :]
        after = whole.line_end(end) + (2 if rest.startswith("\r\n") else 1)
        gone = Edit(start, whole.line_end(end), behind) if behind else Edit(whole.line_start(start), after, "")
        return Plan((*edits, gone))


REFACTORING = ToMethod()
