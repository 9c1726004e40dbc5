"""What one walk over a syntax tree finds; every label of a Python file is computed from it."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAVES = {  # fields that hold no code: identifiers, operators (``BinOp`` looks at its own), contexts, numbers
    *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "name", "names"),
    *("kwd_attrs", "op", "ops", "rest", "simple", "str", "type_comment", "type_ignores"),
}
_BUILTIN_GENERICS = frozenset(("dict", "frozenset", "list", "set", "tuple", "type"))


@dataclass
class Survey:
    """Counts and names of one module. ``since`` is the minor version of Python 3 that its syntax needs."""

    kinds: Counter[type[ast.AST]] = field(default_factory=Counter)
    modules: set[str] = field(default_factory=set)  # imported, absolute, dotted
    members: set[str] = field(default_factory=set)  # ``module.member`` imported from, or used of, an imported module
    decorators: set[str] = field(default_factory=set)  # last names: ``dataclass`` of ``@dataclasses.dataclass(...)``
    bases: set[str] = field(default_factory=set)  # last names
    methods: set[str] = field(default_factory=set)
    functions: list[tuple[str, int]] = field(default_factory=list)  # name, lines; methods too
    columns: set[int] = field(default_factory=set)  # where statements begin
    methods_count: int = 0
    nested: int = 0  # functions in functions
    decorating: int = 0  # functions that return a function which they define
    public: int = 0  # module, public classes and functions
    documented: int = 0  # of these
    arguments: int = 0  # without self and cls
    annotated: int = 0  # of these
    smells: int = 0  # bare except, import *, mutable default, comparison with None by ==
    since: int = 0
    is_program: bool = False  # if __name__ == "__main__"
    is_tolerant: bool = False  # try: import …, or a look at sys.version_info
    future_annotations: bool = False
    aliases: dict[str, str] = field(default_factory=dict)  # local name → module

    def count(self, *kinds: type[ast.AST]) -> int:
        """How many nodes are of these classes."""
        return sum(self.kinds[kind] for kind in kinds)

    def needs(self, minor: int) -> None:
        """The syntax needs at least Python 3.``minor``."""
        self.since = max(self.since, minor)


def survey(tree: ast.Module) -> Survey:
    """Walk ``tree`` once, without recursion; a third of ``ast.walk``'s time, since leaves are left out."""
    found = Survey()
    kinds, fields, visits = found.kinds, _FIELDS, _VISITS
    _visit_documented(found, tree)
    stack: list[ast.AST | None] = [tree]
    while stack:
        node = stack.pop()
        if node is None:  # a default or key that is not there
            continue
        kind = node.__class__
        kinds[kind] += 1
        visit = visits.get(kind)
        if visit is not None:
            visit(found, node)
        for name in fields[kind]:
            child = getattr(node, name)
            if child.__class__ is list:
                stack.extend(child[::-1])  # imports before what uses them
            elif child is not None:
                stack.append(child)
    for kind, minor in _SINCE.items():
        if kinds[kind]:
            found.needs(minor)
    return found


def last_name(node: ast.AST) -> str:
    """``c`` of the expressions ``a.b.c``, ``c``, ``c(...)`` and ``c[...]``; empty for others."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _visit_documented(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if isinstance(node, ast.Module) or not node.name.startswith("_"):
        found.public += 1
        first = node.body[0] if node.body else None
        found.documented += (
            isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
        )


def _visit_function(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    _visit_documented(found, node)
    found.columns.add(node.col_offset)
    found.functions.append((node.name, (node.end_lineno or node.lineno) - node.lineno + 1))
    _visit_decorators(found, node.decorator_list)
    inner = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    if inner:
        found.nested += len(inner)
        returned = (last_name(each.value) for each in node.body if isinstance(each, ast.Return) and each.value)
        found.decorating += not inner.isdisjoint(returned)
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    if plain and plain[0].arg in {"self", "cls"}:
        plain = plain[1:]
    plain += [*given.kwonlyargs, *(star for star in (given.vararg, given.kwarg) if star)]
    found.arguments += len(plain)
    found.annotated += sum(argument.annotation is not None for argument in plain)
    found.smells += sum(isinstance(default, ast.List | ast.Dict | ast.Set) for default in given.defaults)
    if given.posonlyargs:
        found.needs(8)
    if getattr(node, "type_params", None):
        found.needs(12)


def _visit_class(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.ClassDef)
    _visit_documented(found, node)
    found.columns.add(node.col_offset)
    _visit_decorators(found, node.decorator_list)
    found.bases.update(filter(None, map(last_name, node.bases)))
    found.bases.update(f"metaclass={last_name(each.value)}" for each in node.keywords if each.arg == "metaclass")
    methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    found.methods.update(methods)
    found.methods_count += len(methods)
    if getattr(node, "type_params", None):
        found.needs(12)


def _visit_decorators(found: Survey, decorators: list[ast.expr]) -> None:
    for decorator in decorators:
        name = last_name(decorator)
        found.decorators.add(name)
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if not isinstance(inner, ast.Name):
            found.needs(9)  # PEP 614


def _visit_import(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Import)
    for alias in node.names:
        found.modules.add(alias.name)
        local = alias.asname or alias.name.split(".", maxsplit=1)[0]
        found.aliases[local] = alias.name if alias.asname else local


def _visit_import_from(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.ImportFrom)
    found.smells += node.names[0].name == "*"
    if node.level or not node.module:
        return
    found.modules.add(node.module)
    for alias in node.names:
        found.members.add(f"{node.module}.{alias.name}")
        found.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    found.future_annotations |= node.module == "__future__" and any(each.name == "annotations" for each in node.names)


def _visit_attribute(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Attribute)
    if isinstance(node.value, ast.Name):
        module = found.aliases.get(node.value.id)
        if module is not None:
            found.members.add(f"{module}.{node.attr}")
            found.is_tolerant |= module == "sys" and node.attr == "version_info"


def _visit_if(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.If)
    found.columns.add(node.col_offset)
    if isinstance(node.test, ast.Compare) and isinstance(node.test.left, ast.Name):
        found.is_program |= node.test.left.id == "__name__"


def _visit_statement(found: Survey, node: ast.AST) -> None:
    found.columns.add(node.col_offset)  # type: ignore[attr-defined]  # every statement has one


def _visit_try(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Try)
    found.columns.add(node.col_offset)
    found.is_tolerant |= any(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)


def _visit_handler(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.ExceptHandler)
    found.smells += node.type is None


def _visit_compare(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Compare)
    found.smells += any(
        isinstance(op, ast.Eq | ast.NotEq) and isinstance(side, ast.Constant) and side.value is None
        for op, side in zip(node.ops, node.comparators, strict=True)
    )


def _visit_binary(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.MatMult):
        found.needs(5)
    elif isinstance(node.op, ast.BitOr) and not found.future_annotations:
        sides = (node.left, node.right)
        if any(isinstance(side, ast.Constant) and side.value is None for side in sides):
            found.needs(10)  # X | None, PEP 604


def _visit_subscript(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Subscript)
    if isinstance(node.value, ast.Name) and node.value.id in _BUILTIN_GENERICS and not found.future_annotations:
        found.needs(9)  # list[int], PEP 585


def _visit_dict(found: Survey, node: ast.AST) -> None:
    assert isinstance(node, ast.Dict)
    if None in node.keys:
        found.needs(5)  # {**other}, PEP 448


def _fields() -> dict[type[ast.AST], tuple[str, ...]]:
    """Fields to follow, of every class of node that can hold code."""
    kinds: list[type[ast.AST]] = [ast.AST]
    for kind in kinds:
        kinds += kind.__subclasses__()
    skipped = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
    values = dict.fromkeys((ast.Constant, ast.MatchSingleton), ())  # their value is no node
    followed = {kind: tuple(name for name in kind._fields if name not in _LEAVES) for kind in kinds}
    return {kind: names for kind, names in followed.items() if not issubclass(kind, skipped)} | values


_FIELDS = _fields()
_SINCE: dict[type[ast.AST], int] = {
    **dict.fromkeys((ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await), 5),
    **dict.fromkeys((ast.JoinedStr, ast.AnnAssign), 6),
    ast.NamedExpr: 8,
    ast.Match: 10,
    ast.TryStar: 11,
    **({ast.TypeAlias: 12} if hasattr(ast, "TypeAlias") else {}),
    **({ast.TemplateStr: 14} if hasattr(ast, "TemplateStr") else {}),
}
_VISITS: dict[type[ast.AST], Callable[[Survey, ast.AST], None]] = {
    ast.FunctionDef: _visit_function,
    ast.AsyncFunctionDef: _visit_function,
    ast.ClassDef: _visit_class,
    ast.Import: _visit_import,
    ast.ImportFrom: _visit_import_from,
    ast.Attribute: _visit_attribute,
    ast.If: _visit_if,
    ast.Try: _visit_try,
    ast.Return: _visit_statement,
    ast.Assign: _visit_statement,
    ast.Expr: _visit_statement,
    ast.ExceptHandler: _visit_handler,
    ast.Compare: _visit_compare,
    ast.BinOp: _visit_binary,
    ast.Subscript: _visit_subscript,
    ast.Dict: _visit_dict,
}
