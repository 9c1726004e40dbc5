"""The shadow of a broken buffer: it parses, has as many lines, and differs in few of them."""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.lines import line_count
from python_slm.syntax.repair import Span, closers_of, shadow_of
from tests.server.test_blocks import BREAKS
from tests.server.test_blocks_property import apply, edit, source

if TYPE_CHECKING:
    from collections.abc import Callable

STDLIB = Path(sysconfig.get_path("stdlib"))
MODULES = ("argparse", "textwrap", "tokenize", "dataclasses", "configparser", "heapq", "string", "contextlib")


def parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError:
            return False
    return True


def check(text: str, want: str) -> None:
    """The shadow of ``text``, and that its lines are the text's but for those that it says are replaced."""
    shadow = shadow_of(BlockIndex.of(text))
    assert shadow.text == want
    assert parses(shadow.text)
    replaced = {line for span in shadow.replaced for line in range(span.first, span.last)}
    pairs = enumerate(zip(text.split("\n"), shadow.text.split("\n"), strict=True))
    assert replaced == {line for line, (old, new) in pairs if old != new}


def test_what_parses_is_its_own_shadow() -> None:
    text = "import os\n\n\ndef f():\n    return os\n"
    assert shadow_of(BlockIndex.of(text)).text == text
    assert shadow_of(BlockIndex.of(text)).replaced == ()


def test_open_brackets_are_closed_where_the_line_ends() -> None:
    check("def f(a):\n    x = g(a, [1\n    return x\n", "def f(a):\n    x = g(a, [1])\n    return x\n")


def test_a_line_that_waits_for_a_name_loses_its_last_dot() -> None:
    check("def f(a):\n    a.b.\n    return a\n", "def f(a):\n    a.b\n    return a\n")


def test_what_waits_for_an_operand_gets_one() -> None:
    check("def f(a):\n    x =\n    return a\n", "def f(a):\n    x = None\n    return a\n")
    check("def f(a):\n    g(a and\n    return a\n", "def f(a):\n    g(a and None)\n    return a\n")


def test_a_header_without_a_body_gets_one_on_its_own_line() -> None:
    check("def f(a):\n    if a:\n    return a\n", "def f(a):\n    if a: pass\n    return a\n")
    check("def f(a):\n    for x in a:  # all\n    return a\n", "def f(a):\n    for x in a: pass\n    return a\n")


def test_a_function_that_only_begins_keeps_its_name() -> None:
    check("def f(a):\n\n\nx = 1\n", "def f(a): pass\n\n\nx = 1\n")


def test_a_try_that_nothing_catches_becomes_an_if() -> None:
    check("def f(a):\n    try:\n        a()\n    return a\n", "def f(a):\n    if 1:\n        a()\n    return a\n")


def test_words_that_are_no_code_become_nothing() -> None:
    check("def f(a):\n    say it all\n    return a\n", "def f(a):\n    pass\n    return a\n")


def test_a_broken_header_keeps_its_body() -> None:
    check(
        "def f(a):\n    while a b c:\n        a()\n    return a\n",
        "def f(a):\n    if 1:\n        a()\n    return a\n",
    )


def test_line_ends_stay_as_they_are() -> None:
    check("x = 1\r\ny = (\r\ndef f():\r\n    pass\r\n", "x = 1\r\ny = ()\r\ndef f():\r\n    pass\r\n")


def test_a_class_of_many_members_loses_one_line_of_one() -> None:
    text = "class Long:\n" + "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(30))
    shadow = shadow_of(BlockIndex.of(text.replace("return 7\n", "return self.\n")))
    assert shadow.text == text.replace("return 7\n", "return self\n")
    assert shadow.replaced == (Span(23, 24),)


def test_the_cursors_line_is_where_damage_is_looked_for_first() -> None:
    text = "def f(a):\n    x = [\n    a.b()\n    a.c()\n    return x\n"
    assert shadow_of(BlockIndex.of(text), line=1).replaced == (Span(1, 2),)


def test_closers_are_those_of_brackets_outside_of_strings_and_comments() -> None:
    assert closers_of("f(a, {'(': [1") == "]})"
    assert closers_of("f()  # (") == ""


def test_a_text_too_long_to_cut_becomes_empty_lines() -> None:
    text = "x = 1\n" * 200_001
    assert shadow_of(BlockIndex.of(text)).text == "\n" * 200_001


def test_broken_real_files_have_shadows_that_differ_in_few_lines(
    record_property: Callable[[str, object], None],
) -> None:
    """Real files, broken in 15 places each: every shadow parses; half of them differ in one line, nine tenths in 12."""
    choose = random.Random(0)
    replaced = []
    for module in MODULES:
        text = (STDLIB / f"{module}.py").read_text(encoding="utf-8")
        index, lines = BlockIndex.of(text), text.splitlines(keepends=True)
        for _ in range(15):
            at, damage = choose.randrange(len(lines)), choose.choice((*BREAKS, "x = f(a, ", "self.", "try:"))
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" "))]
            broken = "".join([*lines[:at], f"{indent}{damage}\n", *lines[at:]])
            shadow = shadow_of(index.updated(broken))
            assert parses(shadow.text), (module, at, damage)
            assert line_count(shadow.text) == line_count(broken)
            replaced.append(sum(span.last - span.first for span in shadow.replaced))
    replaced.sort()
    middle, most = replaced[len(replaced) // 2], replaced[len(replaced) * 9 // 10]
    record_property("lines_replaced", [middle, most])
    print(f"lines replaced: p50 {middle}, p90 {most}")
    assert middle <= 1
    assert most <= 12


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(source, edit)
def test_a_shadow_has_as_many_lines_and_is_its_own_shadow(text: str, change: tuple[float, int, str]) -> None:
    broken = apply(text, change)
    shadow = shadow_of(BlockIndex.of(text).updated(broken))
    assert line_count(shadow.text) == line_count(broken)
    blocks = [part for whole in BlockIndex.of(broken).blocks for part in whole.members or (whole,)]
    assert all(block.problem is None or block.piece.shadow.replaced for block in blocks)


@pytest.mark.parametrize(
    "text", ["", "\n", "(", '"""', "\\", "\0", "def f(", "class A:\n    def f(", "é = (", "\ud800"]
)
def test_odd_texts_have_shadows_that_parse(text: str) -> None:
    shadow = shadow_of(BlockIndex.of(text))
    assert parses(shadow.text.replace("\ud800", "x"))
    assert line_count(shadow.text) == line_count(text)
