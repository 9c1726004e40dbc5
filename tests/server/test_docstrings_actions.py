"""What is offered about a docstring at a cursor, and docstrings put into other styles."""

from __future__ import annotations

import random
import re

import pytest

from python_slm.docstrings.actions import DocstringAction, at, everywhere
from python_slm.docstrings.convert import converted
from python_slm.docstrings.entries import STYLES, StyleName, locate
from python_slm.docstrings.proof import applied, unchanged
from python_slm.syntax.blocks import BlockIndex
from tests.server.documented import docstring_of

STALE = docstring_of("a", '"""Do it.\n\n    Args:\n        b: Second.\n        c: Third.\n    """', "return a")


def offered(source: str, mark: str) -> list[DocstringAction]:
    return at(BlockIndex.of(source), source.index(mark), path="app.py")


@pytest.mark.parametrize("mark", ["def f", "Args:", "Third"])
def test_a_header_and_a_docstring_offer_to_update_and_to_convert(mark: str) -> None:
    kinds = [(one.kind, one.name) for one in offered("x = 1\n\n\n" + STALE, mark)]
    assert kinds == [("update", "f"), *[("convert", "f")] * 3]


def test_an_update_is_what_the_finding_offers() -> None:
    source = "x = 1\n\n\n" + STALE
    update = offered(source, "def f")[0]
    after = applied(source, update.fix.edits)
    assert unchanged(source, after)
    assert "        a: The a.\n" in after
    assert update.fix.title == "Update the docstring of f"


def test_a_body_offers_nothing() -> None:
    assert offered(STALE, "return a") == []


def test_a_definition_without_one_is_offered_one() -> None:
    source = "@property\ndef f(a):\n    return a\n"
    (add,) = offered(source, "@property")
    assert (add.kind, '"""' in applied(source, add.fix.edits)) == ("add", True)


def test_private_and_nested_functions_may_have_one_too() -> None:
    source = "def _f():\n    def g():\n        return 1\n    return g\n"
    assert [one.name for one in offered(source, "_f")] == ["_f"]
    assert [one.name for one in offered(source, "def g")] == ["_f.g"]


def test_everything_that_is_missing_at_once() -> None:
    source = "def f():\n    return 1\n\n\nclass A:\n    def g(self):\n        return 2\n"
    fix = everywhere(BlockIndex.of(source), path="app.py")
    assert fix is not None
    assert len(fix.edits) == 4
    assert unchanged(source, applied(source, fix.edits))


EXAMPLE = {
    "google": """Do it.

At length.

Args:
    a (int): First,
        and more.
    *rest: Others.

Returns:
    str: The text.

Raises:
    KeyError: If not.

Note:
    Mind this.""",
    "numpy": """Do it.

At length.

Parameters
----------
a : int
    First,
    and more.
*rest
    Others.

Returns
-------
str
    The text.

Raises
------
KeyError
    If not.

Note
----
Mind this.""",
    "sphinx": """Do it.

At length.

:param a: First,
    and more.
:type a: int
:param *rest: Others.
:returns: The text.
:rtype: str
:raises KeyError: If not.

Note:
    Mind this.""",
}


@pytest.mark.parametrize("to", EXAMPLE)
@pytest.mark.parametrize("of", ["google", "numpy"])
def test_a_docstring_in_another_style(of: StyleName, to: StyleName) -> None:
    lines = EXAMPLE[of].split("\n")
    found = converted(locate(lines, of), to, indent="    ")
    assert found is not None
    assert "\n".join(found) == EXAMPLE[to]


def test_an_unclear_docstring_is_not_converted() -> None:
    lines = ["Do it.", "", "Args:", "    what this line is nobody knows"]
    assert [one.kind for one in offered(docstring_of("a", '"""' + "\n    ".join(lines) + '\n    """'), "def f")] == []


def _random_docstring(chance: random.Random) -> tuple[list[str], list[str]]:
    """A Google docstring of unique words, and these."""
    words = [f"word{number}q" for number in range(60)]
    left = iter(words)

    def text(indent: str) -> list[str]:
        lines = [
            indent + " ".join(next(left) for _ in range(chance.randint(1, 3))) for _ in range(chance.randint(1, 3))
        ]
        if chance.random() < 0.3:
            lines += ["", indent + f"* {next(left)}", indent + f"* {next(left)}"]
        return lines

    lines = ["Do it.", "", *text(""), "", "Args:"]
    for name in ("a", "b", "c")[: chance.randint(1, 3)]:
        kind = chance.choice(["", " (int)", " (dict[str, list[int]])"])
        first, *rest = text("        ")
        lines += [f"    {name}{kind}: {first.strip()}", *rest]
    if chance.random() < 0.5:
        lines += ["", "Returns:", *text("    ")]
    if chance.random() < 0.5:
        lines += ["", "Note:", *text("    ")]
    return lines, [word for word in words if any(word in line for line in lines)]


@pytest.mark.parametrize("style", STYLES)
def test_no_word_is_lost_on_the_way_through_all_styles(style: StyleName) -> None:
    for seed in range(40):
        chance = random.Random(f"{style}{seed}")
        lines, words = _random_docstring(chance)
        first = lines if style == "google" else converted(locate(lines, "google"), style, indent="    ")
        assert first is not None
        now: StyleName = style
        for other in chance.sample(STYLES, 4):
            if other == now:
                continue
            after = converted(locate(first, now), other, indent="    ")
            assert after is not None, (now, other, first)
            first, now = after, other
            assert re.findall(r"word\d+q", " ".join(first)) == words, first
