"""What a name stands for, told by its own file; and functions in plain words."""

from __future__ import annotations

import pytest

from python_slm.errors import RefusedError
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.explain import explain
from python_slm.tasks.symbol import symbol_at

TEXT = '''import os
import numpy as np
from json import dumps as d
LIMIT: int = 3

class Shop:
    """A shop."""
    rate = 2
    def __init__(self, items: list, *rest, scale=1, **more):
        self.items = items
    def total(self) -> int:
        """All of it."""
        return self.count() + len(self.items) + np.zeros(3).sum() + self.rate
    def count(self): return LIMIT

def use(shop: Shop, n=2):
    def inner(): return n
    for item in d(shop):
        value = os.path.join("a", n)
    return value, item, Shop, inner
'''


def check(marked: str, want: tuple[str, str, str] | None) -> None:
    """``marked``: some text of TEXT, ⟦name⟧ in it; ``want``: kind, name, header."""
    before, rest = marked.split("⟦")
    name, after = rest.split("⟧")
    offset = TEXT.index(before + name + after) + len(before)
    for at in (offset, offset + len(name)):
        found = symbol_at(BlockIndex.of(TEXT), at)
        assert (found and (found.kind, found.name, found.header)) == want
        assert found is None or TEXT[found.start : found.end] == name


@pytest.mark.parametrize(
    ("marked", "want"),
    [
        ("import ⟦os⟧", ("imported", "os", "import os")),
        ("import ⟦numpy⟧ as", ("imported", "np", "import numpy as np")),
        ("⟦np⟧.zeros", ("imported", "np", "import numpy as np")),
        ("np.⟦zeros⟧", ("imported", "np.zeros", "")),
        ("import ⟦dumps⟧ as", ("imported", "d", "from json import dumps as d")),
        ("return ⟦LIMIT⟧", ("variable", "LIMIT", "LIMIT: int = 3")),
        ("class ⟦Shop⟧", ("class", "Shop", "class Shop:")),
        ("shop: ⟦Shop⟧", ("class", "Shop", "class Shop:")),
        ("*⟦rest⟧,", ("parameter", "rest", "*rest")),
        ("⟦scale⟧=1", ("parameter", "scale", "scale = 1")),
        ("self.⟦count⟧()", ("method", "Shop.count", "def count(self):")),
        ("len(self.⟦items⟧)", ("variable", "Shop.items", "self.items = items")),
        ("+ self.⟦rate⟧", ("variable", "Shop.rate", "rate = 2")),
        ("⟦len⟧(", ("builtin", "len", "def len(obj, /)")),
        ("for ⟦item⟧", ("variable", "item", "for item in d(shop):")),
        ("Shop, ⟦inner⟧", ("function", "inner", "def inner():")),
        ("⟦return⟧ LIMIT", None),
        ("A ⟦shop⟧.", None),
        ('"⟦a⟧"', None),
    ],
)
def test_a_name_is_told_by_its_file(marked: str, want: tuple[str, str, str] | None) -> None:
    check(marked, want)


def test_names_in_code_that_does_not_parse_are_found_by_their_words() -> None:
    text = TEXT + "\n\ndef half(a):\n    Shop(\n    np.ones(\n"
    index = BlockIndex.of(text)
    found = symbol_at(index, text.index("Shop(\n") + 1)
    assert found is not None
    assert found.docstring == "A shop."
    ones = symbol_at(index, text.index("ones(") + 1)
    assert ones is not None
    assert (ones.kind, ones.name) == ("imported", "np.ones")


def test_an_explanation_holds_what_the_code_says_and_no_more() -> None:
    text = (
        "async def go(a, b: int = 3, *c):\n    global X\n"
        "    for i in a:\n        for j in b:\n            if i and j:\n"
        "                a.append(i); print(j); go(a)\n            elif j < 3:\n                raise ValueError(j)\n"
        "    yield 3\n"
    )
    assert explain(BlockIndex.of(text), text.index("yield")).sentences == (
        "`go` is an asynchronous generator that takes `a`, `b` (`int`, `3` if not given) and `*c`.",
        "It yields `3`.",
        "It raises `ValueError` if `j < 3`.",
        "It calls `a.append` and `print`.",
        "Beside its result, it sets the module's `X`, changes `a` and prints.",
        "There are 6 ways through it, loops 2 deep, and it calls itself.",
    )


def test_a_class_and_its_methods_are_told_apart() -> None:
    index = BlockIndex.of(TEXT)
    assert explain(index, TEXT.index("Shop:")).sentences[0] == "`Shop` is a class."
    method = explain(index, TEXT.index("total"))
    assert method.name == "Shop.total"
    assert method.sentences[0] == "`total` is a method of `Shop`."
    assert "By itself it changes nothing outside; what it calls may." in method.sentences
    count = explain(index, TEXT.index("return LIMIT")).sentences
    assert "It changes nothing outside." in count


@pytest.mark.parametrize("text", ["x = 1\n", "def half(\n    x\n"])
def test_where_there_is_no_function_to_explain_the_reason_is_told(text: str) -> None:
    with pytest.raises(RefusedError, match=r"cursor|parse"):
        explain(BlockIndex.of(text), len(text))
