"""``if not x: a else: b`` → ``if x: b else: a``: the condition says what is, not what is not."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, StatementRewriter, has_comment, negated

KIND = "invert-if"
HINT = re.compile(r"\bif (?:not\b|.*(?:!=| is not | not in )).*:[\s\S]*\belse:")
TARGET_IS_REAL = False

EXAMPLES = (
    (
        """\
def f(x):
    if not x:
        r = 'no'
    else:
        r = 'yes'
    return r
""",
        """\
def f(x):
    if x:
        r = 'yes'
    else:
        r = 'no'
    return r
""",
        "[f(0), f(1)]",
    ),
    (
        """\
def f(x):
    if x is not None:
        return x
    else:
        return 7
""",
        """\
def f(x):
    if x is None:
        return 7
    else:
        return x
""",
        "[f(None), f(1)]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to ``if`` with ``else``, without ``elif``, whose condition is negative."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(StatementRewriter):
    def __init__(self) -> None:
        super().__init__()
        self._chained: set[cst.CSTNode] = set()

    def visit_If(self, node: cst.If) -> None:  # noqa: N802
        if isinstance(node.orelse, cst.If):
            self._chained |= {node, node.orelse}

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:  # noqa: N802
        other = updated_node.orelse
        if original_node in self._chained or not isinstance(other, cst.Else) or not _is_negative(updated_node.test):
            return updated_node
        if any(has_comment(line) for line in other.leading_lines):
            return updated_node
        self.found = True
        return updated_node.with_changes(
            test=negated(updated_node.test), body=other.body, orelse=other.with_changes(body=updated_node.body)
        )


def _is_negative(test: cst.BaseExpression) -> bool:
    if isinstance(test, cst.UnaryOperation):
        return isinstance(test.operator, cst.Not)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        return isinstance(test.comparisons[0].operator, cst.NotEqual | cst.IsNot | cst.NotIn)
    return False
