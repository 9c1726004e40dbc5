"""Whatever the model says, wherever: a buffer that compiled still does, and nothing raises."""

from __future__ import annotations

import email.message
import inspect
import random
import textwrap
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from python_slm.checks.base import Candidate, Place
from python_slm.checks.parses import Edited, Parses, body_of
from python_slm.engine.decode import Generation
from python_slm.postprocess import Cursor, insertion
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem, decided_by_blocks, error_in, leaves
from python_slm.text import Document
from tests.server.test_blocks_property import source

STATEMENTS = (
    "import os",
    "from __future__ import annotations",
    "x = 1",
    "global x",
    "def f(a, b=(1, 2)):\n    global x\n    x = a\n    return b",
    "async def g(a):\n    await a\n    yield [b async for b in a]",
    "class A:\n    y: int = 3\n\n    @property\n    def m(self):\n        for i in self:\n            break\n",
    "class Long:\n" + "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(25)),
    "if x:\n    def h():\n        y = 1\n        return y\nelse:\n    x = [\n        1,\n    ]",
    "try:\n    x\nexcept E:\n    pass",
    "value = call(\n    1,\n    name='é',\n)",
    "def t():\n\tif x:\n\t\treturn x",
    "text = '''\nline\n'''",
    "# a comment",
    "",
)
FRAGMENTS = """\
return x|await f()|yield|break|continue|nonlocal x|global x|def f(a, a):|class B:|x = 2|import re|try:|else:|match x:
from __future__ import division|f(a=1, a=2)|(|)|[|'|#|:|, b|*a, *b = c|print x|except E, F:|{'a':|lambda:|@property
async with a:|x| = |.y|1|del f()|None|a, b)|f(None)|return [b async for b in a]|case 1:|type X = int|x := 1|if x: """
SAID = [
    *FRAGMENTS.replace("\n", "|").split("|"),
    *("\n", "\n    ", "\n        ", "\t", "    x = 1", "    return 1\n    return 2", "\\", "\\\n", "\0", '"""'),
]

statements = st.lists(st.sampled_from(STATEMENTS), max_size=8).map(lambda parts: "".join(part + "\n" for part in parts))
said = st.one_of(
    st.sampled_from(SAID),
    st.lists(st.sampled_from(SAID), min_size=1, max_size=4).map("".join),
    st.sampled_from(STATEMENTS),
    st.text(max_size=6),
)
cursor = st.tuples(st.floats(0, 1), st.sampled_from(["", "", "\n", "    ", "\n    ", "\n        "]))


def generation(text: str) -> Generation:
    return Generation(text, (), (), 0.0, 1, 0, 0.0, 0.0, "stop")


def compiles(text: str) -> bool:
    """The definition: what Python says of the whole buffer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<buffer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def check(text: str, offset: int, model: str, *, replaced: int = 0, index: BlockIndex | None = None) -> bool:
    """Judge a text as it is; whether it is shown."""
    place = Place(Document("", text), offset, index or BlockIndex.of(text), CompletionSettings())
    candidate = Candidate(model, offset, offset + replaced, generation(model))
    shown = Parses().examine(candidate, place).candidate
    if shown is None:
        return False
    after = place.with_edit(shown)
    if compiles(text) and not compiles(after):
        end = shown.start + len(shown.text)
        assert shown.text.endswith(":"), after
        assert Edited.of(shown, place).waits
        assert compiles(after[:end] + body_of(after[:end]) + after[end:]), after
    return True


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(statements, cursor, said, st.integers(0, 3))
def test_what_compiled_compiles_with_the_suggestion(
    text: str, where: tuple[float, str], model: str, replaced: int
) -> None:
    place, typed = where
    offset = round(place * len(text))
    check(text[:offset] + typed + text[offset:], offset + len(typed), model, replaced=replaced)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(source, st.text()), st.floats(0, 1), st.one_of(said, st.text()), st.booleans())
def test_nothing_that_is_said_anywhere_raises(text: str, place: float, model: str, complete: bool) -> None:
    offset = round(place * len(text))
    found = insertion(model, Cursor.at(text, offset), complete=complete)
    if found.text:
        check(text, offset, found.text, replaced=found.replaced)
        replaced = text[offset : offset + found.replaced]
        assert "\n" not in replaced
        rest = iter(found.text)
        assert all(character in rest for character in replaced)  # or VS Code shows nothing


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(statements)
def test_a_file_compiles_when_its_blocks_do(text: str) -> None:
    index = BlockIndex.of(text)
    assume(decided_by_blocks(index, 0, 0))
    by_blocks = not index.problems and not any(error_in(index, leaf) for leaf in leaves(index))
    assert by_blocks == (compiler_problem(text) is None) == compiles(text)


@pytest.mark.parametrize("module", [email.message, textwrap])
def test_a_real_file_is_never_broken(module: object) -> None:
    """Any line of it, said at the start of any other."""
    text = Path(inspect.getfile(module)).read_text(encoding="utf-8")  # type: ignore[arg-type]
    lines = [line + "\n" for line in text.splitlines() if line.strip()]
    chance, index = random.Random(0), BlockIndex.of(text)
    starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
    places = [(chance.choice(starts), chance.choice(lines)) for _ in range(100)]
    assert sum(check(text, *place, index=index) for place in places) > 10
