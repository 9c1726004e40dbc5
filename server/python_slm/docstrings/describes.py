"""Types and defaults as a docstring tells them, beside those of the code: only what surely disagrees counts."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from python_slm.docstrings.entries import BUILTINS
from python_slm.syntax.parse import parsed_expression

_SPOKEN = {"string": "str", "integer": "int", "boolean": "bool", "none": "None", "List": "list", "Dict": "dict",
           "Set": "set", "Tuple": "tuple", "FrozenSet": "frozenset", "Str": "str", "Int": "int"}  # fmt: skip
_WIDER = {"float": frozenset({"int"}), "complex": frozenset({"int", "float"})}
_QUALIFIED = re.compile(r"\s*,?\s*(?:\(?optional\)?|keyword[- ]only|default\b.*|by default\b.*)\s*$", re.IGNORECASE)
_OF = re.compile(r"^(list|tuple|set|dict|lists|tuples)\s+of\s+.*$", re.IGNORECASE)
_NUMBER = r"[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
_DEFAULT = re.compile(
    r"\bdefaults?(?P<link>\s+value)?(?:\s*[:=]\s*|\s+(?:to|is)\s+|\s+)(?P<ticks>`{0,2})"
    rf"(?P<value>{_NUMBER}|True|False|None|\"[^\"\\\n]*\"|'[^'\\\n]*'|\(\)|\[\]|\{{\}})(?P=ticks)"
    r"(?=\s*$|[).,;\]](?:\s|$|[).,;\]]))",
    re.IGNORECASE,
)
_MENTION = re.compile(r"\bdefault", re.IGNORECASE)


@dataclass(frozen=True)
class ToldDefault:
    """A default in a docstring: columns ``start`` to ``end`` of ``line`` hold the ``literal``."""

    line: int
    start: int
    end: int
    literal: str


def contradicts(told: str, annotation: str) -> bool:
    """Whether a documented type is surely another than the annotated one: both are made of built-in types alone.

    ``None`` is left out, and so is what a docstring does not say: ``list`` agrees with ``list[int]``.
    """
    documented, actual = _kinds(type_told(told)), _kinds(annotation)
    if not documented or not actual:
        return False
    return not documented <= _with_narrower(actual) or not actual <= _with_narrower(documented)


def _with_narrower(kinds: frozenset[str]) -> frozenset[str]:
    return kinds.union(*(_WIDER.get(name, frozenset()) for name in kinds))


def type_told(told: str) -> str:
    """A documented type without ``optional`` and the like."""
    before = None
    while before != told:
        before, told = told, _QUALIFIED.sub("", told).strip()
    return told.strip("`")


def default_told(lines: list[tuple[int, str]]) -> ToldDefault | None:
    """The default that the ``lines`` of an entry tell as a literal; None where there is none, or more than one."""
    if sum(len(_MENTION.findall(text)) for _, text in lines) != 1:
        return None
    for line, text in lines:
        if found := _DEFAULT.search(text):
            return ToldDefault(line, *found.span("value"), found["value"])
    return None


def another_default(told: ToldDefault, default: str) -> bool:
    """Whether a parameter's ``default``, source text, is surely not the one that is told.

    One of None may stand for a value that the body puts in its place; so may a name.
    """
    documented, actual = _value(told.literal.capitalize() if told.literal.isalpha() else told.literal), _value(default)
    if documented is _UNKNOWN or actual is _UNKNOWN or actual is None:
        return False
    if isinstance(documented, bool) != isinstance(actual, bool) and {documented, actual} <= {0, 1}:
        return False
    return documented != actual


def default_as(told: ToldDefault, default: str) -> str:
    """``default`` in the quotes of the one that is told; empty where that cannot be said in a docstring."""
    value = _value(default)
    if isinstance(value, str) and told.literal[0] in "\"'":
        quote = told.literal[0]
        default = f"{quote}{value}{quote}" if value.isprintable() and not set("\"'\\") & set(value) else ""
    return "" if set("\\\n`") & set(default) or '"""' in default or "'''" in default else default


_UNKNOWN = object()


def _value(source: str) -> object:
    if "$" in source:  # what a parser was not to see
        return _UNKNOWN
    try:
        found: object = ast.literal_eval(parsed_expression(source.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN
    empty = isinstance(found, tuple | list | dict | set) and not found
    return found if empty or found is None or isinstance(found, bool | int | float | str) else _UNKNOWN


def _kinds(text: str) -> frozenset[str]:
    """The built-in types that a type is one of, None left out; nothing where it may be something else."""
    text = _OF.sub(lambda found: found[1].lower().removesuffix("s"), text.strip())
    text = re.sub(r"\s+or\s+", " | ", text)
    try:
        tree = parsed_expression(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return frozenset()
    found = frozenset({"tuple"}) if isinstance(tree, ast.Tuple) and text.startswith("(") else _flat(tree)
    return frozenset() if found is None else found - {"None"}


def _flat(node: ast.expr) -> frozenset[str] | None:
    """None where a part is no built-in type."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _both(node.left, node.right)
    if isinstance(node, ast.Tuple) and node.elts:
        return _both(*node.elts)
    if isinstance(node, ast.Subscript):
        head = _last_name(node.value)
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _both(*inside) if head in ("Optional", "Union") else _flat(node.value)
    name = "None" if isinstance(node, ast.Constant) and node.value is None else _last_name(node)
    name = _SPOKEN.get(name, name)
    return frozenset({name}) if name in BUILTINS or name == "None" else None


def _last_name(node: ast.expr) -> str:
    """Of a name, or one of ``typing``; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("typing", "t"):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _both(*nodes: ast.expr) -> frozenset[str] | None:
    found = [_flat(node) for node in nodes]
    return None if any(one is None for one in found) else frozenset().union(*(one for one in found if one is not None))
