"""Bug findings: which rewrites are thought of, what the model says of them, and what becomes a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_slm.bugs.assess import File, assess, plain_screen
from python_slm.bugs.calibration import Calibration
from python_slm.bugs.candidates import KINDS, candidates
from python_slm.bugs.facts import Facts, alike
from python_slm.bugs.find import Remembered, find
from python_slm.bugs.scene import Candidate, Scene, scenes
from python_slm.bugs.scorer import Scorer
from python_slm.bugs.vetoes import is_test
from python_slm.engine.decode import Decoder
from python_slm.errors import ModelCorruptError
from python_slm.syntax.blocks import BlockIndex
from tests.fakes import ScriptedModel
from tests.tiny_bugs import tiny_calibration

if TYPE_CHECKING:
    from python_slm.findings import Finding

SWAPPED = """\
def move(x, y):
    return x - y


def go(x, y):
    return move(y, x)
"""


def scene_in(text: str, name: str = "") -> Scene:
    facts = Facts.of(BlockIndex.of(text))
    found = [scene for part in facts.parts for scene in scenes(part, facts)]
    return next(scene for scene in found if name in ("", scene.node.name))


def rewrites(text: str, name: str = "") -> list[tuple[str, str]]:
    """(kind, the rewritten line) of every candidate."""
    scene = scene_in(text, name)
    return [(each.kind, line_after(scene, each)) for each in candidates(scene)]


def line_after(scene: Scene, found: Candidate) -> str:
    text = scene.code.text
    after = text[: found.start] + found.text + text[found.end :]
    return after[: after.find("\n", found.start + len(found.text))].rsplit("\n", 1)[-1].strip()


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("variable-misuse", "def f(total, count, index):\n    return total / index\n", "return total / count"),
        ("swapped-arguments", "def f(a, b):\n    return move(b, a)\n", "return move(a, b)"),
        ("swapped-arguments", "def f(a, b):\n    return move(x=b, y=a)\n", "return move(x=a, y=b)"),
        ("wrong-comparison", "def f(a, b):\n    return a < b\n", "return a > b"),
        ("wrong-comparison", "def f(a):\n    return a is not None\n", "return a is None"),
        ("wrong-comparison", "def f(a, b):\n    return a not in b\n", "return a in b"),
        ("wrong-boolean", "def f(a, b):\n    return a and b\n", "return a or b"),
        ("wrong-arithmetic", "def f(a, b):\n    return a + b\n", "return a - b"),
        ("wrong-arithmetic", "def f(a, b):\n    a += b\n    return a\n", "a -= b"),
        ("off-by-one", "def f(a, b):\n    return a < b\n", "return a <= b"),
        ("off-by-one", "def f(a, i):\n    return a[i + 1]\n", "return a[i]"),
        ("off-by-one", "def f(n):\n    return list(range(n))\n", "return list(range(n + 1))"),
        ("off-by-one", "def f(a):\n    return a[1:]\n", "return a[2:]"),
        ("missing-not", "def f(a):\n    if a.ready:\n        return 1\n", "if not a.ready:"),
        ("missing-not", "def f(a):\n    if not a:\n        return 1\n", "if a:"),
        (
            "missing-self",
            "class C:\n    size = 1\n\n    def f(self):\n        return self.size + size\n",
            "return self.size + self.size",
        ),
        ("missing-await", "async def g():\n    pass\n\n\nasync def f():\n    x = g()\n    return x\n", "x = await g()"),
        (
            "copy-paste-slip",
            "def f(self, width, height):\n    self.width = int(width)\n    self.height = int(width)\n",
            "self.height = int(height)",
        ),
        (
            "copy-paste-slip",
            "def f(one, other):\n    return one.min_x < other.min_x and one.max_x < other.min_x\n",
            "return one.min_x < other.min_x and one.max_x < other.max_x",
        ),
    ],
)  # fmt: skip
def test_thinks_of_the_rewrite(kind: str, text: str, wanted: str) -> None:
    assert (kind, wanted) in rewrites(text, "f")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b):\n    raise ValueError(a)\n",
        "def f(a, b):\n    logger.info('%s', a)\n",
        "@wraps(a)\ndef f(b: a):\n    pass\n",
        "def f(a):\n    return f'{a}'\n",
        "def f(total, count):\n    print(total / count)\n\n\ndef g():\n    pass\n",
    ],
)
def test_leaves_messages_annotations_and_decorators_alone(text: str) -> None:
    assert rewrites(text, "f") == []


def test_a_line_that_stands_elsewhere_too_is_meant() -> None:
    once = "def f(first, second):\n    return first - second\n"
    again = once + "\n\ndef g(first, second):\n    return first - second\n"
    assert rewrites(once, "f")
    assert rewrites(again, "f") == []


def test_numbers_in_tables_are_data() -> None:
    text = "def f(a):\n    return [a[1], a[2], a[3], a[4], a[5], a[7]]\n"
    assert not [wanted for kind, wanted in rewrites(text) if kind == "off-by-one"]


def test_a_rewrite_that_two_kinds_make_belongs_to_the_more_telling_one() -> None:
    text = "def f(self, width, height):\n    self.width = int(width)\n    self.height = int(width)\n"
    assert [kind for kind, wanted in rewrites(text) if wanted == "self.height = int(height)"] == ["copy-paste-slip"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (SWAPPED, "across_both"),
        (
            "def put(key, value):\n    pass\n\n\ndef go(key, item):\n    value = key + item\n    put(key, item)\n",
            "role_exact",
        ),
        ("def go(rows):\n    kept = [each for each in rows if each]\n    return len(rows)\n", "derived_unread"),
    ],
)  # fmt: skip
def test_names_give_a_bug_away(text: str, number: str) -> None:
    assert any(each.about.get(number) == 1.0 for each in candidates(scene_in(text, "go")))


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("width", "width", 1, 1),
        ("_width", "width", 1, 1),
        ("min_x", "max_x", 0.4, 0.5),
        ("index", "idx", 0, 0),
        ("", "", 0, 0),
    ],
)
def test_names_are_as_alike_as_their_words(one: str, other: str, least: float, most: float) -> None:
    assert least <= alike(one, other) <= most


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("tests/test_a.py", True),
        ("a/test_b.py", True),
        ("a\\tests\\b.py", True),
        ("src/testing.py", False),
        ("", False),
    ],
)
def test_knows_tests_by_their_path(path: str, wanted: bool) -> None:
    assert is_test(path) is wanted


def scorer(scripts: dict[str, str] | None = None) -> tuple[Scorer, ScriptedModel]:
    model = ScriptedModel(scripts or {})
    return Scorer(Decoder(model)), model


def test_screen_and_rescore_agree_with_reading_everything_anew() -> None:
    """The screen's difference is that of two whole passes at the token where the rewrite differs."""
    text = "def f(a, b):\n    return a + b\n"
    reader, _ = scorer({"return ": "b + a"})
    reading = reader.read(text, before="", path="", rest=[], cancelled=lambda: False)
    assert reading is not None
    place = text.index("a + b")
    change = reader.change(reading, place, place + 1, "b")
    assert change is not None
    found = reader.screen(reading, change)
    assert found["screen"] == pytest.approx(40.0)
    whole = reader.rescore(reading, change, lambda: False)
    assert whole is not None

    def logprob(source: str) -> float:
        again = reader.read(source, before="", path="", rest=[], cancelled=lambda: False)
        assert again is not None
        window = again.windows[0]
        return float(sum(again.row(window, at)[again.ids[at]] for at in range(len(again.ids))))

    assert whole["whole"] == pytest.approx(logprob(text.replace("a + b", "b + b")) - logprob(text), abs=1e-3)


def test_what_the_file_says_elsewhere_counts() -> None:
    """After the same words the file says ``count``: the mixed opinion prefers it, the model's own does not."""
    reader, _ = scorer()
    rest = [reader.encode("    return total / count\n" * 3)]
    text = "def f(total, index, count):\n    return total / index\n"
    reading = reader.read(text, before="", path="", rest=rest, cancelled=lambda: False)
    assert reading is not None
    place = text.rindex("index")
    change = reader.change(reading, place, place + 5, "count")
    assert change is not None
    found = reader.screen(reading, change)
    assert found["screen"] == pytest.approx(0.0)
    assert found["screen_mixed"] > 5


def test_a_rewrite_in_tokens_says_the_rewritten_text() -> None:
    text = "def f(ä, b):\n    return ä[b] + 'ü'\n"
    reader, model = scorer()
    reading = reader.read(text, before="", path="", rest=[], cancelled=lambda: False)
    assert reading is not None
    for each in candidates(scene_in(text)):
        start, end = (len(text[:at].encode()) for at in (each.start, each.end))
        change = reader.change(reading, start, end, each.text)
        assert change is not None
        ids = [*reading.ids[: change.first], *change.alternative, *reading.ids[change.last :]]
        assert model.tokenizer.decode(ids) == text[: each.start] + each.text + text[each.end :]


def test_a_function_longer_than_the_model_is_read_in_windows() -> None:
    model = ScriptedModel({}, capacity=128)
    reader = Scorer(Decoder(model))
    text = "def f(a, b):\n" + "".join(f"    a = a + b * {number}\n" for number in range(20))
    reading = reader.read(text, before="", path="x.py", rest=[], cancelled=lambda: False)
    assert reading is not None
    assert len(reading.windows) > 2
    covered = {token for window in reading.windows for token in range(window.start, window.stop)}
    assert covered == set(range(len(reading.ids)))


def found_in(text: str, calibration: Calibration, **options: object) -> list[Finding]:
    reader, _ = scorer()
    return find(BlockIndex.of(text), scorer=reader, calibration=calibration, **options)  # type: ignore[arg-type]


def test_a_finding_has_a_fix_reasons_and_a_confidence() -> None:
    (finding,) = found_in(SWAPPED, tiny_calibration("across_both", "swapped-arguments"))
    assert (finding.origin, finding.code, finding.severity) == ("bugs", "swapped-arguments", "hint")
    assert SWAPPED[finding.start : finding.end] == "y, x"
    assert finding.confidence == pytest.approx(0.9)
    (fix,) = finding.fixes
    (edit,) = fix.edits
    assert not fix.safe
    assert SWAPPED[: edit.start] + edit.text + SWAPPED[edit.end :] == SWAPPED.replace("move(y, x)", "move(x, y)")
    assert "the parameters are called `x` and `y`" in finding.reasoning.replace("The ", "the ")
    assert "log probability" in finding.reasoning
    assert "90%" in finding.reasoning


def test_a_comment_silences_a_finding_and_the_finding_knows_the_comment() -> None:
    calibration = tiny_calibration("across_both", "swapped-arguments")
    (finding,) = found_in(SWAPPED, calibration)
    (edit,) = finding.suppress
    silenced = SWAPPED[: edit.start] + edit.text + SWAPPED[edit.end :]
    assert "# slm: ignore[swapped-arguments]" in silenced
    assert found_in(silenced, calibration) == []


def test_kinds_that_are_off_and_tests_are_silent() -> None:
    assert found_in(SWAPPED, tiny_calibration("across_both", "swapped-arguments", on=False)) == []
    assert found_in(SWAPPED, tiny_calibration("across_both", "swapped-arguments", threshold=0.95)) == []
    assert found_in(SWAPPED, tiny_calibration("across_both", "swapped-arguments"), path="tests/test_a.py") == []


def test_one_finding_a_function() -> None:
    twice = SWAPPED.replace("    return move(y, x)", "    move(y, x)\n    return move(y, x) + 1")
    assert len(found_in(twice, tiny_calibration("across_both", "swapped-arguments"))) == 1


def test_every_fix_compiles() -> None:
    text = "def f(rows):\n    return size(rows)\n\n\nclass C:\n    def g(self, a, b):\n        return self.b + a\n"
    findings = found_in(text, tiny_calibration("rewrites", *KINDS))
    assert findings
    for finding in findings:
        edit = finding.fixes[0].edits[0]
        compile(text[: edit.start] + edit.text + text[edit.end :], "<x>", "exec")


def test_the_rest_of_a_broken_file_is_judged() -> None:
    broken = SWAPPED + "\n\ndef half(\n    x = (\n"
    (finding,) = found_in(broken, tiny_calibration("across_both", "swapped-arguments"))
    assert broken[finding.start : finding.end] == "y, x"


def test_only_edited_blocks_are_read_again() -> None:
    reader, model = scorer()
    calibration = tiny_calibration("across_both", "swapped-arguments")
    remembered = Remembered()
    first = find(BlockIndex.of(SWAPPED), scorer=reader, calibration=calibration, remembered=remembered)
    read = model.forwards
    longer = "import os\n\n\n" + SWAPPED
    again = find(BlockIndex.of(longer), scorer=reader, calibration=calibration, remembered=remembered)
    assert model.forwards == read
    assert [longer[one.start : one.end] for one in again] == [SWAPPED[one.start : one.end] for one in first]
    edited = longer.replace("move(y, x)", "move(y, x) + 1")
    find(BlockIndex.of(edited), scorer=reader, calibration=calibration, remembered=remembered)
    assert model.forwards > read


def test_stops_between_two_passes_and_goes_on_later() -> None:
    reader, model = scorer()
    remembered = Remembered()
    calibration = tiny_calibration("across_both", "swapped-arguments")

    def found(most: int) -> list[Finding]:
        index = BlockIndex.of(SWAPPED)
        return find(
            index,
            scorer=reader,
            calibration=calibration,
            remembered=remembered,
            cancelled=lambda: model.forwards >= most,
        )

    assert found(1) == []
    assert model.forwards == 1
    assert len(found(1000)) == 1


def test_blocks_that_were_edited_last_come_first() -> None:
    text = "".join(f"def f{number}(a, b):\n    return move(a, b) * {number}\n\n\n" for number in range(9))
    reader, model = scorer()
    remembered = Remembered()
    edited = text.index("def f7")
    calibration = tiny_calibration("across_both", "swapped-arguments")
    find(
        BlockIndex.of(text),
        scorer=reader,
        calibration=calibration,
        edited=[edited],
        remembered=remembered,
        cancelled=lambda: model.forwards >= 8,
    )
    known = [number for number in range(9) if any(f"def f{number}(" in block for block in remembered.texts())]
    assert 7 in known
    assert 8 not in known


def test_numbers_are_the_same_for_training_and_serving() -> None:
    reader, _ = scorer()
    file = File.of(BlockIndex.of(SWAPPED), "m.py")
    scene = next(one for part in file.facts.parts for one in scenes(part, file.facts) if one.node.name == "go")
    first = assess(scene, file, reader, plain_screen, lambda: False)
    second = assess(scene, file, reader, plain_screen, lambda: False)
    assert first is not None
    assert second is not None
    assert [each.about for each in first.best] == [each.about for each in second.best]
    assert all(np.isfinite(list(each.about.values())).all() for each in first.best)


def test_a_calibration_survives_its_file() -> None:
    learned = tiny_calibration("near", *KINDS)
    again = Calibration.from_json(learned.to_json())
    assert again == learned
    assert again.kinds["off-by-one"].probability({"near": 0.5}) == pytest.approx(0.5)
    assert again.kinds["off-by-one"].probability({"near": 9.0}) == pytest.approx(0.9)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 9}', '{"format": 1, "provenance": {}, "kinds": {"x": {}}}']
)
def test_a_file_that_is_no_calibration_says_so(text: str) -> None:
    with pytest.raises(ModelCorruptError, match="calibrate-bugs"):
        Calibration.from_json(text, where="bugs.json")
