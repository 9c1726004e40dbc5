"""Convert to dataclass: a class whose ``__init__`` only keeps its parameters says so by its fields."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.literal_types import type_of
from python_slm.refactor.needs import needed
from python_slm.refactor.plan import Plan
from python_slm.refactor.spell import comments_in
from python_slm.refactor.uses import in_whole
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        ("class ⟦⟧A:\n    def __init__(self, x: int, y: str = 'é'):\n        self.x = x\n        self.y = y\n"),
        ("from dataclasses import dataclass\n\n@dataclass(eq=False)\nclass A:\n    x: int\n    y: str = 'é'\n"),
    ),
    (
        (
            "from dataclasses import field, dataclass\n\n\nclass ⟦A⟧(object):\n    '''Doc.'''\n\n    K = 1\n\n"
            "    def __init__(self, x: int) -> None:\n        self.x = x  # why\n"
            "        self.seen: list[int] = []\n\n    def f(self):\n        return self.x\n"
        ),
        (
            "from dataclasses import field, dataclass\n\n\n@dataclass(eq=False)\nclass A(object):\n"
            "    '''Doc.'''\n\n    K = 1\n\n    x: int  # why\n"
            "    seen: list[int] = field(init=False, default_factory=list)\n\n    def f(self):\n"
            "        return self.x\n"
        ),
    ),
    (
        "import dataclasses\nclass ⟦⟧A:\n\tdef __init__(me, x=1):\n\t\tme.x = x\n\t\tme.n = 0\n",
        (
            "import dataclasses\n@dataclasses.dataclass(eq=False)\nclass A:\n\tx: int = 1\n"
            "\tn: int = dataclasses.field(init=False, default=0)\n"
        ),
    ),
    (
        (
            "import typing\nfrom dataclasses import dataclass as data\n\ndef f():\n    class ⟦A⟧:\n"
            "        def __init__(self, x):\n            self.x = x\n    return A\n"
        ),
        (
            "import typing\nfrom dataclasses import dataclass as data\n\ndef f():\n    @data(eq=False)\n"
            "    class A:\n        x: typing.Any\n    return A\n"
        ),
    ),
    (
        ("class A:\n    pass\n\n\nclass ⟦⟧B:\n    def __init__(self, a: A, b: A):\n        self.b, self.a = b, a\n"),
        (
            "from dataclasses import dataclass\n\nclass A:\n    pass\n\n\n@dataclass(eq=False)\nclass B:\n"
            "    a: A\n    b: A\n"
        ),
    ),
)
REFUSED = (
    ("class ⟦⟧A(B):\n    def __init__(self, x):\n        self.x = x\n", "base"),
    ("class ⟦⟧A:\n    def __init__(self, x):\n        self.x = x + 1\n", "more than keep"),
    ("class ⟦⟧A:\n    def __init__(self, x):\n        self._x = x\n", "another name"),
    ("class ⟦⟧A:\n    def __init__(self, x=[]):\n        self.x = x\n", "share"),
    ("class ⟦⟧A:\n    def __init__(self, *x):\n        self.x = x\n", "star"),
    ("class ⟦⟧A:\n    y: int = 1\n    def __init__(self, x):\n        self.x = x\n", "fields already"),
    ("@d\nclass ⟦⟧A:\n    def __init__(self, x):\n        self.x = x\n", "decorator"),
    ("class ⟦⟧A:\n    pass\n", "no __init__"),
    ("class ⟦⟧A:\n    def __init__(self, x):\n        # why\n        self.x = x\n", "comment"),
    ("class ⟦⟧A:\n    def __init__(self, x, y):\n        self.x = x\n", "not kept"),
    ("class ⟦⟧A:\n    def __init__(self, x: int):\n        self.x = x\n    int = 1\n", "means something else"),
    ("x = ⟦⟧1\n", "select the first line of a class"),
)
_FACTORIES = {"list", "dict", "set"}
_MORE = "its __init__ does more than keep its parameters"
_ODD = {"__slots__", "__post_init__", "__new__", "__match_args__"}


@dataclass(frozen=True)
class Field:
    """One line of the new class."""

    name: str
    annotation: str
    default: str
    kind: str
    comment: str


class ToDataclass:
    """``eq=False``: comparing and hashing stay by identity, unless the class has its own. ``repr`` is a new one.

    Mutable attributes that ``__init__`` makes come from a ``default_factory``; a mutable default of a parameter is one
    object that all instances share, and would not be any more.
    """

    name = "to-dataclass"
    kind = "refactor.rewrite.dataclass"
    title = "Convert to dataclass"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = in_whole(code, ast.ClassDef)
        init = _init(node)
        fields = _fields(whole, node, init)
        wanted = ["dataclass", *["field"] * any(one.kind for one in fields)]
        names, edits = needed(whole, "dataclasses", wanted)
        if any(one.annotation == "Any" for one in fields):
            spelt, more = needed(whole, "typing", ["Any"])
            names |= spelt
            edits += more
        indent = whole.indent(init)
        lines = whole.newline.join(indent + _line(one, names) for one in fields)
        start, end = whole.line_start(whole.span(init)[0]), whole.line_end(whole.span(init)[1])
        head = whole.span(node)[0]
        decorator = f"@{names['dataclass']}(eq=False){whole.newline}{whole.indent(node)}"
        return Plan((*_merged(edits, whole.newline), Edit(head, head, decorator), Edit(start, end, lines)))


def _merged(edits: Sequence[Edit], newline: str) -> list[Edit]:
    """Two imports at one place stand below each other, without an empty line between them."""
    if len(edits) > 1 and edits[0].start == edits[1].start:
        first, second = sorted(edits, key=lambda one: one.text)
        return [Edit(first.start, first.end, first.text.rstrip("\r\n") + newline + second.text)]
    return list(edits)


def _init(node: ast.ClassDef) -> ast.FunctionDef:
    if node.decorator_list or node.keywords:
        raise RefusedError("a decorator or metaclass has its own ideas of the class")
    if any(not (isinstance(one, ast.Name) and one.id == "object") for one in node.bases):
        raise RefusedError("it has a base class, whose fields are not known")
    for one in node.body:
        if isinstance(one, ast.AnnAssign):
            raise RefusedError("annotated attributes of the class would be fields already")
        names = {inner.id for inner in ast.walk(one) if isinstance(inner, ast.Name)} | {getattr(one, "name", "")}
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and names & _ODD:
            raise RefusedError("the class decides itself how its objects are made")
        if getattr(one, "name", "") in _ODD:
            raise RefusedError("the class decides itself how its objects are made")
    found = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    if len(found) != 1:
        raise RefusedError("it has no __init__ of its own, or several")
    init, arguments = found[0], found[0].args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs or not arguments.args:
        raise RefusedError("its __init__ has parameters with a star or a slash")
    if init.decorator_list:
        raise RefusedError("a decorator of its __init__ has its own ideas")
    return init


def _fields(whole: Code, node: ast.ClassDef, init: ast.FunctionDef) -> list[Field]:
    me, *parameters = init.args.args
    defaults = dict(zip(reversed(parameters), reversed(init.args.defaults), strict=False))
    if len(init.args.defaults) > len(parameters):
        raise RefusedError("its __init__ may be called without an object")
    found = _Kept(whole, init, me.arg, {one.arg for one in parameters})
    kept, made, comments = found.kept, found.made, found.comments
    fields = []
    for one in parameters:
        if one.arg not in kept:
            raise RefusedError("a parameter of its __init__ is not kept")
        default = defaults.get(one)
        if default is not None and type_of(default) in _FACTORIES:
            raise RefusedError("a mutable default is one object that all instances share")
        annotation = one.annotation or kept[one.arg]
        guess = type_of(default) if default is not None else ""
        text = whole.source(annotation) if annotation else guess if guess not in {"", "None"} else "Any"
        fields.append(Field(one.arg, text, whole.source(default) if default else "", "", comments.get(one.arg, "")))
    for name, (annotation, value) in made.items():
        kind = type_of(value)
        if kind in {"", "None"} and annotation is None:
            raise RefusedError(_MORE)
        text = whole.source(annotation) if annotation else kind
        made_by = f"default_factory={kind}" if kind in _FACTORIES else f"default={whole.source(value)}"
        fields.append(Field(name, text, made_by, "field", comments.get(name, "")))
    _require_same_names(whole, node, init, fields)
    if not fields:
        raise RefusedError("its __init__ keeps nothing")
    return fields


class _Kept:
    """What an ``__init__`` gives its object: ``kept`` parameters, ``made`` attributes, and the comments behind each."""

    def __init__(self, whole: Code, init: ast.FunctionDef, me: str, parameters: set[str]) -> None:
        self.kept: dict[str, ast.expr | None] = {}
        self.made: dict[str, tuple[ast.expr | None, ast.expr]] = {}
        self.comments: dict[str, str] = {}
        self._me, self._parameters = me, parameters
        for statement in init.body:
            pairs = _pairs(statement)
            if not pairs:
                raise RefusedError(_MORE)
            end = whole.span(statement)[1]
            behind = whole.text[end : whole.line_end(end)].strip()
            for target, value in pairs:
                name = self._assign(statement, target, value)
                if behind.startswith("#"):
                    self.comments[name] = behind
        start, end = whole.span(init)
        if len(list(comments_in(whole.text[start : whole.line_end(end)]))) != len(self.comments):
            raise RefusedError("a comment in its __init__ would lose its place")

    def _assign(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> str:
        if not isinstance(target, ast.Attribute) or ast.unparse(target.value) != self._me:
            raise RefusedError(_MORE)
        if target.attr in self.kept or target.attr in self.made:
            raise RefusedError("its __init__ gives an attribute more than one value")
        annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
        if isinstance(value, ast.Name) and value.id in self._parameters:
            if value.id != target.attr:
                raise RefusedError("a parameter is kept by another name")
            self.kept[value.id] = annotation
        elif _simple(value):
            self.made[target.attr] = annotation, value
        else:
            raise RefusedError(_MORE)
        return target.attr


def _pairs(statement: ast.stmt) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return [(statement.target, statement.value)]
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _simple(value: ast.expr) -> bool:
    """A constant, or an empty list or dictionary."""
    empty = isinstance(value, ast.List | ast.Dict) and not (
        getattr(value, "elts", None) or getattr(value, "keys", None)
    )
    return isinstance(value, ast.Constant) or empty


def _require_same_names(whole: Code, node: ast.ClassDef, init: ast.FunctionDef, fields: Sequence[Field]) -> None:
    """Annotations and defaults mean in the class what they meant in the signature, and no method is a field."""
    inner = whole.scopes.of_node[node].bound
    if inner & {one.name for one in fields}:
        raise RefusedError("the class has an attribute of the same name as a field")
    words = {word for one in fields for word in re.findall(r"\w+", f"{one.annotation} {one.default}")}
    if words & (inner | {one.name for one in fields}):
        raise RefusedError("a type or default means something else in the class")
    if words & {"ClassVar", "InitVar", "KW_ONLY"}:
        raise RefusedError("an annotation means something of its own to a dataclass")
    if any(isinstance(one, ast.NamedExpr | ast.Yield | ast.Await) for one in ast.walk(init)):
        raise RefusedError(_MORE)


def _line(one: Field, names: dict[str, str]) -> str:
    value = f"{names['field']}(init=False, {one.default})" if one.kind else one.default
    annotation = names["Any"] if one.annotation == "Any" else one.annotation
    text = f"{one.name}: {annotation}" + (f" = {value}" if value else "")
    return f"{text}  {one.comment}" if one.comment else text


REFACTORING = ToDataclass()
