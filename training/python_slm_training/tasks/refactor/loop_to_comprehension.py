"""``out = []; for x in xs: out.append(f(x))`` → ``out = [f(x) for x in xs]``; sets and dictionaries alike."""

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
    fits,
    has_comment,
    has_flow,
    pair_of,
    single,
    small,
    uses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "loop-to-comprehension"
HINT = re.compile(r"= (?:\[\]|\{\}|set\(\))\n(?:\s*\n)*\s+for ")
TARGET_IS_REAL = False
_EMPTY = {"[]": "append", "set()": "add", "{}": ""}

EXAMPLES = (
    (
        """\
def f(xs):
    out = []
    for x in xs:
        if x > 1:
            out.append(x * x)
    return out
""",
        """\
def f(xs):
    out = [x * x for x in xs if x > 1]
    return out
""",
        "f([1, 2, 3])",
    ),
    (
        """\
def f(xs):
    sizes = {}
    for k, v in xs:
        sizes[k] = len(v)
    return sizes
""",
        """\
def f(xs):
    sizes = {k: len(v) for k, v in xs}
    return sizes
""",
        "f([('a', 'bc'), ('d', '')])",
    ),
    (
        """\
def f(xs):
    seen = set()
    for x in xs:
        seen.add(x or 1)
    return sorted(seen)
""",
        """\
def f(xs):
    seen = {x or 1 for x in xs}
    return sorted(seen)
""",
        "f([0, 1, 2, 2])",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where the loop does nothing else, and its variable is used nowhere else in the function."""
    return pair_of(tree, _Rewriter(tree))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        for at in range(len(body) - 1):
            line = self._comprehension(body[at], body[at + 1])
            if line is not None:
                return [*body[:at], line, *body[at + 2 :]]
        return None

    def _comprehension(self, first: cst.BaseStatement, loop: cst.BaseStatement) -> cst.BaseStatement | None:
        start = assigned(first)
        if start is None or code(start[1]) not in _EMPTY or not isinstance(loop, cst.For):
            return None
        if (
            loop.asynchronous
            or loop.orelse
            or has_comment(loop)
            or any(has_comment(line) for line in loop.leading_lines)
        ):
            return None
        inner, condition = single(loop.body), ""
        if isinstance(inner, cst.If) and inner.orelse is None:
            condition = f" if {code(inner.test)}"
            inner = single(inner.body)
        element = _element(inner, start[0], _EMPTY[code(start[1])])
        if element is None or self._leaks(loop, start[0]):
            return None
        opening, closing = ("[", "]") if code(start[1]) == "[]" else ("{", "}")
        text = f"{start[0]} = {opening}{element} for {code(loop.target)} in {_iterable(loop)}{condition}{closing}"
        line = cst.parse_statement(text)
        assert isinstance(first, cst.SimpleStatementLine)
        return line.with_changes(leading_lines=first.leading_lines) if fits(line) else None

    def _leaks(self, loop: cst.For, name: str) -> bool:
        """Whether the loop's variable lives on, the collection is read in the loop, or it awaits or yields."""
        variables = {each.value for each in every(loop.target, cst.Name)}
        outside = any(uses(self.tree, each) > uses(loop, each) for each in variables)
        return outside or uses(loop, name) != 1 or has_flow(loop)


def _iterable(loop: cst.For) -> str:
    bare = isinstance(loop.iter, cst.Tuple) and not loop.iter.lpar
    return f"({code(loop.iter)})" if bare or isinstance(loop.iter, cst.IfExp | cst.Lambda) else code(loop.iter)


def _element(inner: cst.BaseStatement | None, name: str, method: str) -> str | None:
    """What one turn adds to the collection: ``value``, or ``key: value``."""
    found = small(inner)
    if method and isinstance(found, cst.Expr) and isinstance(found.value, cst.Call):
        call = found.value
        if (
            code(call.func) == f"{name}.{method}"
            and len(call.args) == 1
            and not (call.args[0].star or call.args[0].keyword)
        ):
            value = call.args[0].value
            return code(value)
    if not method and isinstance(found, cst.Assign) and len(found.targets) == 1:
        target = found.targets[0].target
        if isinstance(target, cst.Subscript) and code(target.value) == name and len(target.slice) == 1:
            index = target.slice[0].slice
            return (
                f"{code(index.value)}: {code(found.value)}" if isinstance(index, cst.Index) and not index.star else None
            )
    return None
