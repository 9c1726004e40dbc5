"""What the body of a class says of its instances, piece by piece: a long class is read in parts."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from python_slm.docstrings.raising import Function, dotted, own_nodes
from python_slm.docstrings.signature import Argument, arguments_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DYNAMIC = frozenset({"setattr", "__dict__", "__getattr__", "__getattribute__", "vars", "locals", "exec"})
_TYPING_ONLY = frozenset({"ClassVar", "KW_ONLY"})


@dataclass(frozen=True)
class Attribute:
    """An attribute of a class; ``annotation`` is source text, maybe empty.

    ``declared`` in the body of the class, not by the way; ``commented`` where a string or ``#:`` below says what it is.
    """

    name: str
    annotation: str = ""
    declared: bool = False
    commented: bool = False


@dataclass(frozen=True)
class ClassBody:
    """A part of the body of a class. ``init`` is None without an ``__init__`` here.

    ``names`` is everything that is bound in it or set on ``self`` or ``cls``; ``dynamic``: there may be more.
    """

    init: tuple[Argument, ...] | None = None
    fields: tuple[Argument, ...] = ()
    """The parameters that ``dataclass`` would make of its annotated names."""
    attributes: tuple[Attribute, ...] = ()
    members: tuple[str, ...] = ()
    """Public names that plain assignments bind: what an enumeration consists of."""
    called_with: tuple[Argument, ...] = ()
    """What ``__call__`` and ``__new__`` take: the docstring of the class may be about that."""
    names: frozenset[str] = frozenset()
    dynamic: bool = False
    statements: int = 0

    @staticmethod
    def of(body: Iterable[ast.stmt]) -> ClassBody:
        """Of statements that stand in a class."""
        body = list(body)
        init = next((each for each in body if isinstance(each, Function) and each.name == "__init__"), None)
        return ClassBody(
            arguments_of(init.args)[1:] if init else None,
            tuple(_fields(body)),
            tuple(_attributes(body, init)),
            tuple(_members(body)),
            tuple(
                one
                for each in body
                if isinstance(each, Function) and each.name in ("__call__", "__new__")
                for one in arguments_of(each.args)[1:]
            ),
            frozenset(name for each in body for name in _bound(each)),
            any(_is_dynamic(each) for each in body),
            len(body),
        )

    @staticmethod
    def joined(parts: Iterable[ClassBody]) -> ClassBody:
        """One body of its parts."""
        parts = list(parts)
        attributes: dict[str, Attribute] = {}
        for one in sorted((each for part in parts for each in part.attributes), key=lambda each: not each.declared):
            attributes.setdefault(one.name, one)
        return ClassBody(
            next((part.init for part in parts if part.init is not None), None),
            tuple(one for part in parts for one in part.fields),
            tuple(attributes.values()),
            tuple(one for part in parts for one in part.members),
            tuple(one for part in parts for one in part.called_with),
            frozenset().union(*(part.names for part in parts)),
            any(part.dynamic for part in parts),
            sum(part.statements for part in parts),
        )


def _fields(body: Iterable[ast.stmt]) -> Iterator[Argument]:
    for each in body:
        if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
            continue
        note, made = source_of(each.annotation), each.value
        if any(word in note for word in _TYPING_ONLY):
            continue
        options = made.keywords if isinstance(made, ast.Call) and dotted(made.func).endswith(("field", "ib")) else []
        if any(option.arg == "init" and source_of(option.value) == "False" for option in options):
            continue
        yield Argument(each.target.id, "either", note, _default(made, options))


def _default(made: ast.expr | None, options: list[ast.keyword]) -> str:
    """A field's default as source text; that of ``field(default=…)`` too."""
    if not options and not (isinstance(made, ast.Call) and dotted(made.func).endswith("field")):
        return ast.unparse(made) if made else ""
    found = next((option.value for option in options if option.arg == "default"), None)
    factory = any(option.arg in ("default_factory", "factory") for option in options)
    return ast.unparse(found) if found else "..." if factory else ""


def _attributes(body: list[ast.stmt], init: Function | None) -> Iterator[Attribute]:
    """Public ones by their first mention: annotated in the class, then set on ``self`` in ``__init__``."""
    found: dict[str, Attribute] = {}
    for each, after in zip_longest(body, body[1:]):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            one = Attribute(each.target.id, source_of(each.annotation), declared=True, commented=_is_text(after))
            found.setdefault(each.target.id, one)
    if init and init.args.args:
        notes = {each.name: each.annotation for each in arguments_of(init.args)}
        for inner in own_nodes(init):
            for target, note, value in _assigned(inner):
                if isinstance(target, ast.Attribute) and dotted(target.value) == init.args.args[0].arg:
                    found.setdefault(target.attr, Attribute(target.attr, note or notes.get(dotted(value), "")))
    yield from (one for one in found.values() if not one.name.startswith("_"))


def _members(body: Iterable[ast.stmt]) -> Iterator[str]:
    for each in body:
        if isinstance(each, ast.Assign):
            yield from (one.id for one in each.targets if isinstance(one, ast.Name) and not one.id.startswith("_"))


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement of a class body binds, and attributes that anything within it sets."""
    if isinstance(statement, Function | ast.ClassDef):
        yield statement.name
    for each in ast.walk(statement):
        if isinstance(each, ast.Attribute) and not isinstance(each.ctx, ast.Load):
            yield each.attr
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.alias):
            yield each.asname or each.name
    if isinstance(statement, ast.Assign) and any(dotted(one) == "__slots__" for one in statement.targets):
        yield from (
            each.value
            for each in ast.walk(statement.value)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )


def _is_dynamic(statement: ast.stmt) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id in _DYNAMIC)
        or (isinstance(each, ast.Attribute) and each.attr in _DYNAMIC)
        or (isinstance(each, Function) and each.name in _DYNAMIC)
        for each in ast.walk(statement)
    )


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                yield each, "", node.value
    elif isinstance(node, ast.AnnAssign):
        yield node.target, source_of(node.annotation), node.value


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
