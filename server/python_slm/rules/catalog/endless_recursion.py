"""A function that calls itself before anything could stop it.

## What it does
Finds functions, methods, properties, setters and special methods whose every call leads to another one of the same: a
property that reads itself, a setter that sets itself, `__str__` that calls `str(self)`.

## Why is this bad
It raises `RecursionError` whenever it is called. A property mostly lacks the underscore of the attribute behind it.

## Example
```python
class Circle:
    @property
    def radius(self):
        return self.radius
```

## Use instead
```python
class Circle:
    @property
    def radius(self):
        return self._radius
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding
from python_slm.rules.facts import functions
from python_slm.syntax.bindings import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.facts import Function
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    if x:\n        return 1\n    return f(x - 1)\n",
    "def f(x):\n    return x and f(x - 1)\n",
    "def f(x):\n    return [f(y) for y in x]\n",
    "def f(x):\n    yield f(x)\n",
    (
        "class A:\n    @property\n    def x(self):\n        return self._x\n\n    @x.setter\n"
        "    def x(self, x):\n        self._x = x\n"
    ),
    "class A:\n    def f(self):\n        return super().f()\n\n    def __str__(self):\n        return str(self.x)\n",
    (
        "class A:\n    def f(self, other):\n        return other.f(self)\n\n    def g(self):\n"
        "        return lambda: self.g()\n"
    ),
    "class A:\n    def f(self):\n        return f(self)\n",
    "def f(x):\n    def f(x):\n        return 1\n    return f(x)\n",
)
INVALID = (
    (
        "class A:\n    @property\n    def x(self):\n        return ⟦self.x⟧\n\n    @x.setter\n"
        "    def x(self, x):\n        ⟦self.x⟧ = x\n"
    ),
    (
        "class A:\n    def __str__(self):\n        return 'a ' + ⟦str(self)⟧\n\n    def __len__(self):\n"
        "        return ⟦len(self)⟧\n"
    ),
    "class A:\n    def f(self):\n        '''Doc.'''\n        x = 1\n        return ⟦self.f()⟧ + x\n",
    "def f(x):\n    if ⟦f(x)⟧:\n        return 1\n",
    "class A:\n    def __eq__(self, other):\n        return ⟦self == other⟧\n",
)
_BY_BUILTIN = {
    "__str__": "str", "__repr__": "repr", "__len__": "len", "__hash__": "hash", "__bool__": "bool", "__iter__": "iter",
    "__next__": "next", "__int__": "int", "__float__": "float", "__abs__": "abs",
}  # fmt: skip
_BY_OPERATOR: dict[str, type[ast.cmpop]] = {
    "__eq__": ast.Eq, "__ne__": ast.NotEq, "__lt__": ast.Lt, "__gt__": ast.Gt, "__le__": ast.LtE, "__ge__": ast.GtE,
}  # fmt: skip
_NOT_ALWAYS = (
    ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef,
)  # fmt: skip


@dataclass(frozen=True)
class EndlessRecursion:
    """See the file's docstring."""

    code = "endless-recursion"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for function in functions(code):
            if file.facts_of(function).kind != "plain":
                continue
            decorators = [dotted(one) for one in function.decorator_list]
            found = next((one for one in _always(function.body) if _again(one, function, decorators, code)), None)
            if found is not None:
                yield Finding(
                    "rules",
                    self.code,
                    f"'{function.name}' calls itself whenever it gets here, and always gets here: it never ends",
                    *code.span(found),
                    self.severity,
                    reasoning="Nothing before this place returns or asks a condition, so that every call makes another "
                    "one until Python raises `RecursionError`.",
                )


def _always(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What is evaluated in every call, up to the first statement that may lead elsewhere."""
    for statement in body:
        if isinstance(statement, ast.If | ast.While):
            yield from _evaluated(statement.test)
            return
        if isinstance(statement, ast.For):
            yield from _evaluated(statement.iter)
            return
        if isinstance(
            statement, ast.Try | ast.TryStar | ast.With | ast.AsyncWith | ast.AsyncFor | ast.Match | ast.Raise
        ):
            return
        yield from _evaluated(statement)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, _NOT_ALWAYS):
        return
    yield node
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.BoolOp):
        children = [node.values[0]]
    elif isinstance(node, ast.IfExp):
        children = [node.test]
    elif isinstance(node, ast.Compare):
        children = [node.left, node.comparators[0]]
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value else []
    elif isinstance(node, ast.Assert):
        children = [node.test]
    for child in children:
        yield from _evaluated(child)


def _again(node: ast.AST, function: Function, decorators: list[str], code: Located) -> bool:
    """Whether ``node`` calls ``function``."""
    if not isinstance(code.parents[function], ast.ClassDef):
        return not decorators and _calls_function(node, function, code)
    if not function.args.args:
        return False
    own = function.args.args[0].arg
    if decorators in (["property"], ["functools.cached_property"], ["cached_property"]):
        return _is_own(node, own, function.name, ast.Load)
    if decorators == [f"{function.name}.setter"]:
        return _is_own(node, own, function.name, ast.Store)
    return not decorators and _calls_method(node, own, function)


def _calls_function(node: ast.AST, function: Function, code: Located) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != function.name:
        return False
    home = code.scopes.at(node.func).home
    stores = [one.node for one in code.scopes.of(function.name, home) if one.how != "load"]
    return stores == [function]


def _calls_method(node: ast.AST, own: str, function: Function) -> bool:
    name = function.name
    if isinstance(node, ast.Compare) and name in _BY_OPERATOR:
        return type(node.ops[0]) is _BY_OPERATOR[name] and isinstance(node.left, ast.Name) and node.left.id == own
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and name in _BY_BUILTIN:
        only = node.args[0] if len(node.args) == 1 else None
        return node.func.id == _BY_BUILTIN[name] and isinstance(only, ast.Name) and only.id == own
    return _is_own(node.func, own, name, ast.Load)


def _is_own(node: ast.AST, own: str, name: str, how: type[ast.expr_context]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, how)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    )


RULE = EndlessRecursion()
