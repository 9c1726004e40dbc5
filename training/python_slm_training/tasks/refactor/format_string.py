"""``"%s: %r" % (a, b)`` and ``"{}: {!r}".format(a, b)`` → ``f"{a}: {b!r}"``."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, code

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "f-string"
HINT = re.compile(r"[\"']\s*%\s*\(|\.format\(")
TARGET_IS_REAL = False
_PERCENT = re.compile(r"%(?:(?P<kind>[sr])|(?P<literal>%)|(?P<other>.))", re.DOTALL)
_PLAIN = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)

EXAMPLES = (
    (
        """\
def f(a, b):
    return '%s: %r {100%%}' % (a, b)
""",
        """\
def f(a, b):
    return f'{a}: {b!r} {{100%}}'
""",
        "f('x', 'y')",
    ),
    (
        """\
def f(a, b):
    return "{} and {1:>5}".format(a, b) if b else "{0}-{x!r:4}".format(a.upper(), x=b)
""",
        """\
def f(a, b):
    return "{} and {1:>5}".format(a, b) if b else f"{a.upper()}-{b!r:4}"
""",
        "f('q', '')",
    ),
    (
        """\
def f(a):
    return "{:>{w}}{}".format(a, 2, w=9) + "{0}{0}".format(a)
""",
        """\
def f(a):
    return "{:>{w}}{}".format(a, 2, w=9) + f"{a}{a}"
""",
        "f(1)",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to plain literals with %s and %r and a tuple, or with format's plain fields."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(cst.CSTTransformer):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_BinaryOperation(  # noqa: N802
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        del original_node
        left, right = updated_node.left, updated_node.right
        if not (isinstance(left, cst.SimpleString) and isinstance(updated_node.operator, cst.Modulo)):
            return updated_node
        values = [each.value for each in right.elements] if isinstance(right, cst.Tuple) else []
        return self._joined(updated_node, left, _of_percent(left.raw_value, values) if values else None)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        del original_node
        called = updated_node.func
        if not isinstance(called, cst.Attribute) or called.attr.value != "format":
            return updated_node
        if not isinstance(called.value, cst.SimpleString) or any(each.star for each in updated_node.args):
            return updated_node
        return self._joined(updated_node, called.value, _of_format(called.value.raw_value, updated_node.args))

    def _joined(
        self,
        node: cst.BinaryOperation | cst.Call,
        literal: cst.SimpleString,
        parts: list[str | tuple[cst.BaseExpression, str]] | None,
    ) -> cst.BaseExpression:
        """The f-string of ``parts`` (text, or a value with its ``!r:spec``), or ``node`` where it cannot be one."""
        quote = literal.quote
        if parts is None or literal.prefix or "\\N" in literal.raw_value:
            return node
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part.replace("{", "{{").replace("}", "}}")
                continue
            value = code(part[0])
            if not isinstance(part[0], _PLAIN) or any(
                mark in value for mark in (quote[0], "\\", "{", "\n", "#", "lambda")
            ):
                return node
            text += f"{{{value}{part[1]}}}"
        self.found = True
        return cst.parse_expression(f"f{quote}{text}{quote}").with_changes(lpar=node.lpar, rpar=node.rpar)


def _of_percent(raw: str, values: list[cst.BaseExpression]) -> list[str | tuple[cst.BaseExpression, str]] | None:
    parts: list[str | tuple[cst.BaseExpression, str]] = []
    end = 0
    left = list(values)
    for found in _PERCENT.finditer(raw):
        parts.append(raw[end : found.start()])
        end = found.end()
        if found["other"] or (found["kind"] and not left):
            return None
        parts.append("%" if found["literal"] else (left.pop(0), "!r" if found["kind"] == "r" else ""))
    return None if left or raw[end:].endswith("%") else [*parts, raw[end:]]


def _of_format(raw: str, arguments: Sequence[cst.Arg]) -> list[str | tuple[cst.BaseExpression, str]] | None:
    named = {each.keyword.value: each.value for each in arguments if each.keyword}
    given = [each.value for each in arguments if not each.keyword]
    parts: list[str | tuple[cst.BaseExpression, str]] = []
    used: set[str] = set()
    try:
        fields = list(string.Formatter().parse(raw))
    except ValueError:
        return None
    for text, name, spec, conversion in _numbered(fields):
        parts.append(text)
        if name is None:
            continue
        value = given[int(name)] if name.isdigit() and int(name) < len(given) else named.get(name)
        if value is None or "{" in (spec or ""):
            return None
        used.add(name)
        parts.append((value, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")))
    return parts if len(used) == len(arguments) else None


def _numbered(
    fields: list[tuple[str, str | None, str | None, str | None]],
) -> list[tuple[str, str | None, str | None, str | None]]:
    """Fields with the numbers that ``{}`` stand for; mixed numbering leaves a name that is no argument."""
    automatic = 0
    mixed = any(name == "" for _, name, _, _ in fields) and any((name or "").isdigit() for _, name, _, _ in fields)
    numbered: list[tuple[str, str | None, str | None, str | None]] = []
    for text, name, spec, conversion in fields:
        if name == "":
            numbered.append((text, "mixed" if mixed else str(automatic), spec, conversion))
            automatic += 1
        else:
            numbered.append((text, name, spec, conversion))
    return numbered
