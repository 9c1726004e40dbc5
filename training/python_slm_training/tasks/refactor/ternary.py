"""``if c: x = a else: x = b`` → ``x = a if c else b``; the same of two returns."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import (
    Pair,
    StatementRewriter,
    assigned,
    bracketed,
    code,
    fits,
    has_comment,
    single,
    small,
)

KIND = "ternary"
HINT = re.compile(r"\belse:\n\s+(?:return |\w+ = )")
TARGET_IS_REAL = False

EXAMPLES = (
    (
        """\
def f(c):
    if c > 1:
        x = 'many'
    else:
        x = 'few'
    return x
""",
        """\
def f(c):
    x = 'many' if c > 1 else 'few'
    return x
""",
        "[f(1), f(2)]",
    ),
    (
        """\
def f(c):
    if c:
        return c
    else:
        return 5
""",
        """\
def f(c):
    return c if c else 5
""",
        "[f(0), f(2)]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to ``if`` and ``else`` that bind one name, or return, and fit on a line."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(StatementRewriter):
    def __init__(self) -> None:
        super().__init__()
        self._chained: set[cst.CSTNode] = set()

    def visit_If(self, node: cst.If) -> None:  # noqa: N802
        if isinstance(node.orelse, cst.If):
            self._chained.add(node.orelse)

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.BaseStatement:  # noqa: N802
        other = updated_node.orelse
        if original_node in self._chained or not isinstance(other, cst.Else) or has_comment(updated_node):
            return updated_node
        values = _values(single(updated_node.body), single(other.body))
        if values is None:
            return updated_node
        start, one, two = values
        if any(isinstance(each, cst.IfExp | cst.Tuple | cst.Yield | cst.Lambda) for each in (one, two)):
            return updated_node
        line = cst.parse_statement(
            f"{start}{code(bracketed(one))} if {code(bracketed(updated_node.test))} else {code(two)}"
        )
        if not fits(line):
            return updated_node
        self.found = True
        return line.with_changes(leading_lines=updated_node.leading_lines)


def _values(
    first: cst.BaseStatement | None, second: cst.BaseStatement | None
) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """How the line begins, and its two values."""
    one, two = assigned(first), assigned(second)
    if one and two and one[0] == two[0]:
        return f"{one[0]} = ", one[1], two[1]
    left, right = small(first), small(second)
    if isinstance(left, cst.Return) and isinstance(right, cst.Return) and left.value and right.value:
        return "return ", left.value, right.value
    return None
