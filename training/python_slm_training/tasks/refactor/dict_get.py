"""``if k in d: x = d[k] else: x = 0`` and ``d[k] if k in d else 0`` → ``d.get(k, 0)``."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, assigned, code, fits, has_comment, single

KIND = "dict-get"
HINT = re.compile(r"\bif .* in [\s\S]*\]|\] if .* in ")
TARGET_IS_REAL = False
_SIMPLE = (
    cst.Name,
    cst.Attribute,
    cst.SimpleString,
    cst.Integer,
    cst.Float,
    cst.List,
    cst.Dict,
    cst.Tuple,
    cst.UnaryOperation,
)

EXAMPLES = (
    (
        """\
def f(d, k):
    if k in d:
        x = d[k]
    else:
        x = 0
    return x
""",
        """\
def f(d, k):
    x = d.get(k, 0)
    return x
""",
        "[f({1: 2}, 1), f({}, 1)]",
    ),
    (
        """\
def f(d, k):
    return d[k] if k in d else None
""",
        """\
def f(d, k):
    return d.get(k)
""",
        "[f({1: 2}, 1), f({}, 1)]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where key, mapping and default are simple expressions without calls."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(cst.CSTTransformer):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:  # noqa: N802
        del original_node
        made = _get(updated_node.test, updated_node.body, updated_node.orelse)
        if made is None or has_comment(updated_node):
            return updated_node
        self.found = True
        return made

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.BaseStatement:  # noqa: N802
        del original_node
        other = updated_node.orelse
        if not isinstance(other, cst.Else) or has_comment(updated_node):
            return updated_node
        one, two = assigned(single(updated_node.body)), assigned(single(other.body))
        if one is None or two is None or one[0] != two[0]:
            return updated_node
        made = _get(updated_node.test, one[1], two[1])
        if made is None:
            return updated_node
        line = cst.parse_statement(f"{one[0]} = {code(made)}")
        if not fits(line):
            return updated_node
        self.found = True
        return line.with_changes(leading_lines=updated_node.leading_lines)

    def leave_Else(self, original_node: cst.Else, updated_node: cst.Else) -> cst.Else:  # noqa: N802
        del original_node
        return updated_node


def _get(test: cst.BaseExpression, found: cst.BaseExpression, missing: cst.BaseExpression) -> cst.BaseExpression | None:
    """``d.get(k, missing)`` for ``k in d``, ``d[k]`` and a default without effects."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    only = test.comparisons[0]
    key, mapping = test.left, only.comparator
    if not isinstance(only.operator, cst.In) or not isinstance(missing, _SIMPLE) or not isinstance(key, _SIMPLE):
        return None
    if not isinstance(mapping, cst.Name | cst.Attribute) or "(" in code(missing) + code(key) + code(mapping):
        return None
    if code(found) != f"{code(mapping)}[{code(key)}]":
        return None
    default = "" if code(missing) == "None" else f", {code(missing)}"
    return cst.parse_expression(f"{code(mapping)}.get({code(key)}{default})")
