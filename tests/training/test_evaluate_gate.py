"""The ship gate, and the paired intervals that it judges by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.errors import EvaluationError
from python_slm_training.cli.evaluate import evaluate
from python_slm_training.evaluate import gate
from python_slm_training.evaluate.contestants import floor
from python_slm_training.evaluate.evaluation import Evaluation, Sizes
from python_slm_training.evaluate.intervals import Estimate, Observations, difference
from python_slm_training.evaluate.store import Store
from tests.tiny_model import export_tiny
from tests.training.test_evaluate_command import small, write_project

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["small"]  # a fixture that every test here uses


def verdict(value: float, low: float, high: float) -> gate.Verdict:
    return gate.Verdict("new", "old", {gate.REPLAY: Estimate(value, low, high, 700)})


@pytest.mark.parametrize(
    ("lead", "ships"),
    [
        ((0.02, 0.01, 0.03), True),
        ((0.0, 0.0, 0.0), True),
        ((-0.005, -0.02, 0.01), True),  # within the margin, and nothing is proven
        ((-0.005, -0.008, -0.001), False),  # a small loss, but certain
        ((-0.02, -0.06, 0.02), False),  # uncertain, but more than the margin
    ],
)
def test_a_model_loses_when_it_is_certain_or_large(lead: tuple[float, float, float], ships: bool) -> None:
    judged = verdict(*lead)
    assert judged.ships is ships
    assert judged.lost == ([] if ships else [gate.REPLAY])
    assert ("it may ship" if ships else "it does not ship") in judged.lines()[-1]


def observed(**measures: dict[str, Observations]) -> Evaluation:
    run = Evaluation(Sizes(), Store(None), [floor()], show=lambda _: None)  # type: ignore[arg-type]
    run.observed = {name.replace("_", ".", 1).replace("_", "-"): by_name for name, by_name in measures.items()}
    return run


def trials(values: list[int]) -> Observations:
    return Observations.each(values, list(range(len(values))))


def test_infilling_is_judged_over_all_variants_together() -> None:
    run = observed(
        infilling_single_line={"new": trials([1, 1, 0, 0]), "old": trials([1, 0, 0, 0])},
        infilling_random_span={"new": trials([0, 0, 0, 0]), "old": trials([1, 0, 0, 0])},
        infilling_random_span_light={"new": trials([0] * 4), "old": trials([1] * 4)},
    )
    judged = gate.judge(run, "new", "old")
    assert list(judged.leads) == [gate.INFILLING]
    assert (judged.leads[gate.INFILLING].value, judged.leads[gate.INFILLING].count) == (0, 8)


def test_what_was_not_measured_cannot_be_judged() -> None:
    with pytest.raises(EvaluationError, match="nothing to judge by"):
        gate.judge(observed(), "new", "old")


def test_a_difference_is_paired() -> None:
    hard = np.random.default_rng(0).random(200) < 0.5
    ours, theirs = trials([int(not each) for each in hard]), trials([int(not each) for each in hard])
    assert difference(ours, theirs) == Estimate(0, 0, 0, 200)
    better = trials([1 if place < 10 else int(not each) for place, each in enumerate(hard)])
    lead = difference(better, theirs)
    alone = better.estimate()
    assert lead.low >= 0
    assert lead.high - lead.low < (alone.high - alone.low) / 2
    with pytest.raises(ValueError, match="not the same"):
        difference(trials([1]), trials([1, 0]))


def test_a_difference_of_ratios_takes_each_side_over_its_own_weights() -> None:
    ours = Observations([2, 1], [4, 4], ["a", "b"])
    theirs = Observations([1, 1], [2, 8], ["a", "b"])
    assert difference(ours, theirs).value == pytest.approx(3 / 8 - 2 / 10)


def test_a_model_does_not_lose_to_itself_and_a_killed_gate_goes_on(tmp_path: Path) -> None:
    project, model = write_project(tmp_path / "project"), export_tiny(tmp_path / "model")
    judged = gate.gate(model, model, out=tmp_path / "out", replay=[project], size="quick", threads=1)
    assert judged.ships
    assert judged.leads[gate.REPLAY] == Estimate(0, 0, 0, 14)
    assert {path.name.split("-")[1] for path in (tmp_path / "out" / ".parts").glob("*.jsonl")} == {"candidate", "in"}


def test_the_command_exits_1_for_a_model_that_loses_unless_told_to_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "judge", lambda run, model, base: verdict(-0.1, -0.2, -0.05))
    project, new, old = (
        write_project(tmp_path / "project"),
        export_tiny(tmp_path / "new"),
        export_tiny(tmp_path / "old"),
    )
    models = ["--model", f"new={new}", "--gate", str(old)]
    asked = [*models, "--only", "replay", "--replay", str(project), "--out", str(tmp_path / "out")]
    refused = CliRunner().invoke(evaluate, asked, catch_exceptions=False)
    assert refused.exit_code == 1
    assert "it does not ship" in refused.output
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["gate"][0]["lost"] == [gate.REPLAY]
    told = CliRunner().invoke(evaluate, [*asked, "--ship-anyway"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "told to ship anyway" in told.output
