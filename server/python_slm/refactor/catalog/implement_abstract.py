"""Implement abstract methods: a class gets those that its bases in the same file leave open."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.members import added
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import Function, in_whole
from python_slm.syntax.parse import ast_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        (
            "class A(ABC):\n    @abstractmethod\n    def f(self, x: int, *, é='a') -> str:\n"
            "        '''Doc.'''\n\nclass ⟦⟧B(A):\n    x = 1\n"
        ),
        (
            "class A(ABC):\n    @abstractmethod\n    def f(self, x: int, *, é='a') -> str:\n"
            "        '''Doc.'''\n\nclass B(A):\n    x = 1\n\n    def f(self, x: int, *, é='a') -> str:\n"
            "        raise NotImplementedError\n"
        ),
    ),
    (
        ("class A:\n\t@abc.abstractmethod\n\tasync def f(self): ...\n\tdef g(self): ...\nclass ⟦B⟧(A):\n\tpass\n"),
        (
            "class A:\n\t@abc.abstractmethod\n\tasync def f(self): ...\n\tdef g(self): ...\nclass B(A):\n"
            "\tasync def f(self):\n\t\traise NotImplementedError\n"
        ),
    ),
    (
        (
            "class A:\n    @property\n    @abstractmethod\n    def f(self): ...\n    @abstractmethod\n"
            "    def g(self): ...\nclass B(A):\n    def g(self): return 1\nclass ⟦⟧C(B):\n    '''Doc.'''\n"
        ),
        (
            "class A:\n    @property\n    @abstractmethod\n    def f(self): ...\n    @abstractmethod\n"
            "    def g(self): ...\nclass B(A):\n    def g(self): return 1\nclass C(B):\n    '''Doc.'''\n\n"
            "    @property\n    def f(self):\n        raise NotImplementedError\n"
        ),
    ),
    (
        (
            "class A:\n    @abstractmethod\n    def f(self): ...\n    @classmethod\n    @abstractmethod\n"
            "    def g(cls, *a): ...\nclass ⟦⟧B(A, C):\n    x = 1  # end"
        ),
        (
            "class A:\n    @abstractmethod\n    def f(self): ...\n    @classmethod\n    @abstractmethod\n"
            "    def g(cls, *a): ...\nclass B(A, C):\n    x = 1  # end\n\n    def f(self):\n"
            "        raise NotImplementedError\n\n    @classmethod\n    def g(cls, *a):\n"
            "        raise NotImplementedError"
        ),
    ),
    (
        ("class A:\n    @abstractmethod\n    def f(self): ...\nclass ⟦⟧B(A):\n    def g(self): ...\n\n\nx = 1\n"),
        (
            "class A:\n    @abstractmethod\n    def f(self): ...\nclass B(A):\n    def g(self): ...\n\n"
            "    def f(self):\n        raise NotImplementedError\n\n\nx = 1\n"
        ),
    ),
)
REFUSED = (
    ("class ⟦⟧A:\n    pass\n", "no base class in this file"),
    ("class ⟦⟧A(B):\n    pass\n", "no base class in this file"),
    ("class A:\n    def f(self): ...\nclass ⟦⟧B(A):\n    pass\n", "leaves no method open"),
    ("class A:\n    @abstractmethod\n    def f(self): ...\nclass ⟦⟧B(A):\n    f = 1\n", "leaves no method open"),
    ("class A:\n    @abstractmethod\n    def f(self): ...\nclass ⟦⟧B(A): pass\n", "one line"),
    ("class A:\n    T = int\n    @abstractmethod\n    def f(self, x: T): ...\nclass ⟦⟧B(A):\n    x = 1\n", "undefined"),
)
_ABSTRACT = {"abstractmethod", "abstractproperty"}
_KEPT = {"property", "classmethod", "staticmethod", "cached_property"}


class ImplementAbstract:
    """Each with its signature, and a body that says that it is not there yet."""

    name = "implement-abstract"
    kind = "refactor.rewrite.generate.abstract"
    title = "Implement abstract methods"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = in_whole(code, ast.ClassDef)
        classes = {one.name: one for one in whole.tree.body if isinstance(one, ast.ClassDef)}
        order = list(_bases(node, classes, set()))
        if not order:
            raise RefusedError("it has no base class in this file")
        known = _names(node)
        wanted: dict[str, Function] = {}
        for base in order:
            for one in base.body:
                name = getattr(one, "name", "")
                abstract = isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and _decorators(one) & _ABSTRACT
                if abstract and name not in known:
                    wanted.setdefault(name, one)  # type: ignore[arg-type]
            known |= _names(base) - set(wanted)
        if not wanted:
            raise RefusedError("its base leaves no method open")
        return Plan((added(whole, node, *(_lines(whole, one) for one in wanted.values())),))


def _bases(node: ast.ClassDef, classes: dict[str, ast.ClassDef], seen: set[str]) -> Iterator[ast.ClassDef]:
    for one in node.bases:
        base = classes.get(one.id) if isinstance(one, ast.Name) else None
        if base is not None and base.name not in seen and base is not node:
            seen.add(base.name)
            yield base
            yield from _bases(base, classes, seen)


def _names(node: ast.ClassDef) -> set[str]:
    names = {getattr(one, "name", "") for one in node.body}
    return names | {
        inner.id
        for one in node.body
        if not hasattr(one, "body")
        for inner in ast.walk(one)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }


def _decorators(function: Function) -> set[str]:
    return {getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list}


def _lines(whole: Code, function: Function) -> list[str]:
    start = whole.offset(function.lineno, function.col_offset)
    header = whole.text[start : whole.span(function.body[0])[0]].rstrip()
    if "#" in header or "\n" in header or "\r" in header or ast_of(f"{header} pass") is None:
        hollow = type(function)(**{**dict(ast.iter_fields(function)), "body": [ast.Pass()], "decorator_list": []})
        header = ast.unparse(hollow).rpartition("pass")[0].rstrip()
    kept = [f"@{ast.unparse(one)}" for one in function.decorator_list if ast.unparse(one) in _KEPT]
    if "abstractproperty" in _decorators(function):
        kept = ["@property"]
    return [*kept, header, "\traise NotImplementedError"]


REFACTORING = ImplementAbstract()
