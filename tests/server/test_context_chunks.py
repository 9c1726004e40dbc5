"""What other places say: ranked, fitted, and laid out so that typing keeps the cached prefix."""

from __future__ import annotations

from python_slm import context, prompt
from python_slm.context.chunks import definition_chunk, ranked, recalled
from python_slm.engine.recall import NOTHING
from python_slm.project.surroundings import Chunk, ChunkSource, Definition, Parameter, Surroundings
from python_slm.settings import ContextSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document
from tests.fakes import byte_tokenizer

TOKENIZER = byte_tokenizer()  # one token a byte: budgets are in characters
ALL: frozenset[ChunkSource] = frozenset(("definition", "importer", "related", "tab", "edit", "yank"))


def function(name: str, path: str = "shapes.py", summary: str = "") -> Definition:
    return Definition(name, "function", path.removesuffix(".py"), path, 1, f"def {name}(width, height):", summary)


KNOWN = Surroundings(
    {name: function(name) for name in ("area", "volume", "other.weight", "unused")},
    (
        Chunk("importer", "user.py", "total = compute_total(area_of_circle)\n"),
        Chunk("tab", "tab.py", "compute_total = area_of_circle * 3\nprint(compute_total)\n"),
        Chunk("yank", "yank.py", "nothing_alike here_at_all\n"),
    ),
)
TEXT = "import other\n\n\ndef f(sizes):\n    compute_total = area(1, 2)\n    other.weight(3)\n    \n    return volume\n"
HERE = TEXT.index("    \n") + 4


def test_definitions_used_nearby_come_first_the_nearest_before_all() -> None:
    found = ranked(Document("", TEXT), HERE, KNOWN, ALL)
    names = [chunk.text.partition("(")[0].removeprefix("def ") for chunk in found if chunk.source == "definition"]
    assert names == ["other.weight", "volume", "area"]
    assert [chunk.source for chunk in found[3:]] == ["tab", "importer"]


def test_only_the_sources_that_are_asked_for() -> None:
    found = ranked(Document("", TEXT), HERE, KNOWN, frozenset(("tab",)))
    assert {chunk.source for chunk in found} == {"tab"}
    assert ranked(Document("", TEXT), HERE, KNOWN, frozenset()) == []


def test_settings_turn_each_source_off() -> None:
    names = ("definitions", "importers", "related", "tabs", "edits", "yanks")
    everything = ContextSettings(**dict.fromkeys(names, True))
    assert context.enabled(everything) == ALL
    for name in names:
        without = ContextSettings(**{**everything.__dict__, name: False})
        assert context.enabled(without) == ALL - {name.removesuffix("s")}


def test_the_line_that_is_typed_has_no_say() -> None:
    typed = TEXT[:HERE] + "unused(area_of_circle" + TEXT[HERE:]
    assert ranked(Document("", typed), HERE + 21, KNOWN, ALL) == ranked(Document("", TEXT), HERE, KNOWN, ALL)


def ids(text: str, offset: int, surroundings: Surroundings, budget: int = 1200) -> list[int]:
    found = context.gather(
        Document("", text),
        offset,
        tokenizer=TOKENIZER,
        budget_tokens=budget,
        path="main.py",
        blocks=BlockIndex.of(text),
        surroundings=surroundings,
        sources=ALL,
    )
    return prompt.complete_ids(TOKENIZER, found.prefix, found.suffix, path=found.path, chunks=found.chunks)


def shared(one: list[int], two: list[int]) -> float:
    same = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return same / len(one)


def test_typing_on_a_line_keeps_the_prompt_and_another_line_may_change_it() -> None:
    before = ids(TEXT, HERE, KNOWN)
    for typed in ("u", "un", "unused(volume, area", "x = 'quoted"):
        assert shared(before, ids(TEXT[:HERE] + typed + TEXT[HERE:], HERE + len(typed), KNOWN)) >= 0.95


def test_the_order_does_not_depend_on_the_rank() -> None:
    found = [
        context.gather(
            Document("", text),
            len(text),
            tokenizer=TOKENIZER,
            budget_tokens=2000,
            surroundings=KNOWN,
            sources=ALL,
        ).chunks
        for text in ("area\nvolume\n", "volume\narea\n")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_chunks_stay_within_their_share_of_the_budget() -> None:
    many = Surroundings({f"f{n}": function(f"f{n}", summary="word " * 9) for n in range(60)})
    text = "".join(f"f{n}()\n" for n in range(60))
    for budget in (100, 400, 2000):
        assert len(ids(text, len(text), many, budget)) <= budget
    found = context.gather(
        Document("", text), len(text), tokenizer=TOKENIZER, budget_tokens=2000, surroundings=many, sources=ALL
    )
    assert 300 < found.tokens["definition"] <= 500


def test_a_definition_reads_like_source() -> None:
    either = Parameter("name", "either", required=True)
    optional = Parameter("size", "keyword", required=False)
    shape = Definition(
        "s.Shape", "class", "s", "s.py", 0, "class Shape(Base):", "A shape.", parameters=(either, optional)
    )
    chunk = definition_chunk(shape)
    assert chunk is not None
    assert chunk.text == 'class Shape(Base):\n    """A shape."""\n    def __init__(self, name, *, size=...):\n'
    compile(chunk.text + "        pass\n", "chunk", "exec")
    assert definition_chunk(Definition("np", "module", "numpy", "np.py", 0, "", "Arrays.")) is None


def test_what_is_recalled_is_each_text_once_with_ends_between() -> None:
    chunk = Chunk("tab", "a.py", "x = 1\n")
    memory = recalled(Surroundings(chunks=(chunk, chunk, Chunk("yank", "", "y = 2\n"))), TOKENIZER, ALL).tolist()
    assert memory.count(NOTHING) == 2
    assert TOKENIZER.decode([token for token in memory if token != NOTHING]) == "x = 1\ny = 2\n"
    assert len(recalled(KNOWN, TOKENIZER, frozenset())) == 0
