"""A class whose ``__init__`` only keeps its arguments → ``@dataclass``."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, assigned, code, has_comment, small

KIND = "dataclass"
HINT = re.compile(r"^class \w+(?:\(object\))?:[\s\S]*def __init__\(self, ")
TARGET_IS_REAL = False
_OWN = frozenset({"__eq__", "__hash__", "__repr__", "__new__", "__slots__", "__lt__", "__getattr__", "__setattr__"})
_GUESSES = {"True": "bool", "False": "bool"}

EXAMPLES = (
    (
        """\
class P:
    def __init__(self, x: int, y: int = 2):
        self.x = x
        self.y = y

    def total(self):
        return self.x + self.y
""",
        """\
from dataclasses import dataclass


@dataclass(eq=False)
class P:
    x: int
    y: int = 2

    def total(self):
        return self.x + self.y
""",
        "[P(1).total(), P(1, y=5).y, P(3) == P(3)]",
    ),
    (
        """\
class P(object):
    def __init__(self, name, size=0):
        self.name = name
        self.size = size
""",
        """\
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class P(object):
    name: Any
    size: int = 0
""",
        "[P('a').name, P('a', 3).size]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to a class without bases or decorators that defines neither equality nor representation."""
    node = tree.body[0] if len(tree.body) == 1 else None
    if (
        not isinstance(node, cst.ClassDef)
        or node.decorators
        or any(code(base.value) != "object" for base in node.bases)
    ):
        return None
    if not isinstance(node.body, cst.IndentedBlock) or node.keywords:
        return None
    methods = {each.name.value: each for each in node.body.body if isinstance(each, cst.FunctionDef)}
    made = methods.get("__init__")
    fields = _fields(made) if made is not None and not _OWN & methods.keys() else None
    if made is None or fields is None or any(assigned(each) for each in node.body.body):
        return None
    body = list(node.body.body)
    at = body.index(made)
    lines = [cst.parse_statement(field) for field in fields]
    lines[0] = lines[0].with_changes(leading_lines=made.leading_lines)
    new = node.with_changes(
        body=node.body.with_changes(body=[*body[:at], *lines, *body[at + 1 :]]),
        decorators=[cst.Decorator(cst.parse_expression("dataclass(eq=False)"))],
        leading_lines=[],
    )
    imports = "from dataclasses import dataclass\n" + (
        "from typing import Any\n" if any(": Any" in f for f in fields) else ""
    )
    return tree.code, f"{imports}\n\n{tree.with_changes(body=[new]).code}"


def _fields(made: cst.FunctionDef) -> list[str] | None:
    """``name: type = default`` for each parameter, if the body is just ``self.name = name`` for each, in order."""
    given = made.params
    if has_comment(made) or given.star_kwarg or given.kwonly_params or given.posonly_params or made.decorators:
        return None
    if not isinstance(given.star_arg, cst.MaybeSentinel) or not isinstance(made.body, cst.IndentedBlock):
        return None
    names = [each.name.value for each in given.params[1:]]
    kept = [_kept(each) for each in made.body.body]
    if not names or kept != names:
        return None
    fields = [_field(each) for each in given.params[1:]]
    return [each for each in fields if each is not None] if None not in fields else None


def _kept(statement: cst.BaseStatement) -> str | None:
    """``name`` of ``self.name = name``."""
    found = small(statement)
    match = re.fullmatch(r"self\.(\w+) = (\w+)", code(found)) if isinstance(found, cst.Assign) else None
    return match[1] if match and match[1] == match[2] else None


def _field(parameter: cst.Param) -> str | None:
    default = code(parameter.default) if parameter.default else ""
    if parameter.default is not None and not isinstance(
        parameter.default, cst.Integer | cst.Float | cst.SimpleString | cst.Name
    ):
        return None
    if parameter.annotation is not None:
        kind = code(parameter.annotation.annotation)
    elif isinstance(parameter.default, cst.SimpleString):
        kind = "str"
    elif isinstance(parameter.default, cst.Integer | cst.Float):
        kind = "int" if isinstance(parameter.default, cst.Integer) else "float"
    else:
        kind = _GUESSES.get(default, "Any")
    return f"{parameter.name.value}: {kind}" + (f" = {default}" if default else "")
