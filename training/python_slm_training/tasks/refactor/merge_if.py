"""``if a: if b: …`` → ``if a and b: …``."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, StatementRewriter, bracketed, code, has_comment

KIND = "merge-if"
HINT = re.compile(r"^( +)if [^\n]*:\n\1 +if ", re.MULTILINE)
TARGET_IS_REAL = False
_MAX_LINE = 92

EXAMPLES = (
    (
        """\
def f(a, b):
    if a or b:
        if a != b:
            return 1
    return 0
""",
        """\
def f(a, b):
    if (a or b) and a != b:
        return 1
    return 0
""",
        "[f(a, b) for a in (0, 1) for b in (0, 1)]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to an ``if`` without ``else`` that holds nothing but another such."""
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(StatementRewriter):
    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:  # noqa: N802
        del original_node
        body = updated_node.body
        if updated_node.orelse or not isinstance(body, cst.IndentedBlock) or len(body.body) != 1:
            return updated_node
        inner = body.body[0]
        if (
            not isinstance(inner, cst.If)
            or inner.orelse
            or any(has_comment(line) for line in (body.header, *body.footer))
        ):
            return updated_node
        text = f"{code(bracketed(updated_node.test))} and {code(bracketed(inner.test))}"
        if "\n" in text or len(text) > _MAX_LINE or any(has_comment(line) for line in inner.leading_lines):
            return updated_node
        self.found = True
        return updated_node.with_changes(test=cst.parse_expression(text), body=inner.body)
