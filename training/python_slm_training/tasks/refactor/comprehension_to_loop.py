"""``out = [f(x) for x in xs if x]`` → a loop that appends: room for more than one thing a turn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor.base import (
    BlockRewriter,
    Pair,
    assigned,
    code,
    every,
    has_comment,
    has_flow,
    pair_of,
    small,
    uses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "comprehension-to-loop"
HINT = re.compile(r"(?:= |return )[\[{][\s\S]+ for ")
TARGET_IS_REAL = False

EXAMPLES = (
    (
        """\
def f(xs):
    out = [x * x for x in xs if x > 1]
    return out
""",
        """\
def f(xs):
    out = []
    for x in xs:
        if x > 1:
            out.append(x * x)
    return out
""",
        "f([1, 2, 3])",
    ),
    (
        """\
def f(xs):
    return {k: len(v) for k, v in xs.items()}
""",
        """\
def f(xs):
    result = {}
    for k, v in xs.items():
        result[k] = len(v)
    return result
""",
        "f({'a': 'bc'})",
    ),
    (
        """\
def f(xs):
    return {x.lower() for x in xs}
""",
        """\
def f(xs):
    result = set()
    for x in xs:
        result.add(x.lower())
    return result
""",
        "f(['A', 'a'])",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to one comprehension with one ``for``, whose variable no other code of the function uses."""
    return pair_of(tree, _Rewriter(tree))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        for at, statement in enumerate(body):
            lines = None if self.found else self._loop(statement)
            if lines is not None:
                return [*body[:at], *lines, *body[at + 1 :]]
        return None

    def _loop(self, statement: cst.BaseStatement) -> list[cst.BaseStatement] | None:
        name, value = assigned(statement) or ("result", None)
        found = small(statement)
        returned = isinstance(found, cst.Return)
        if isinstance(found, cst.Return) and uses(self.tree, "result") == 0:
            value = found.value
        if not isinstance(value, cst.ListComp | cst.SetComp | cst.DictComp) or has_comment(statement):
            return None
        turn = value.for_in
        if turn.inner_for_in or turn.asynchronous or has_flow(value) or self._clashes(turn, value) or uses(value, name):
            return None
        empty, add = _forms(value, name)
        lines = [f"{name} = {empty}", f"for {code(turn.target)} in {code(turn.iter)}:"]
        for depth, each in enumerate(turn.ifs, start=1):
            lines.append("    " * depth + f"if {code(each.test)}:")
        lines.append("    " * (len(turn.ifs) + 1) + add)
        lines += [f"return {name}"] if returned else []
        if any("\n" in line for line in lines):
            return None
        new = list(cst.parse_module("\n".join(lines) + "\n").body)
        assert isinstance(statement, cst.SimpleStatementLine)
        new[0] = new[0].with_changes(leading_lines=statement.leading_lines)
        return [each for each in new if isinstance(each, cst.BaseStatement)]

    def _clashes(self, turn: cst.CompFor, value: cst.CSTNode) -> bool:
        names = {each.value for each in every(turn.target, cst.Name)}
        return any(uses(self.tree, each) > uses(value, each) or uses(turn.iter, each) for each in names)


def _forms(value: cst.ListComp | cst.SetComp | cst.DictComp, name: str) -> tuple[str, str]:
    """The empty collection, and the statement that adds one element."""
    if isinstance(value, cst.DictComp):
        return "{}", f"{name}[{code(value.key)}] = {code(value.value)}"
    if isinstance(value, cst.SetComp):
        return "set()", f"{name}.add({code(value.elt)})"
    return "[]", f"{name}.append({code(value.elt)})"
