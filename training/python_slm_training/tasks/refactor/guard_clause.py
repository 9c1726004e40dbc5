"""``if ready: <all the rest>`` → ``if not ready: return`` and the rest, one level less deep; ``continue`` in loops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, StatementRewriter, every, has_comment, negated

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "guard-clause"
HINT = re.compile(r"^\s+if ", re.MULTILINE)
TARGET_IS_REAL = False
_MIN_LINES = 3

EXAMPLES = (
    (
        """\
def total(xs):
    if xs is not None:
        s = 0
        for x in xs:
            s += x
        return s
""",
        """\
def total(xs):
    if xs is None:
        return None
    s = 0
    for x in xs:
        s += x
    return s
""",
        "[total(None), total([1, 2]), total([])]",
    ),
    (
        """\
def odd(xs):
    out = []
    for x in xs:
        if x % 2 == 1 and x > 0:
            y = x * x
            y += 1
            out.append(y)
    return out
""",
        """\
def odd(xs):
    out = []
    for x in xs:
        if not (x % 2 == 1 and x > 0):
            continue
        y = x * x
        y += 1
        out.append(y)
    return out
""",
        "odd([1, 2, 3, -3])",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to an ``if`` without ``else`` that ends a function or a loop."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(StatementRewriter):
    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: N802
        gives = any(each.value is not None for each in every(original_node.body, cst.Return))
        out = cst.Return(cst.Name("None")) if gives else cst.Return()
        return updated_node.with_changes(body=self._guarded(updated_node.body, out))

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:  # noqa: N802
        del original_node
        return updated_node.with_changes(body=self._guarded(updated_node.body, cst.Continue()))

    def _guarded(self, body: cst.BaseSuite, out: cst.BaseSmallStatement) -> cst.BaseSuite:
        last = body.body[-1] if isinstance(body, cst.IndentedBlock) and body.body else None
        if self.found or not isinstance(last, cst.If) or last.orelse is not None or not _is_long(last.body):
            return body
        assert isinstance(last.body, cst.IndentedBlock)
        guard = last.with_changes(test=negated(last.test), body=cst.IndentedBlock([cst.SimpleStatementLine([out])]))
        self.found = True
        inner: Sequence[cst.CSTNode] = last.body.body
        return body.with_changes(body=[*body.body[:-1], guard, *inner])


def _is_long(body: cst.BaseSuite) -> bool:
    """Whether it is worth it: several lines, and no comment that would lose its place."""
    if not isinstance(body, cst.IndentedBlock) or any(has_comment(line) for line in (body.header, *body.footer)):
        return False
    return cst.Module([]).code_for_node(body).count("\n") > _MIN_LINES
