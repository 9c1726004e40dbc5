"""An index brought up to date equals one made afresh, whatever is typed into whatever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.blocks import Block

LINES = (
    "import os",
    "from a.b import (c,",
    "from __future__ import annotations",
    "x = 1",
    "y = [1, 2,",
    "]",
    "z = {'a': \"b\", (1): [2]}",
    "def f(a, b=(1, 2)):",
    "    def inner(self):",
    "    return f",
    "        return (",
    "async def g():",
    "class A(B):",
    "    class C:",
    "\tdef tabbed(self):",
    '    """Says something.',
    '    """',
    '"""',
    "'''",
    "'it''s",
    "    # a comment",
    "# a comment",
    "@decorator",
    "    @property",
    "if x:",
    "else:",
    "    pass",
    "  odd",
    "try: pass",
    "except E:",
    "a = b + \\",
    "    not c",
    "",
    "   ",
    "\f",
    "match x:",
    "    case 1: pass",
    'f"{x!r:>{width}}" + r"\\d"',
    "\ufeff",
    "é = '\U0001d4b3' # ☃",
    "\ud800",
    "\0",
    ")",
    "    x: int = 3",
)
TYPED = (*"\"'()[]{}\\#@:;x \t\n\r\f", '"""', "'''", "\r\n", "def f(", "class A:\n    ", "import x\n", "else:", "    ")

line = st.sampled_from(LINES)
ending = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
block = st.one_of(
    st.tuples(line, ending).map("".join),
    st.integers(1, 30).map(lambda count: "".join(f"value_{number} = {number}\n" for number in range(count))),
    st.integers(1, 9).map(
        lambda count: (
            "class Long:\n    '''Doc.'''\n"
            + "".join(f"    def m{number}(self):\n        return [\n{number}]\n\n" * 2 for number in range(count))
            + "    x = 1\n" * 9
        )
    ),
)
source = st.lists(block, max_size=40).map("".join)
typed = st.one_of(st.sampled_from(TYPED), line, st.text(max_size=4), block)
edit = st.tuples(st.floats(0, 1), st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 400)), typed)


def facts(blocks: Sequence[Block]) -> list[tuple[object, ...]]:
    """All that an index says of its blocks."""
    return [
        (
            block.kind,
            block.name,
            (block.start, block.end, block.start_line, block.end_line),
            block.text,
            block.problem,
            facts(block.members),
        )
        for block in blocks
    ]


def apply(text: str, change: tuple[float, int, str]) -> str:
    """``text`` with some characters at a relative place replaced."""
    place, removed, added = change
    start = round(place * len(text))
    return text[:start] + added + text[start + removed :]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(source, st.lists(edit, min_size=1, max_size=6))
def test_an_updated_index_equals_a_fresh_one(text: str, edits: list[tuple[float, int, str]]) -> None:
    index = BlockIndex.of(text)
    for change in edits:
        text = apply(text, change)
        index = index.updated(text)
        fresh = BlockIndex.of(text)
        assert facts(index.blocks) == facts(fresh.blocks)
        assert index.definitions() == fresh.definitions()
        assert index.imports_text() == fresh.imports_text()
        assert index.problems == fresh.problems


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(source, st.text(), st.text(alphabet="\"'()[]\\#:@ \t\r\nx")))
def test_blocks_tile_any_text(text: str) -> None:
    index = BlockIndex.of(text)
    check_tiling(index.blocks, text, 0, 0)


def check_tiling(blocks: Sequence[Block], text: str, start: int, line: int) -> None:
    """Blocks cover ``text`` without gap or overlap, lines and offsets agree, and so do their members."""
    assert "".join(block.text for block in blocks) == text
    for block in blocks:
        assert (block.start, block.start_line) == (start, line)
        if block.members:
            check_tiling(block.members, block.text, start, line)
        start += len(block.text)
        line += len(Document("", block.text).line_starts) - 1
        assert block.end == start
