"""What a definition's code says that its docstring may repeat: parameters, results, exceptions, attributes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.docstrings.raising import Function, Raised, dotted, own_nodes, raised_by
from python_slm.syntax.parameters import ParameterKind, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Documentable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
Kind = Literal["module", "class", "function", "method", "property"]
_STARS: dict[str, str] = {"args": "*", "kwargs": "**"}
_PROPERTIES = frozenset({"property", "cached_property", "abstractproperty"})
_NOTHING = frozenset({"", "None", "NoReturn", "Never", "typing.NoReturn", "typing.Never"})


@dataclass(frozen=True)
class Argument:
    """A parameter; ``annotation`` and ``default`` are source text, empty where there is none."""

    name: str
    kind: ParameterKind
    annotation: str = ""
    default: str = ""

    @property
    def starred(self) -> str:
        """The name as a docstring writes it: ``*args``, ``**kwargs``."""
        return _STARS.get(self.kind, "") + self.name


@dataclass(frozen=True)
class Attribute:
    """An attribute of a class; ``annotation`` is source text, maybe empty."""

    name: str
    annotation: str = ""


@dataclass(frozen=True)
class Facts:
    """``self`` and ``cls`` are no parameters; a class has those of its ``__init__`` or its dataclass fields."""

    name: str
    kind: Kind
    parameters: tuple[Argument, ...] = ()
    knows_parameters: bool = True
    """False for a class that inherits how it is made."""
    returns: str = ""
    """The return annotation as source text."""
    returns_value: bool = False
    yields: bool = False
    raises: tuple[Raised, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    stub: bool = False
    """Nothing but ``...``, ``pass`` or ``raise NotImplementedError``: the code says nothing of results."""
    decorators: frozenset[str] = frozenset()
    """Last parts of their names."""
    has_bases: bool = False

    @property
    def open_ended(self) -> bool:
        """Whether it takes arguments that its signature does not name."""
        return any(one.kind in ("args", "kwargs") for one in self.parameters)

    @property
    def yielded(self) -> str:
        """What a generator's annotation says each value is, as source text; empty where it does not say."""
        head, _, rest = self.returns.partition("[")
        if not rest or head.rpartition(".")[2] not in {
            "Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator",
        }:  # fmt: skip
            return ""
        try:
            inside = ast.parse(self.returns, mode="eval").body
        except SyntaxError:  # an annotation in quotes may say anything
            return ""
        part = inside.slice if isinstance(inside, ast.Subscript) else inside
        return ast.unparse(part.elts[0]) if isinstance(part, ast.Tuple) and part.elts else ast.unparse(part)


def facts_of(node: Documentable, *, name: str, in_class: bool) -> Facts:
    """Facts of a module, class or function. ``name``: the definition's own, or a file's without ``.py``."""
    if isinstance(node, ast.Module):
        return Facts(name, "module")
    decorators = frozenset(_decorator(each) for each in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        return _class_facts(node, decorators)
    return _function_facts(node, decorators, in_class=in_class)


def _function_facts(node: Function, decorators: frozenset[str], *, in_class: bool) -> Facts:
    parameters = _arguments(node.args)
    if in_class and "staticmethod" not in decorators and parameters and parameters[0].kind in ("positional", "either"):
        parameters = parameters[1:]
    is_property = in_class and bool(_PROPERTIES & decorators)
    own = list(own_nodes(node))
    stub = _is_stub(node)
    annotation = _source(node.returns)
    returned = any(isinstance(each, ast.Return) and not _is_none(each.value) for each in own)
    return Facts(
        node.name,
        "property" if is_property else "method" if in_class else "function",
        parameters,
        returns=annotation,
        returns_value=annotation not in _NOTHING if stub else returned,
        yields=any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own),
        raises=() if stub else raised_by(node),
        stub=stub,
        decorators=decorators,
    )


def _class_facts(node: ast.ClassDef, decorators: frozenset[str]) -> Facts:
    init = next((each for each in node.body if isinstance(each, Function) and each.name == "__init__"), None)
    bases = [name for each in node.bases if (name := _source(each)) != "object"]
    fields = tuple(_fields(node)) if "dataclass" in decorators else ()
    parameters = _arguments(init.args)[1:] if init else fields
    known = init is not None or ("dataclass" in decorators and not bases)
    return Facts(
        node.name,
        "class",
        parameters,
        knows_parameters=known,
        attributes=tuple(_attributes(node, init)),
        stub=len(node.body) == 1 and _says_nothing(node.body[0]),
        decorators=decorators,
        has_bases=bool(bases),
    )


def _arguments(arguments: ast.arguments) -> tuple[Argument, ...]:
    nodes = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    notes = {each.arg: _source(each.annotation) for each in nodes if each}
    positional = [*arguments.posonlyargs, *arguments.args]
    late = positional[len(positional) - len(arguments.defaults) :]
    defaults = {each.arg: ast.unparse(value) for each, value in zip(late, arguments.defaults, strict=True)}
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults |= {each.arg: ast.unparse(value) for each, value in pairs if value}
    return tuple(
        Argument(each.name, each.kind, notes[each.name], defaults.get(each.name, ""))
        for each in parameters_of(arguments)
    )


def _fields(node: ast.ClassDef) -> Iterator[Argument]:
    """The parameters that ``dataclass`` makes of annotated names."""
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
            continue
        note, made = _source(each.annotation), each.value
        if "ClassVar" in note or "KW_ONLY" in note:
            continue
        options = made.keywords if isinstance(made, ast.Call) and dotted(made.func).endswith("field") else []
        if any(option.arg == "init" and _source(option.value) == "False" for option in options):
            continue
        yield Argument(each.target.id, "either", note, ast.unparse(made) if made else "")


def _attributes(node: ast.ClassDef, init: Function | None) -> Iterator[Attribute]:
    """Public ones by their first mention: annotated in the class, then set on ``self`` in ``__init__``."""
    found: dict[str, str] = {}
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found.setdefault(each.target.id, _source(each.annotation))
    if init and init.args.args:
        notes = {each.name: each.annotation for each in _arguments(init.args)}
        for inner in own_nodes(init):
            for target, note, value in _assigned(inner):
                if isinstance(target, ast.Attribute) and dotted(target.value) == init.args.args[0].arg:
                    found.setdefault(target.attr, note or notes.get(dotted(value), ""))
    for name, note in found.items():
        if not name.startswith("_"):
            yield Attribute(name, note)


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, "", node.value
    elif isinstance(node, ast.AnnAssign):
        yield node.target, _source(node.annotation), node.value


def _is_stub(node: Function) -> bool:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return all(_says_nothing(each) for each in body)


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return dotted(target) == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _decorator(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _source(node: ast.expr | None) -> str:
    """Source text on one line; an annotation in quotes without them."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    return ast.unparse(node)
