"""What a definition's code says that its docstring may repeat: parameters, results, exceptions, attributes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.docstrings.classes import Attribute, ClassBody
from python_slm.docstrings.raising import NO_HELPERS, Function, Raised, dotted, own_nodes, raised_by
from python_slm.docstrings.signature import Argument, arguments_of, source_of
from python_slm.syntax.parse import parsed_expression

if TYPE_CHECKING:
    from collections.abc import Mapping

Documentable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
Kind = Literal["module", "class", "function", "method", "property"]
_PROPERTIES = frozenset({"property", "cached_property", "abstractproperty"})
_MAKES_FIELDS = frozenset({"dataclass", "define", "frozen", "mutable"})
_FIELD_BASES = frozenset({"NamedTuple", "TypedDict"})
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})
_HARMLESS = frozenset({"object", "Protocol", "Generic", "ABC"}) | _FIELD_BASES | _ENUMS
"""Bases that bring no attributes which a docstring would tell of."""
_ITERATES = frozenset({"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"})
_GENERATOR_PARTS = 3
NOTHING = frozenset({"", "None", "NoReturn", "Never", "typing.NoReturn", "typing.Never"})


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
    bases: frozenset[str] = frozenset()
    """Last parts of their names."""
    called_with: tuple[Argument, ...] = ()
    """What a call of an instance of a class takes, or one of ``__new__``."""
    made_by_init: bool = False
    """The parameters of a class are those of its own ``__init__``."""
    names: frozenset[str] | None = None
    """Everything that a class has; None where there may be more, inherited or made at run time."""

    @property
    def open_ended(self) -> bool:
        """Whether it takes arguments that its signature does not name."""
        return any(one.kind in ("args", "kwargs") for one in (*self.parameters, *self.called_with))

    @property
    def yielded(self) -> str:
        """What a generator's annotation says each value is, as source text; empty where it does not say."""
        return next(iter(self._generic()), "")

    @property
    def returned(self) -> str:
        """What the annotation says comes back, of a generator at its end; empty where it does not say."""
        if not self.yields:
            return self.returns
        found = self._generic()
        return found[2] if len(found) == _GENERATOR_PARTS else ""

    def _generic(self) -> list[str]:
        """What stands in the brackets of a generator's annotation."""
        head, _, rest = self.returns.partition("[")
        if not rest or head.rpartition(".")[2] not in _ITERATES:
            return []
        try:
            inside = parsed_expression(self.returns)
        except SyntaxError:  # an annotation in quotes may say anything
            return []
        part = inside.slice if isinstance(inside, ast.Subscript) else inside
        return [ast.unparse(each) for each in part.elts] if isinstance(part, ast.Tuple) else [ast.unparse(part)]


def facts_of(
    node: Documentable,
    *,
    name: str,
    in_class: bool,
    helpers: Mapping[str, tuple[Raised, ...]] = NO_HELPERS,
    body: ClassBody | None = None,
) -> Facts:
    """Facts of a module, class or function. ``name``: the definition's own, or a file's without ``.py``.

    ``helpers``: functions that never return, as ``raised_by`` has them. ``body``: of a class whose node lacks parts.
    """
    if isinstance(node, ast.Module):
        return Facts(name, "module")
    decorators = frozenset(_decorator(each) for each in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        return _class_facts(node, decorators, body or ClassBody.of(node.body))
    return _function_facts(node, decorators, helpers, in_class=in_class)


def _function_facts(
    node: Function, decorators: frozenset[str], helpers: Mapping[str, tuple[Raised, ...]], *, in_class: bool
) -> Facts:
    parameters = arguments_of(node.args)
    if in_class and "staticmethod" not in decorators and parameters and parameters[0].kind in ("positional", "either"):
        parameters = parameters[1:]
    is_property = in_class and bool(_PROPERTIES & decorators)
    own = list(own_nodes(node))
    stub = _is_stub(node)
    annotation = source_of(node.returns)
    returned = any(isinstance(each, ast.Return) and not _is_none(each.value) for each in own)
    return Facts(
        node.name,
        "property" if is_property else "method" if in_class else "function",
        parameters,
        returns=annotation,
        returns_value=annotation not in NOTHING if stub else returned,
        yields=any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own),
        raises=() if stub else raised_by(node, helpers),
        stub=stub,
        decorators=decorators,
    )


def _class_facts(node: ast.ClassDef, decorators: frozenset[str], body: ClassBody) -> Facts:
    bases = frozenset(source_of(each).partition("[")[0].rpartition(".")[2] for each in node.bases) - {"object"}
    makes_fields = bool(_MAKES_FIELDS & decorators) or "NamedTuple" in bases
    parameters = body.init if body.init is not None else body.fields if makes_fields else ()
    inherits = bool(bases - _HARMLESS) or bool(node.keywords)
    attributes = body.attributes
    if _ENUMS & bases:
        attributes = tuple(Attribute(each, declared=True) for each in body.members)
    return Facts(
        node.name,
        "class",
        parameters,
        knows_parameters=body.init is not None or (makes_fields and not inherits),
        attributes=attributes,
        names=None if body.dynamic or inherits or decorators - _MAKES_FIELDS else body.names,
        stub=body.statements == 1 and _says_nothing(node.body[0]),
        decorators=decorators,
        bases=bases,
        called_with=body.called_with,
        made_by_init=body.init is not None,
    )


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
