"""Where suggestions stop and what is taken off them. ``|`` is the cursor."""

from __future__ import annotations

import pytest

from python_slm.postprocess import Cursor, block_stop, finish, single_line_stop


def check(buffer: str, model: str, want: str) -> None:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    assert finish(model, Cursor.at(text, offset)) == want


@pytest.mark.parametrize(
    ("buffer", "model", "want"),
    [
        ("f(|)", "x)", "x"),
        ("f(|)", "g(x)", "g(x)"),
        ("f(g(|))", "x))", "x"),
        ("x = [|]", "1, 2]", "1, 2"),
        ('print("|")', 'hello")', "hello"),
        ("def f(x)|:", " -> int:", " -> int"),
        ("def f(x|):", "=1):", "=1"),
        ("value = |", "compute()   ", "compute()"),
        ("value = |", "   ", ""),
        ("value = |\n", "\n", ""),
    ],
)
def test_takes_off_what_stands_right_of_the_cursor_already(buffer: str, model: str, want: str) -> None:
    check(buffer, model, want)


def test_drops_the_line_that_stands_right_below_already() -> None:
    check("total = 0\n|\nreturn total\n", "return total", "")
    check("total = 0\nret|\nreturn total\n", "urn total", "")
    check("total = 0\n|\nreturn total\n", "return 1", "return 1")


def test_stops_saying_the_same_line_over_and_over() -> None:
    check("|", "a()\n    b()\n    b()\n    b()\n    b()\n", "a()\n    b()")


def test_keeps_two_equal_lines() -> None:
    check("|", "b()\nb()\nc()", "b()\nb()\nc()")


@pytest.mark.parametrize(
    ("buffer", "opens"),
    [
        ("def f():\n    |", True),
        ("def f():|", True),
        ("def f():\n    |)", False),
        ("x = 1\n|", False),
        ("# note:\n|", False),
        ("if x: |", True),
        ("|", False),
    ],
)
def test_knows_where_a_block_opens(buffer: str, opens: bool) -> None:
    assert Cursor.at(buffer.replace("|", "", 1), buffer.index("|")).opens_block is opens


def test_single_line_stops_at_its_end() -> None:
    assert single_line_stop("return x\n    y") == len("return x")
    assert single_line_stop("return x") is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a = 1\n    return a\nprint()", "a = 1\n    return a"),
        ("a = 1\n\n    return a\n\n\ndef g", "a = 1\n\n    return a"),
        ("a = 1\n  # comment\n", "a = 1"),
    ],
)
def test_block_stops_at_the_dedent(text: str, kept: str) -> None:
    end = block_stop(4)(text)
    assert end is not None
    assert text[:end] == kept


def test_block_goes_on_while_it_is_a_block() -> None:
    assert block_stop(4)("a = 1\n    b = 2\n\n    ") is None


def test_block_stops_after_twelve_lines() -> None:
    text = "".join(f"    x{index} = {index}\n" for index in range(20))
    end = block_stop(4)(text)
    assert end is not None
    assert text[:end].count("\n") == 11


def test_leaves_out_a_last_line_that_was_cut_short() -> None:
    cursor = Cursor.at("def f():\n    ", 13)
    assert finish("a = 1\n    b = 2", cursor, complete=False) == "a = 1"
    assert not finish("a = 1", cursor, complete=False)


@pytest.mark.parametrize(
    ("buffer", "want"),
    [
        ("def f():\n    |", ""),
        ("def f():\n|", "    return 1"),
        ("x = 1\n|", ""),
        ("def f():|", "    return 1"),
    ],
)
def test_does_not_indent_twice(buffer: str, want: str) -> None:
    check(buffer, "    return 1", want)


def test_drops_a_stammer_but_not_a_ruler() -> None:
    check("|", '"""a new a new a new a new a new thing."""', "")
    check("|", "# ---------------------------------", "# ---------------------------------")
    check("|", "[0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0]")


@pytest.mark.parametrize(
    ("buffer", "model", "want"),
    [
        ("x = [item.na|", "me for item in items.values())", "me for item in items.values()]"),
        ("f(a[|", "0))", "0])"),
        ("x = [|", "'(', 1)", "'(', 1]"),
        ("x = |", "f(1)", "f(1)"),
        ("|", "x)", "x)"),
        ("f('(' + |", "b)  # [", "b)  # ["),
    ],
)
def test_closes_the_bracket_that_is_open(buffer: str, model: str, want: str) -> None:
    check(buffer, model, want)
