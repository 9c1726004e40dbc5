"""Whatever the text and whatever is typed: no rule fails, and what was kept is what would be found anew."""

from __future__ import annotations

import cmd
import inspect
import random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_slm.rules import catalog
from python_slm.rules.base import rules_in
from python_slm.rules.find import find
from python_slm.syntax.blocks import BlockIndex
from tests.server.rule_examples import module_of, unmarked

if TYPE_CHECKING:
    from python_slm.findings import Finding

EXAMPLES = [
    unmarked(text)[0]
    for rule in rules_in(catalog)
    for kind in ("VALID", "INVALID")
    for text in getattr(module_of(rule), kind)
]
SCRAPS = [
    "\n", "    ", "def f(x):\n    return 1\n", "f = 1\n", "class A(B):\n    pass\n", "(", '"""', "x.f = 1\n", "é", "\r",
    "from y import *\n", "global f\n", "# slm: ignore[dead-store]\n", "return\n", "async def f():\n    pass\n", "\x00",
]  # fmt: skip


def said(findings: list[Finding]) -> list[object]:
    return [(one.code, one.start, one.end, one.message, one.fixes, one.related, one.suppress) for one in findings]


@given(st.lists(st.sampled_from([*EXAMPLES, *SCRAPS]), max_size=6), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_kept_is_what_would_be_found(parts: list[str], data: st.DataObject) -> None:
    index = BlockIndex.of("".join(parts))
    find(index)
    for _ in range(4):
        text = index.text
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        typed = data.draw(st.sampled_from([*SCRAPS, *EXAMPLES, "", "x"]))
        index = index.updated(text[:start] + typed + text[end:])
        assert said(find(index)) == said(find(BlockIndex.of(index.text)))


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_will_do(text: str) -> None:
    for one in find(BlockIndex.of(text)):
        assert 0 <= one.start <= one.end <= len(text)


def test_deep_nesting_is_left_alone() -> None:
    find(BlockIndex.of("x = " + " + ".join(["a"] * 5000) + "\n" + "y = " + "-" * 3000 + "1\n"))


def test_edits_in_a_real_file() -> None:
    """Long classes are read in parts: what a part says may hang on another one."""
    draw = random.Random(7)
    index = BlockIndex.of(inspect.getsource(cmd))
    find(index)
    for _ in range(8):
        text = index.text
        start = draw.randrange(len(text))
        line = text.find("\n", start) + 1
        typed = draw.choice(["    x = self.foo()\n", "        return self.prompt\n", "def f(x):\n    pass\n", "x", "#"])
        index = index.updated(text[:line] + typed + text[line + draw.choice([0, 0, 40]) :])
        assert said(find(index)) == said(find(BlockIndex.of(index.text)))
