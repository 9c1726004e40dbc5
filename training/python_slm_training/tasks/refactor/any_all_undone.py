"""A loop that returns True or False → ``any`` or ``all`` as its author wrote it; the loop is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor import any_all
from python_slm_training.tasks.refactor.base import (
    BlockRewriter,
    Pair,
    code,
    every,
    flipped,
    has_comment,
    has_flow,
    negated,
    pair_of,
    small,
    uses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = any_all.KIND
HINT = re.compile(r"return (?:any|all)\(")
TARGET_IS_REAL = True

EXAMPLES = any_all.EXAMPLES


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to ``return any(… for … in …)`` whose variable no other code of the function uses."""
    return flipped(pair_of(tree, _Rewriter(tree)))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        found = small(body[-1]) if body else None
        call = found.value if isinstance(found, cst.Return) else None
        if not isinstance(call, cst.Call) or code(call.func) not in {"any", "all"} or len(call.args) != 1:
            return None
        inner = call.args[0].value
        if not isinstance(inner, cst.GeneratorExp) or has_comment(body[-1]) or has_flow(inner):
            return None
        turn = inner.for_in
        names = {each.value for each in every(turn.target, cst.Name)}
        if (
            turn.ifs
            or turn.inner_for_in
            or turn.asynchronous
            or any(uses(self.tree, n) > uses(inner, n) for n in names)
        ):
            return None
        wanted = code(call.func) == "any"
        test = code(inner.elt if wanted else negated(inner.elt))
        lines = f"for {code(turn.target)} in {code(turn.iter)}:\n    if {test}:\n        return {wanted}\n"
        loop, last = cst.parse_module(f"{lines}return {not wanted}\n").body
        assert isinstance(loop, cst.For)
        assert isinstance(last, cst.SimpleStatementLine)
        return [*body[:-1], loop.with_changes(leading_lines=getattr(body[-1], "leading_lines", ())), last]
