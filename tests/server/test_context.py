"""Which code the prompt holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm import prompt
from python_slm.context import ANCHOR_LINES, gather, remembered
from python_slm.engine.recall import NOTHING
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document
from tests.fakes import byte_tokenizer

TOKENIZER = byte_tokenizer()  # one token a byte: budgets are in characters
FILE = "import os\nimport sys\n\n\n" + "".join(f"def function_{n}(a):\n    return a + {n}\n\n\n" for n in range(100))


def test_a_small_file_is_there_whole() -> None:
    found = gather(Document("", "a = 1\nb = 2\n"), 6, tokenizer=TOKENIZER, budget_tokens=512)
    assert (found.prefix, found.suffix, found.chunks) == ("a = 1\n", "b = 2\n", ())


def test_typing_leaves_the_window_where_it_begins() -> None:
    offset = FILE.index("    return a + 50")
    starts = set()
    for typed in ("", "x", "x = ", "x = foo(a"):
        document = Document("", FILE[:offset] + typed + FILE[offset:])
        found = gather(document, offset + len(typed), tokenizer=TOKENIZER, budget_tokens=1200)
        starts.add(offset + len(typed) - len(found.prefix))
    assert len(starts) == 1
    assert Document("", FILE).line_at(starts.pop()) % ANCHOR_LINES == 0


def test_imports_and_signatures_out_of_sight_are_told() -> None:
    offset = FILE.index("    return a + 50")
    found = gather(
        Document("", FILE), offset, tokenizer=TOKENIZER, budget_tokens=1200, path="m.py", blocks=BlockIndex.of(FILE)
    )
    [(path, outline)] = found.chunks
    assert path == "m.py"
    assert outline.startswith("import os\nimport sys\ndef function_0(a)")


def test_a_line_longer_than_the_budget_is_cut() -> None:
    text = "x = [" + "1, " * 100_000
    found = gather(Document("", text), len(text), tokenizer=TOKENIZER, budget_tokens=512)
    assert 0 < len(found.prefix) <= 512
    assert text.endswith(found.prefix)


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="ab:(\n\r\té😀 ", max_size=900), data=st.data(), budget=st.integers(64, 600))
def test_never_exceeds_the_budget_nor_invents_text(text: str, data: st.DataObject, budget: int) -> None:
    offset = data.draw(st.integers(0, len(text)))
    found = gather(
        Document("", text), offset, tokenizer=TOKENIZER, budget_tokens=budget, path="m.py", blocks=BlockIndex.of(text)
    )
    assert text[:offset].endswith(found.prefix)
    assert text[offset:].startswith(found.suffix)
    ids = prompt.complete_ids(TOKENIZER, found.prefix, found.suffix, path=found.path, chunks=found.chunks)
    assert len(ids) <= budget


def test_the_memory_is_the_file_without_the_cursors_line() -> None:
    text = "import os\n\n\ndef f(a):\n    b = a\n    return b\n\n\ndef g():\n    pass\n"
    offset = text.index("= a")
    memory = remembered(Document("", text), offset, TOKENIZER, BlockIndex.of(text)).tolist()
    cut = memory.index(NOTHING)
    assert TOKENIZER.decode(memory[:cut]) == text[: text.index("    b = a")]
    assert TOKENIZER.decode(memory[cut + 1 :]) == text[text.index("\n    return b") :]


@pytest.mark.parametrize("path", ["a.py", "package/module.py", "deep/" * 60 + "module.py", "m" * 400 + ".py"])
def test_a_long_path_leaves_the_prompt_within_its_budget(path: str) -> None:
    text = "import os\n\n\n" + "def function(value):\n    return os.path.join(value)\n\n\n" * 40
    document, tokenizer = Document("", text), byte_tokenizer()
    found = gather(document, len(text), tokenizer=tokenizer, budget_tokens=400, path=path, blocks=BlockIndex.of(text))
    ids = prompt.complete_ids(tokenizer, found.prefix, found.suffix, path=found.path, chunks=found.chunks)
    assert 200 < len(ids) <= 400
    assert path.endswith(found.path)
