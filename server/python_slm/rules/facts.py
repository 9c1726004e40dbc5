"""What rules want to know of functions and classes that stand elsewhere: values that compare, without places."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Self

from python_slm.rules.ends import never_passes
from python_slm.syntax.bindings import dotted
from python_slm.syntax.parameters import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from python_slm.syntax.located import Located
    from python_slm.syntax.parameters import Parameter

FunctionKind = Literal["plain", "coroutine", "generator", "async generator"]
Function = ast.FunctionDef | ast.AsyncFunctionDef

_INSIDE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_DYNAMIC_CALLS = {"setattr", "vars", "delattr", "exec", "locals"}
_DYNAMIC_NAMES = {"__dict__", "__getattr__", "__getattribute__", "__setattr__", "__slots__", "__class__"}


@dataclass(frozen=True)
class FunctionFacts:
    """A function as its caller sees it.

    ``decorators`` are dotted names, empty ones for those that are computed. ``lengths`` are those of the tuples that it
    returns, None where it may return something else. ``stub``: its body says nothing, or raises.
    """

    name: str
    kind: FunctionKind
    parameters: tuple[Parameter, ...]
    decorators: tuple[str, ...]
    returns_value: bool
    lengths: frozenset[int] | None
    stub: bool
    annotation: str = ""


@dataclass(frozen=True)
class ClassFacts:
    """A class without those that it inherits from.

    ``bases`` are dotted names, empty ones for those that are computed. ``methods`` are the functions of its body by
    name, ``bound`` whatever its body binds; ``attributes`` are the names that its methods set on anything.
    ``dynamic``: it may have attributes that are not to be seen here.
    """

    name: str
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    keywords: bool
    methods: Mapping[str, tuple[FunctionFacts, ...]] = field(default_factory=lambda: MappingProxyType({}))
    bound: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    dynamic: bool = False

    def method(self, name: str) -> FunctionFacts | None:
        """The method ``name``, if the class itself has exactly one and sets no attribute of that name."""
        several = self.methods.get(name, ())
        return several[0] if len(several) == 1 and name not in self.attributes else None

    def has(self, name: str) -> bool:
        """Whether its body binds the name, or one of its methods sets such an attribute."""
        return name in self.bound or name in self.attributes

    def alike(self, name: str) -> tuple[str, ...]:
        """What it has whose name could be a slip for ``name``, at most two."""
        return tuple(get_close_matches(name, sorted(self.attributes | self.bound), 2, 0.8))

    def alone(self) -> Self:
        """The same without what its body holds."""
        return type(self)(self.name, self.bases, self.decorators, self.keywords, dynamic=self.dynamic)


def functions(code: Located) -> Iterator[Function]:
    """Every ``def`` and ``async def`` of a block."""
    yield from code.every(ast.FunctionDef)
    yield from code.every(ast.AsyncFunctionDef)


def function_facts(node: Function) -> FunctionFacts:
    """The facts of one ``def``."""
    own = list(own_nodes(node))
    returned = [one.value for one in own if isinstance(one, ast.Return)]
    yields = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own)
    kinds: dict[tuple[bool, bool], FunctionKind] = {
        (False, False): "plain", (True, False): "coroutine", (False, True): "generator", (True, True): "async generator"
    }  # fmt: skip
    return FunctionFacts(
        node.name,
        kinds[isinstance(node, ast.AsyncFunctionDef), yields],
        parameters_of(node.args),
        tuple(map(dotted, node.decorator_list)),
        any(value is not None and not _is_none(value) for value in returned),
        _lengths(returned) if never_passes(node.body) else None,
        _is_stub(node.body),
        ast.unparse(node.returns) if node.returns else "",
    )


def class_facts(node: ast.ClassDef) -> ClassFacts:
    """The facts of one ``class``."""
    methods: dict[str, tuple[FunctionFacts, ...]] = {}
    bound: set[str] = set()
    for one in own_nodes(node):
        if isinstance(one, Function):
            methods[one.name] = (*methods.get(one.name, ()), function_facts(one))
        bound.update(_names_bound(one))
    attributes, dynamic = set[str](), False
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            if not isinstance(one.ctx, ast.Load):
                attributes.add(one.attr)
            dynamic = dynamic or one.attr in _DYNAMIC_NAMES
        elif isinstance(one, ast.Name):
            dynamic = dynamic or one.id in _DYNAMIC_CALLS or one.id in _DYNAMIC_NAMES
        elif isinstance(one, Function):
            dynamic = dynamic or one.name in _DYNAMIC_NAMES
    several = [name for name in methods if name in _assigned(node)]
    for name in several:
        methods[name] *= 2  # a method that is bound otherwise, too, is not to be relied on
    return ClassFacts(
        node.name,
        tuple(map(dotted, node.bases)),
        tuple(map(dotted, node.decorator_list)),
        bool(node.keywords),
        MappingProxyType(methods),
        frozenset(bound),
        frozenset(attributes),
        dynamic,
    )


def together(parts: Iterable[ClassFacts]) -> ClassFacts:
    """A class of its header and its members, each read in a class of its own."""
    header, *members = parts
    methods: dict[str, tuple[FunctionFacts, ...]] = dict(header.methods)
    for one in members:
        for name, several in one.methods.items():
            methods[name] = (*methods.get(name, ()), *several)
        for name in one.bound - set(one.methods):
            if name in methods:
                methods[name] *= 2
    every = (header, *members)
    return ClassFacts(
        header.name,
        header.bases,
        header.decorators,
        header.keywords,
        MappingProxyType(methods),
        frozenset().union(*(one.bound for one in every)),
        frozenset().union(*(one.attributes for one in every)),
        any(one.dynamic for one in every),
    )


def own_nodes(node: Function | ast.ClassDef | ast.Lambda | ast.Module) -> Iterator[ast.AST]:
    """The nodes of a body that belong to it: functions and classes inside, but nothing within these."""
    waiting: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(reversed(node.body))
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, _INSIDE):
            waiting += reversed(list(ast.iter_child_nodes(one)))


def _lengths(returned: list[ast.expr | None]) -> frozenset[int] | None:
    lengths = set()
    for value in returned:
        if not isinstance(value, ast.Tuple) or any(isinstance(one, ast.Starred) for one in value.elts):
            return None
        lengths.add(len(value.elts))
    return frozenset(lengths) or None


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_stub(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(one, ast.Pass | ast.Raise) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in body
    ) or (isinstance(body[-1], ast.Raise))


def _names_bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (*_INSIDE[:3],)):
        yield node.name
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for one in node.names:
            yield one.asname or one.name.partition(".")[0]


def _assigned(node: ast.ClassDef) -> set[str]:
    return {name for one in own_nodes(node) if not isinstance(one, _INSIDE) for name in _names_bound(one)}
