"""Where suggestions stop and what is taken off them. ``|`` is the cursor."""

from __future__ import annotations

import pytest

from python_slm.postprocess import Cursor, Insertion, block_stop, insertion, single_line_stop, stop_at


def check(buffer: str, model: str, want: str, *, replaced: int = 0, ended: bool = False) -> None:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    assert insertion(model, Cursor.at(text, offset), ended=ended) == Insertion(want, replaced)


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
        ("return a\nprint()", "return a"),
        ("a = 1\n\n    return a\n\n\ndef g", "a = 1\n\n    return a"),
        ("a = 1\n  # comment\n", "a = 1"),
        ("\n    a = 1\n    return a\n    b", "\n    a = 1\n    return a"),
    ],
)
def test_block_stops_at_the_dedent(text: str, kept: str) -> None:
    end = block_stop(4)(text)
    assert end is not None
    assert text[:end] == kept


def test_block_goes_on_while_it_is_a_block() -> None:
    assert block_stop(4)("a = 1\n    b = ") is None
    assert block_stop(4)("a = 1\n\n") is None


def test_a_header_goes_on_with_one_line_where_there_is_a_body() -> None:
    text = "if a:|\n    return b\n"
    cursor = Cursor.at(text.replace("|", ""), text.index("|"))
    assert stop_at(cursor, multiline=True)("\n    x = 1\n    y = 2\n") == len("\n    x = 1")


def test_block_stops_after_two_lines() -> None:
    text = "".join(f"    x{index} = {index}\n" for index in range(20))
    end = block_stop(4)(text)
    assert end is not None
    assert text[:end].count("\n") == 1


@pytest.mark.parametrize(
    ("buffer", "lines"),
    [
        ("def f():\n    |", 2),
        ("def f():\n    |\n\n\ndef g():\n    pass\n", 2),
        ("def f():\n    |\n    return total\n", 1),
        ('def f():\n    """Says."""\n    |', 2),
        ('def f():\n    r"""Says\n    more.\n    """\n\n    |\n\nx = 1', 2),
        ('def f():\n    """Says."""\n    |\n    return 1', 1),
        ('x = """text"""\n|', 1),
        ('def f():\n    x = 1\n    """odd"""\n    |', 1),
        ("x = 1\n|", 1),
    ],
)
def test_says_several_lines_where_a_body_begins(buffer: str, lines: int) -> None:
    cursor = Cursor.at(buffer.replace("|", "", 1), buffer.index("|"))
    text = "".join(f"    x{index} = {index}\n" for index in range(20))
    end = stop_at(cursor, multiline=True)(text)
    assert end is not None
    assert text[:end].count("\n") + 1 == lines
    assert stop_at(cursor, multiline=False)(text) == text.index("\n")


def test_leaves_out_a_last_line_that_was_cut_short() -> None:
    cursor = Cursor.at("def f():\n    ", 13)
    assert insertion("a = 1\n    b = 2", cursor, complete=False).text == "a = 1"
    assert not insertion("a = 1", cursor, complete=False).text


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


@pytest.mark.parametrize(
    ("buffer", "model", "want", "replaced"),
    [
        ("foo(|)", "a, b) + c", "a, b) + c", 1),
        ("x = |None", "foo(None)", "foo(None)", 4),
        ("foo(|, y)", "x, y=1)", "x, y=1", 3),
        ('print("|")', 'hello", end="")', 'hello", end="', 0),
        ("def f(|):", "self) -> int:", "self) -> int", 1),
        ("x = [|]", "1][0]", "1][0", 0),
        ("return |a", "a", "", 0),
    ],
)
def test_replaces_what_the_line_says_again(buffer: str, model: str, want: str, replaced: int) -> None:
    check(buffer, model, want, replaced=replaced)


@pytest.mark.parametrize(
    ("buffer", "model", "want"),
    [
        ("foo(|, y)", "x)", "x"),
        ("def f(self, |) -> int:", "x):", "x"),
        ("bar(foo(|))", "a), b", "a"),
        ('log("|: %s", x)', 'done")', "done"),
    ],
)
def test_stops_where_the_rest_of_the_line_closes(buffer: str, model: str, want: str) -> None:
    check(buffer, model, want)


@pytest.mark.parametrize(
    ("buffer", "model"),
    [
        ("|return x", "if y:"),
        ("x = na|me", "tion"),
        ("x = |y + 1", "compute(z)"),
        ("f(|x)", "a, b"),
    ],
)
def test_says_nothing_that_does_not_go_with_the_rest_of_the_line(buffer: str, model: str) -> None:
    check(buffer, model, "")


def test_puts_before_the_rest_what_the_model_itself_ended() -> None:
    check("x = |y + 1", "z * ", "z *", ended=True)
    check("f(|x)", "a, ", "a,", ended=True)


def test_leaves_a_comment_right_of_the_cursor() -> None:
    check("x = |  # the answer", "42", "42")


def test_drops_the_line_that_stands_right_above_unless_it_is_short() -> None:
    check("    self.total.update(other)\n    |", "self.total.update(other)", "")
    check("        pass\n    |", "pass", "pass")
    check("if a:\n    close(b)\n|", "close(b)", "close(b)")


def test_ends_a_body_where_the_file_goes_on() -> None:
    check("def f():\n    |\n    return total\n", "total = 1\n    return total", "total = 1")
    check("x = [\n    |\n]\n", "1,\n    2,\n]", "1,\n    2,\n]")


def test_stops_saying_the_same_lines_over_and_over() -> None:
    check("|", "a.get()\n# again\na.get()\n# again\na.get()", "a.get()\n# again")


@pytest.mark.parametrize(
    ("buffer", "model", "want"),
    [
        ("def f():\n\t|", "if x:\n        return x", "if x:\n\t\treturn x"),
        ("def f():\n    |", "if x:\n\t\treturn x", "if x:\n        return x"),
        ("def f():\n\tg = h(a,\n\t  b)\n\t|", "k = h(a,\n\t      b)", "k = h(a,\n\t\t  b)"),
        ("def f():\n    |", "if x:\n        return x", "if x:\n        return x"),
    ],
)
def test_indents_as_the_lines_around(buffer: str, model: str, want: str) -> None:
    check(buffer, model, want)


@pytest.mark.parametrize(
    ("buffer", "model", "complete", "why"),
    [
        ("x = |", "   ", True, "nothing but blanks"),
        ("x = |", "compute(1, 2, 3", False, "cut short within its first line"),
        ("x = |", "1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2", True, "it repeats itself"),
        ("y = 1|\nreturn x\n", "\nreturn x", True, "it says the line below"),
        ("f(|)", ")", True, "it does not go with what stands right of the cursor, or says it again"),
        ("x = 1\n|\ny = 2\n", "x = 1", True, "it repeats a line beside the cursor"),
        ("x = |", "1", True, ""),
    ],
)
def test_an_empty_insertion_says_why(buffer: str, model: str, complete: bool, why: str) -> None:
    cursor = Cursor.at(buffer.replace("|", "", 1), buffer.index("|"))
    assert insertion(model, cursor, complete=complete).why == why
