"""Call super().__init__: an ``__init__`` that leaves out its base's calls it first."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import in_whole, method_of, parameters_of
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        (
            "class A:\n    def __init__(self):\n        self.a = 1\nclass B(A):\n    def ⟦⟧__init__(self, x):\n"
            "        self.x = x\n"
        ),
        (
            "class A:\n    def __init__(self):\n        self.a = 1\nclass B(A):\n    def __init__(self, x):\n"
            "        super().__init__()\n        self.x = x\n"
        ),
    ),
    (
        (
            "class A:\n\tdef __init__(self, é, n=1):\n\t\tself.é = é\nclass B(A):\n"
            "\tdef ⟦⟧__init__(self, é, x):\n\t\t'''Doc.'''\n\t\t# why\n\t\tself.x = x\n"
        ),
        (
            "class A:\n\tdef __init__(self, é, n=1):\n\t\tself.é = é\nclass B(A):\n"
            "\tdef __init__(self, é, x):\n\t\t'''Doc.'''\n\t\tsuper().__init__(é)\n\t\t# why\n\t\tself.x = x\n"
        ),
    ),
    (
        ("class A:\n    def __init__(self, *, k): ...\nclass B(A):\n    def ⟦⟧__init__(self, k=1):\n        pass\n"),
        (
            "class A:\n    def __init__(self, *, k): ...\nclass B(A):\n    def __init__(self, k=1):\n"
            "        super().__init__(k=k)\n        pass\n"
        ),
    ),
    (
        (
            "class A:\n    def __init__(self, a, b): ...\nclass B(A):\n    def ⟦⟧__init__(self, b, a):\n"
            "        '''Doc.'''\n"
        ),
        (
            "class A:\n    def __init__(self, a, b): ...\nclass B(A):\n    def __init__(self, b, a):\n"
            "        '''Doc.'''\n        super().__init__(a, b)\n"
        ),
    ),
    (
        (
            "class A(C):\n    def __init__(self): ...\nclass B(A):\n    x = 1\n    def ⟦⟧__init__(me):\n"
            "        me.x = 1\n"
        ),
        (
            "class A(C):\n    def __init__(self): ...\nclass B(A):\n    x = 1\n    def __init__(me):\n"
            "        super().__init__()\n        me.x = 1\n"
        ),
    ),
)
REFUSED = (
    ("class A(B):\n    def ⟦⟧__init__(self):\n        pass\n", "not in this file"),
    ("class A:\n    def ⟦⟧__init__(self):\n        pass\n", "no base"),
    (
        "class A:\n    def __init__(self, a): ...\nclass B(A):\n    def ⟦⟧__init__(self):\n        pass\n",
        "has no parameter",
    ),
    (
        ("class A:\n    def __init__(self): ...\nclass B(A):\n    def ⟦⟧__init__(self):\n        super().__init__()\n"),
        "already",
    ),
    ("class A:\n    def __init__(self): ...\nclass B(A):\n    def ⟦⟧f(self):\n        pass\n", "select an __init__"),
    ("class A:\n    def __init__(self): ...\nclass B(A):\n    def ⟦⟧__init__(self): pass\n", "line"),
    (
        ("class A:\n    def __init__(self): ...\nclass B(A):\n    def ⟦⟧__init__(self):\n        A.__init__(self)\n"),
        "already",
    ),
)


class CallSuperInit:
    """With the parameters that both have by the same name, where those are all that the base needs."""

    name = "call-super-init"
    kind = "refactor.rewrite.generate.super"
    title = "Call super().__init__"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        here = code.headed(ast.FunctionDef)
        if here is not None and here.name != "__init__":
            raise RefusedError("select an __init__")
        whole, function = in_whole(code, ast.FunctionDef, method=True)
        home = method_of(whole, function)
        if not parameters_of(function):
            raise RefusedError("select an __init__")
        if any(isinstance(one, ast.Attribute) and one.attr == "__init__" for one in ast.walk(function)):
            raise RefusedError("it calls one already")
        arguments = _arguments(function, _base_init(whole, home))
        first = function.body[0]
        if whole.line_start(whole.span(first)[0]) <= whole.offset(function.lineno, function.col_offset):
            raise RefusedError("its body stands on the line of its header")
        indent, text = whole.indent(first), f"super().__init__({arguments})"
        if ast.get_docstring(function, clean=False) is not None:
            end = whole.line_end(whole.span(first)[1])
            if whole.text[whole.span(first)[1] : end].strip():
                raise RefusedError("something stands behind its docstring, on its line")
            return Plan((Edit(end, end, f"{whole.newline}{indent}{text}"),))
        start = whole.span(first)[0]
        return Plan((Edit(start, start, f"{text}{whole.newline}{indent}"),))


def _base_init(whole: Code, home: ast.ClassDef) -> ast.FunctionDef:
    if not home.bases:
        raise RefusedError("its class has no base")
    name = home.bases[0].id if isinstance(home.bases[0], ast.Name) else ""
    found = [one for one in whole.tree.body if isinstance(one, ast.ClassDef) and one.name == name]
    inits = [one for base in found for one in base.body if getattr(one, "name", "") == "__init__"]
    if len(home.bases) > 1 or len(found) != 1 or len(inits) != 1 or not isinstance(inits[0], ast.FunctionDef):
        raise RefusedError("the base's __init__ is not in this file, or there are several")
    return inits[0]


def _arguments(function: ast.FunctionDef, base: ast.FunctionDef) -> str:
    """What the base needs, out of what there is."""
    mine = {one.arg for one in (*parameters_of(function)[1:], *function.args.kwonlyargs)}
    taken: list[str] = []
    places = parameters_of(base)[1:]
    needed = len(places) - len(base.args.defaults)
    for place, one in enumerate(places):
        if one.arg in mine:
            taken.append(one.arg if place == len(taken) else f"{one.arg}={one.arg}")
        elif place < needed:
            raise RefusedError("the base needs what this __init__ has no parameter for")
    for one, default in zip(base.args.kwonlyargs, base.args.kw_defaults, strict=True):
        if one.arg in mine:
            taken.append(f"{one.arg}={one.arg}")
        elif default is None:
            raise RefusedError("the base needs what this __init__ has no parameter for")
    return ", ".join(taken)


REFACTORING = CallSuperInit()
