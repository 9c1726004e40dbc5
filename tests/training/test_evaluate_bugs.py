"""Bug pairs, on models whose surprises are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zstandard

from python_slm.engine.decode import Decoder
from python_slm.errors import EvaluationError
from python_slm_training.evaluate import bug_pairs
from python_slm_training.evaluate.bug_pairs import Pair
from python_slm_training.evaluate.product import Writer
from tests.fakes import ScriptedModel, byte_tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

GIVEN = "def f(items):\n"
FIXED = "    total = 0\n    for item in items:\n        total += item\n\n    return total\n"
BUGGY = FIXED.replace("+= item", "-= item")


class Knows:
    """A scorer that expects the bytes of one text, whatever else it reads, and gives every other byte e^-10."""

    def __init__(self, text: str, capacity: int = 4096) -> None:
        self.tokenizer = byte_tokenizer()
        self.capacity = capacity
        self._ids = self.tokenizer.encode(text)

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int] | None = None) -> NDArray[np.float32]:
        logits = np.zeros((len(ids), self.tokenizer.vocab_size), np.float32)
        for row in range(len(ids)):
            place = past + row  # one header token stands before the text
            if place < len(self._ids):
                logits[row, self._ids[place]] = 10
        return logits


def pair(buggy: str = BUGGY, fixed: str = FIXED) -> Pair:
    return Pair("1", "1", GIVEN, buggy, fixed)


def test_a_model_that_expects_the_fix_prefers_it_and_finds_the_line() -> None:
    judged = bug_pairs.judge(Knows(GIVEN + FIXED), pair())
    assert judged.prefers_fix
    assert judged.rank == 1


def test_a_model_that_expects_the_bug_prefers_it_and_is_not_surprised_there() -> None:
    judged = bug_pairs.judge(Knows(GIVEN + BUGGY), pair())
    assert not judged.prefers_fix
    assert judged.rank == 3  # all lines are alike to it: the order of the text decides


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("operator misuse: total -= item", True),
        ("value misuse: total = 0", False),
        ("none", False),
        ("x: no line", False),
    ],
)
def test_an_asked_model_names_the_bug_by_quoting_its_line(answer: str, named: bool) -> None:
    writer = Writer(Decoder(ScriptedModel({"return total\n": answer})))
    asked = bug_pairs.ask(writer, pair())
    assert (asked.on_buggy, asked.names_bug) == (answer, named)
    assert asked.false_alarm is (answer == "value misuse: total = 0")  # the line stands in the correct code as well


def test_blank_lines_are_no_suspects_and_a_changed_line_is_found_by_its_text() -> None:
    assert pair().suspects == [0, 1, 2, 4]
    assert pair().changed == {2}


def test_where_the_fix_only_adds_lines_the_ones_around_the_gap_count() -> None:
    missing = FIXED.replace("        total += item\n", "")
    assert pair(buggy=missing).changed == {1, 3}


def test_the_floor_is_the_chance_of_lines_drawn_at_random() -> None:
    assert bug_pairs.random_hits(pair(), 1) == pytest.approx(1 / 4)
    assert bug_pairs.random_hits(pair(), 3) == pytest.approx(3 / 4)
    floor = bug_pairs.floor([pair()])
    assert floor["top-1"].estimate().value == pytest.approx(1 / 4)
    assert floor["prefers"].estimate().value == 0.5


def test_human_eval_pack_is_read(tmp_path: Path) -> None:
    record = {"task_id": "Python/0", "prompt": GIVEN, "buggy_solution": BUGGY, "canonical_solution": FIXED}
    (tmp_path / "humanevalpack.jsonl").write_text(json.dumps(record) + "\n")
    (found,) = bug_pairs.human_eval_pack(tmp_path)
    assert (found.given, found.buggy, found.fixed) == (GIVEN, BUGGY, FIXED)


def write_lines(path: Path, *records: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zstandard.compress("".join(json.dumps(one) + "\n" for one in records).encode()))


def test_pairs_come_from_task_data_and_from_histories(tmp_path: Path) -> None:
    fix = {"task": "fix", "source": BUGGY, "target": FIXED, "path": "a.py", "id": "x", "metadata": {"repo": "r"}}
    write_lines(tmp_path / "tasks" / "test" / "fix.jsonl.zst", fix, {**fix, "target": BUGGY})
    (found,) = bug_pairs.read_pairs(tmp_path / "tasks", None, 0)
    assert (found.cluster, found.buggy, found.path) == ("r", BUGGY, "a.py")
    edit = {"before": BUGGY, "after": FIXED, "kind": "fix", "id": "y", "metadata": {"repo": "r", "path": "b.py"}}
    write_lines(tmp_path / "history" / "r.jsonl.zst", edit, {**edit, "kind": "docstring"})
    (found,) = bug_pairs.read_pairs(tmp_path / "history", None, 0)
    assert (found.fixed, found.path) == (FIXED, "b.py")


def test_a_folder_without_pairs_and_a_broken_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="slm train tasks"):
        bug_pairs.read_pairs(tmp_path, None, 0)
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(b"{broken\n"))
    with pytest.raises(EvaluationError, match=r"a.jsonl.zst:1: not a line of JSON"):
        bug_pairs.read_pairs(tmp_path, None, 0)
