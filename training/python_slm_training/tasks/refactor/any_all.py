"""``for x in xs: if p(x): return True`` and ``return False`` → ``return any(p(x) for x in xs)``; ``all`` likewise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor.base import (
    BlockRewriter,
    Pair,
    code,
    fits,
    has_comment,
    has_flow,
    negated,
    pair_of,
    single,
    small,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "any-all"
HINT = re.compile(r"return (?:True|False)\n(?:\s*\n)*\s+return (?:True|False)")
TARGET_IS_REAL = False

EXAMPLES = (
    (
        """\
def f(xs):
    for x in xs:
        if x > 2:
            return True
    return False
""",
        """\
def f(xs):
    return any(x > 2 for x in xs)
""",
        "[f([1, 3]), f([1]), f([])]",
    ),
    (
        """\
def f(xs):
    for x in xs:
        if not x.isdigit():
            return False
    return True
""",
        """\
def f(xs):
    return all(x.isdigit() for x in xs)
""",
        "[f('12'), f('1a'), f('')]",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where the loop holds nothing but the test."""
    return pair_of(tree, _Rewriter(tree))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        if len(body) < 2:  # noqa: PLR2004  # the loop and what follows
            return None
        loop, last = body[-2:]
        found, otherwise = _test(loop), _returned(last)
        if found is None or {found[1], otherwise} != {"True", "False"} or has_comment(loop) or has_comment(last):
            return None
        assert isinstance(loop, cst.For)
        test = found[0] if found[1] == "True" else negated(found[0])
        call = "any" if found[1] == "True" else "all"
        line = cst.parse_statement(f"return {call}({code(test)} for {code(loop.target)} in {code(loop.iter)})")
        return [*body[:-2], line.with_changes(leading_lines=loop.leading_lines)] if fits(line) else None


def _test(loop: cst.BaseStatement) -> tuple[cst.BaseExpression, str] | None:
    """(condition, what it returns) of a loop that holds nothing else."""
    if not isinstance(loop, cst.For) or loop.orelse or loop.asynchronous or has_flow(loop):
        return None
    inner = single(loop.body)
    returned = _returned(single(inner.body)) if isinstance(inner, cst.If) and inner.orelse is None else None
    assert returned is None or isinstance(inner, cst.If)
    return (inner.test, returned) if returned is not None and isinstance(inner, cst.If) else None


def _returned(statement: cst.CSTNode | None) -> str | None:
    found = small(statement)
    return code(found.value) if isinstance(found, cst.Return) and found.value is not None else None
