"""Rename private name: what only its own file uses gets another name, wherever it is meant."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import attributes, is_self, require_private
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

NEW_NAME = "_new"
EXAMPLES = (
    ("_⟦⟧x = 1\n\ndef f():\n    return _x\n", "_new = 1\n\ndef f():\n    return _new\n"),
    (
        "def ⟦_f⟧(x):\n    return _f(x)\n\ny = [_f(é) for é in z]\n",
        "def _new(x):\n    return _new(x)\n\ny = [_new(é) for é in z]\n",
    ),
    (
        "class _⟦⟧A:\n    def f(self) -> _A:\n        global _A\n        return _A()\n",
        "class _new:\n    def f(self) -> _new:\n        global _new\n        return _new()\n",
    ),
    (
        "class A:\n\tdef __init__(self):\n\t\tself._x = 1\n\tdef f(self):\n\t\treturn self.⟦_x⟧ + self._x\n",
        ("class A:\n\tdef __init__(self):\n\t\tself._new = 1\n\tdef f(self):\n\t\treturn self._new + self._new\n"),
    ),
    (
        "class A:\n    def ⟦⟧_f(self): ...  # _f\n    def g(self):\n        return self._f()\n",
        "class A:\n    def _new(self): ...  # _f\n    def g(self):\n        return self._new()\n",
    ),
)
REFUSED = (
    ("⟦x⟧ = 1\n", "other files"),
    ("⟦_x⟧ = 1\n__all__ = ['_x']\n", "string"),
    ("⟦_x⟧ = 1\n_new = 2\n", "taken"),
    ("class A:\n    def f(self):\n        self.⟦_x⟧ = 1\ndef g(a):\n    return a._x\n", "other objects"),
    ("class A(B):\n    def f(self):\n        self.⟦_x⟧ = 1\n", "base class"),
    ("def f():\n    ⟦_x⟧ = 1\n", "local"),
    ("import ⟦_x⟧\n", "select a name"),
    ("⟦_x⟧ = 1\ny = f'{_x}'\n", "f-string"),
)


class RenamePrivate:
    """Names of the module and attributes of one class, that begin with one underscore. Others are rope's work."""

    name = "rename-private"
    kind = "refactor.rewrite.rename"
    title = "Rename in this file"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        name = _name(code)
        if not name.startswith("_") or name.endswith("__") or name.startswith("__"):
            raise RefusedError("other files may use it: only names that begin with an underscore are this file's own")
        whole = code.whole
        require_private(whole, name)
        new = code.fresh(name + "_")
        found = attributes(whole, name)
        home = _class_of(whole, name)
        nodes: list[ast.AST] = []
        if home is not None:
            if home.keywords or any(ast.unparse(one) != "object" for one in home.bases):
                raise RefusedError("a base class may have an attribute of that name")
            if any(not is_self(whole, one.value, home) for one in found):
                raise RefusedError("it is used with other objects than self, whose class is not known")
            nodes += found
        elif found:
            raise RefusedError("attributes of other objects have the same name")
        scope = whole.scopes.of_node[home] if home else whole.scopes.module
        places = [one for one in whole.scopes.occurrences if one.name == name]
        if any(one.home is not scope for one in places):
            raise RefusedError("it is a local name, or something else there has the same name")
        nodes += [one.node for one in places]
        return Plan(tuple(sorted({_edit(whole, one, name, new) for one in nodes}, key=lambda one: one.start)))


def _name(code: Code) -> str:
    """The name at the selection: of a variable, an attribute, a function or a class."""
    for match in re.finditer(r"\w+", code.text[code.line_start(code.start) : code.line_end(code.start)]):
        start, end = (at + code.line_start(code.start) for at in match.span())
        if start <= code.start and code.end <= end:
            node = code.path[0] if code.path else None
            named = isinstance(node, ast.Name | ast.Attribute | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            word = getattr(node, "id", getattr(node, "attr", getattr(node, "name", "")))
            if named and word == match.group():
                return match.group()
    raise RefusedError("select a name of a variable, attribute, function or class")


def _class_of(whole: Code, name: str) -> ast.ClassDef | None:
    """The class whose attribute or method it is, where it is one."""
    found = {
        outer
        for node in ast.walk(whole.tree)
        if getattr(node, "attr", "") == name or (getattr(node, "name", "") == name and hasattr(node, "body"))
        for outer in [_home(whole, node)]
        if outer is not None
    }
    if len(found) > 1:
        raise RefusedError("several classes there have an attribute of that name")
    return found.pop() if found else None


def _home(whole: Code, node: ast.AST) -> ast.ClassDef | None:
    if isinstance(node, ast.Attribute):
        return next((one for one in whole.around(node) if isinstance(one, ast.ClassDef)), None)
    parent = whole.parents[node]
    return parent if isinstance(parent, ast.ClassDef) else None


def _edit(whole: Code, node: ast.AST, name: str, new: str) -> Edit:
    if any(isinstance(one, ast.JoinedStr) for one in whole.around(node)):
        raise RefusedError("it is read in an f-string")
    start, end = whole.span(node)
    if isinstance(node, ast.Attribute):
        return Edit(end - len(name), end, new)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        start = whole.offset(node.lineno, node.col_offset)
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(whole.text, start, end)
    if found is None or isinstance(node, ast.alias):
        raise RefusedError("it cannot be told where all of its places are")
    return Edit(*found.span(), new)


REFACTORING = RenamePrivate()
