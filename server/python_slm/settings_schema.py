"""Every setting as clients list them: name, JSON schema and what it does, read from ``settings.py`` itself."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from python_slm.settings import MINIMUM, SEVERITIES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = "python-slm"
"""What clients keep our settings under."""


@dataclass(frozen=True)
class Setting:
    """One setting. ``name`` is as clients send it, ``completion.deadlineMs``; ``schema`` is JSON Schema's."""

    name: str
    schema: Mapping[str, Any]
    description: str


def settings() -> Iterator[Setting]:
    """All of them, in the order of ``settings.py``."""
    hints = typing.get_type_hints(Settings)
    for group in dataclasses.fields(Settings):
        kind = hints[group.name]
        told, types = _descriptions(kind), typing.get_type_hints(kind)
        for one in dataclasses.fields(kind):
            path = f"{group.name}.{one.name}"
            default = one.default if one.default is not dataclasses.MISSING else {}
            yield Setting(_camel(path), {**_schema(types[one.name], path), "default": _plain(default)}, told[one.name])


def configuration() -> dict[str, Any]:
    """VS Code's ``contributes.configuration.properties``, by full name."""
    return {
        f"{SECTION}.{one.name}": {**one.schema, "markdownDescription": one.description, "scope": "resource"}
        for one in settings()
    }


def _descriptions(kind: type) -> dict[str, str]:
    """The string below each field."""
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)  # it is the source of a class
    found: dict[str, str] = {}
    for statement, below in zip(tree.body, [*tree.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            found[statement.target.id] = " ".join(below.value.value.split())
    return found


def _schema(hint: Any, path: str) -> dict[str, Any]:
    if hint == tuple[str, ...]:
        return {"type": "array", "items": {"type": "string"}}
    if hint == Mapping[str, str]:
        return {"type": "object", "additionalProperties": {"type": "string", "enum": list(SEVERITIES)}}
    if typing.get_origin(hint) is Literal:
        return {"type": "string", "enum": list(typing.get_args(hint))}
    schema: dict[str, Any] = {"type": {bool: "boolean", int: "integer", float: "number", str: "string"}[hint]}
    if path in MINIMUM:
        schema["minimum"] = MINIMUM[path]
    return schema


def _plain(default: object) -> object:
    return list(default) if isinstance(default, tuple) else default


def _camel(path: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), path)
