"""Learning when to show: questions asked, a regression in a plain file, operating points, a folder that has it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from python_slm.checks.cuts import cut_points
from python_slm.checks.show import FILTER, OperatingPoint, ShowFilter, show_of
from python_slm.engine.decode import Decoder
from python_slm.engine.manifest import MANIFEST, Manifest, verify
from python_slm.errors import ExportError, ModelCorruptError, TrainingError
from python_slm_training.cli.filter import show_filter
from python_slm_training.evaluate.product import Product
from python_slm_training.evaluate.sources import Project, SourceFile
from python_slm_training.evaluate.store import Store
from python_slm_training.evaluate.typing_session import Asked, Stretch, asks_at, simulate
from python_slm_training.export.filter import install_filter
from python_slm_training.filter.ask import Question, Recorder, Sampling, Typed, ask, questions
from python_slm_training.filter.fit import Examples, fit
from python_slm_training.filter.operate import SHOWN, Outcome, Trial, points
from python_slm_training.filter.train import read_history
from tests.fakes import ScriptedModel
from tests.tiny_filter import tiny_filter
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = "import os\n\n\ndef where():\n    home = os.getcwd()\n    return home\n"
FILE = SourceFile("project", "m.py", TEXT)


def stretch_of(text: str = TEXT, lines: str = "    home = os.getcwd()\n    return home") -> Stretch:
    start = text.index(lines)
    file = SourceFile("project", "m.py", text)
    return Stretch(file, "insert", start + 4, start + len(lines), start + len(lines))


def question(offset: int, text: str, right: int, rows: dict[str, Any] | None = None) -> Question:
    """An answer of one or two words of which the first ``right`` characters are right."""
    lengths = tuple(sorted({len(text.split(" ", maxsplit=1)[0]), len(text)}))
    row = {"characters": 3.0, **(rows or {})}
    return Question(
        offset, text, lengths, tuple(True for _ in lengths), tuple(n <= right for n in lengths), (row,) * len(lengths)
    )


def synthetic(projects: int = 4, each: int = 150) -> list[Typed]:
    """``signal`` decides whether an answer is right, ``noise`` does not."""
    rng = random.Random(0)
    typed = []
    for number in range(projects):
        asked = []
        for offset in range(each):
            strength = rng.gauss(0, 1)
            right = rng.random() < 1 / (1 + np.exp(-3 * strength))
            rows = {"signal": strength, "noise": rng.gauss(0, 1)}
            asked.append(question(offset, "name", 4 if right else 0, rows))
        file = SourceFile(f"p{number}", "m.py", "")
        typed.append(Typed(Stretch(file, "insert", 0, 0, 0), tuple(asked)))
    return typed


# Asking


def test_every_place_where_typing_asks_is_asked_and_every_cut_is_judged() -> None:
    stretch = stretch_of()
    recorder = Recorder()
    model = ScriptedModel({"home": " = os.getcwd() or None\n"})
    found = list(questions(stretch, Product(Decoder(model), show=recorder), recorder))
    want = [offset for offset in range(stretch.start, stretch.end) if asks_at(TEXT, offset, stretch.start)]
    assert [one.offset for one in found] == want
    [one] = [one for one in found if TEXT[: one.offset].endswith("home ")]
    assert one.text == "= os.getcwd() or None"
    cuts = [one.text[:length] for length in one.lengths]
    assert dict(zip(cuts, one.right, strict=True))["= os.getcwd()"]
    assert not dict(zip(cuts, one.right, strict=True))["= os.getcwd() or None"]
    assert all(one.fits[index] for index, cut in enumerate(cuts) if cut in {"= os", "= os.getcwd()"})


def test_what_is_asked_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    model = export_tiny(tmp_path / "model")
    project = Project("p", "1", (SourceFile("p", "m.py", TEXT * 8),))
    sampling = Sampling(stretches=1, lines=2)
    counted: list[int] = []
    first = ask(model, [project], sampling, Store(tmp_path / "rows"), counted.append)
    again = ask(model, [project], sampling, Store(tmp_path / "rows"), counted.append)
    assert first == again
    assert counted == [1]
    assert first[0].questions


# Fitting


def test_the_exported_filter_says_what_scikit_learn_says() -> None:
    examples = Examples.of(synthetic())
    fitted = fit(examples)
    rows = [dict(zip(examples.names, values, strict=True)) for values in examples.values]
    plain = LogisticRegression(C=0.3, max_iter=2000)
    scaled = (examples.values - examples.values.mean(0)) / np.where(
        examples.values.std(0) > 0, examples.values.std(0), 1
    )
    plain.fit(scaled, examples.right, sample_weight=examples.weights)
    again = ShowFilter.from_json(fitted.learned.to_json())
    assert np.allclose(again.scores(rows), plain.decision_function(scaled), atol=1e-3)
    for row, want in zip(rows[:50], again.scores(rows[:50]), strict=True):
        assert again.scores([row])[0] == pytest.approx(want)


def test_the_weights_tell_signal_from_noise_and_probabilities_are_what_they_say() -> None:
    examples = Examples.of(synthetic())
    fitted = fit(examples)
    weights = dict(zip(fitted.learned.features, fitted.learned.weights, strict=True))
    assert weights["signal"] > 1.5
    assert abs(weights["noise"]) < 0.3
    assert fitted.figures["auc"] == pytest.approx(roc_auc_score(examples.right, fitted.held_out))
    assert fitted.figures["auc"] > 0.85
    assert fitted.figures["calibration_error"] < 0.06
    assert fitted.figures["log_loss"] < fitted.figures["log_loss_of_the_base_rate"] - 0.15


def test_probabilities_are_of_filters_that_did_not_see_the_project() -> None:
    typed = synthetic(projects=4)
    memorable = [
        Typed(one.stretch, tuple(question(q.offset, "name", 4 * q.right[0], {"id": float(n)}) for q in one.questions))
        for n, one in enumerate(typed)
    ]
    assert fit(Examples.of(memorable)).figures["auc"] < 0.6


def test_what_is_too_short_to_be_accepted_teaches_nothing() -> None:
    typed = synthetic()
    short = question(0, "x", 0, {"signal": 50.0, "noise": 0.0, "characters": 0.0})
    with_short = [Typed(one.stretch, (*one.questions, *(short,) * 100)) for one in typed]
    found, want = fit(Examples.of(with_short)).figures, fit(Examples.of(typed)).figures
    assert found["right"] == pytest.approx(want["right"])


def test_a_users_history_counts_more() -> None:
    examples = Examples.of(synthetic())
    outcomes = [({"noise": 2.0}, True), ({"noise": -2.0}, False)] * 60
    without = fit(examples).learned
    having = fit(examples.with_history(outcomes, 20.0)).learned
    place = having.features.index("noise")
    assert having.weights[place] > without.weights[place] + 0.3


def test_one_outcome_alone_is_nothing_to_learn_from() -> None:
    typed = [Typed(stretch_of(), (question(0, "name", 4),))]
    with pytest.raises(TrainingError, match="two projects"):
        Examples.of(typed)


def test_history_is_read_without_glances_and_partial_acceptances(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"life": "accepted", "shown_ms": 90, "features": {"tokens": 3}},
        {"life": "rejected", "shown_ms": 90, "features": {"tokens": 4}},
        {"life": "rejected", "shown_ms": 900, "features": {"tokens": 5}},
        {"life": "partly", "shown_ms": 900, "features": {"tokens": 6}},
        {"life": "typed", "shown_ms": 900, "features": {"tokens": 7}},
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert read_history(path) == [({"tokens": 3.0}, True), ({"tokens": 5.0}, False), ({"tokens": 7.0}, True)]


def test_a_line_that_is_no_outcome_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"life": "accepted", "features": {}}\n{"life": 3}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match=r"history\.jsonl:2"):
        read_history(path)


# Operating points


def test_a_trial_shows_what_simulated_typing_would_see() -> None:
    stretch = stretch_of()
    text = stretch.file.text
    at = text.index("os.getcwd()\n")
    typed = Typed(stretch, tuple(
        question(offset, "os.getcwd() wrongly", 11) if offset == at else Question(offset, "", (), (), (), ())
        for offset in range(stretch.start, stretch.end) if asks_at(text, offset, stretch.start)
    ))  # fmt: skip
    trial = Trial([typed], np.array([0.9, 0.1]))
    unfiltered, cut = trial.run(None), trial.run(OperatingPoint(0.5, 1.0, 1.0))
    silent = trial.run(OperatingPoint(0.95, 1.0, 1.0))
    characters = simulate(Asked(stretch, lambda *_: []), "line").characters
    assert unfiltered.acceptance == 0
    assert unfiltered.wrong_per_100 == pytest.approx(100 * len(" wrongly") / characters)
    assert [cut.acceptance, cut.wrong_per_100, cut.completed] == pytest.approx([1, 0, 11 / characters])
    assert cut.saved == pytest.approx(10 / characters)
    assert silent.shown_per_100 == silent.completed == 0


def test_what_does_not_fit_is_not_shown() -> None:
    stretch = stretch_of()
    at = stretch.start
    asked = Question(at, "home wrongly", (4, 12), (False, True), (True, False), ({}, {}))
    rest = [Question(offset, "", (), (), (), ()) for offset in range(at + 1, stretch.end)]
    trial = Trial([Typed(stretch, (asked, *rest))], np.array([0.9, 0.1]))
    assert trial.run(OperatingPoint(0.5, 0.1, 1.0)).shown_per_100 == 0


def test_points_trade_ratio_for_acceptance() -> None:
    def outcome(shown: float, completed: float, acceptance: float) -> Outcome:
        return Outcome(OperatingPoint(acceptance, 1, shown), completed, 0, acceptance, 1, 1, 1)

    found = [
        outcome(shown, *rest) for shown in (1, 2, 3) for rest in ((0.3, 0.3), (0.29, 0.5), (0.22, 0.7), (0.1, 0.9))
    ]
    chosen = points(found, outcome(0, 0.2, 0.1))
    assert {name: one.acceptance for name, one in chosen.items()} == {"eager": 0.3, "balanced": 0.5, "quiet": 0.7}
    assert {name: one.point and one.point.shown for name, one in chosen.items()} == SHOWN


def test_where_nothing_completes_as_much_as_before_quiet_completes_most() -> None:
    found = [
        Outcome(OperatingPoint(0.5, 1, shown), ratio, 0, 1 - ratio, 1, 1, 1)
        for shown in (1, 2, 3)
        for ratio in (0.1, 0.2)
    ]
    assert points(found, Outcome(None, 0.9, 0, 0.1, 1, 1, 1))["quiet"].completed == 0.2


# The folder and the command


@contextmanager
def _projects(folder: Path) -> Iterator[list[str]]:
    arguments = []
    for name in ("one", "two", "three"):
        (folder / name).mkdir()
        body = "".join(f"def {name}_{i}(first):\n    total = first + {i}\n    return total\n\n\n" for i in range(12))
        (folder / name / "m.py").write_text(body, encoding="utf-8")
        arguments += ["--replay", str(folder / name)]
    yield arguments


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return export_tiny(tmp_path / "model")


def test_an_installed_filter_is_listed_with_its_checksum_and_loads(tmp_path: Path, model: Path) -> None:
    assert show_of(Manifest.load(model)) is None
    install_filter(tiny_filter(tmp_path / "mine.json"), model)
    assert FILTER in verify(model).files
    assert show_of(Manifest.load(model)) is not None
    assert "| balanced | 0.3 | 60 | 20 | 9 |" in (model / "README.md").read_text(encoding="utf-8")
    install_filter(tiny_filter(tmp_path / "mine.json"), model)
    verify(model)
    assert not (model / ".beside").exists()


def test_what_is_no_filter_is_not_installed(tmp_path: Path, model: Path) -> None:
    before = (model / MANIFEST).read_bytes()
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="not a show filter"):
        install_filter(tmp_path / "bad.json", model)
    with pytest.raises(ExportError, match="cannot be read"):
        install_filter(tmp_path / "none.json", model)
    assert (model / MANIFEST).read_bytes() == before
    verify(model)


def test_the_command_asks_learns_and_installs(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_slm_training.filter.train.ask", lambda *_: synthetic_typing())
    with _projects(tmp_path) as projects:
        out = tmp_path / "out" / "filter.json"
        arguments = ["--model", str(model), "--out", str(out), "--stretches", "1", "--install", *projects]
        done = CliRunner().invoke(show_filter, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "balanced, line" in done.output
    assert "AUC" in done.output
    learned = ShowFilter.from_json(out.read_text(encoding="utf-8"))
    assert set(learned.points) == {"quiet", "balanced", "eager"}
    assert learned.provenance["questions"] > 0
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "signal" in page
    verify(model)


def synthetic_typing() -> list[Typed]:
    """As ``synthetic``, in stretches that can be typed."""
    text = "value = 1\n" * 5
    return [
        Typed(
            Stretch(SourceFile(one.stretch.file.project, "m.py", text), "insert", 0, len(text), len(text)),
            tuple(
                Question(offset, "value", (5,), (True,), q.right, q.rows)
                for offset, q in zip(
                    (o for o in range(len(text)) if asks_at(text, o, 0)), one.questions * 9, strict=False
                )
            ),
        )
        for one in synthetic()
    ]


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_asked_and_the_same_command_goes_on(tmp_path: Path, model: Path) -> None:
    with _projects(tmp_path) as projects:
        out = tmp_path / "filter.json"
        arguments = ["--model", str(model), "--out", str(out), "--stretches", "60", "--lines", "2", *projects]
        heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell's & has it ignored
        run = f"{heard}; from python_slm.cli import main; main()"
        command = [sys.executable, "-c", run, "train", "filter", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        rows = out.with_name("filter.json.rows")
        while process.poll() is None and sum(len(p.read_bytes().splitlines()) for p in rows.glob("*.jsonl")) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert "goes on" in said
        kept = {path.name: path.read_bytes() for path in rows.glob("*.jsonl")}
        assert kept
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode in {0, 1}, done.stderr  # a random model may be wrong everywhere: nothing to learn from
    for name, data in kept.items():
        assert (rows / name).read_bytes().startswith(data)


def test_cut_points_of_what_was_recorded_end_with_the_whole() -> None:
    recorder = Recorder()
    model = ScriptedModel({"home = ": "os.getcwd()\n"})
    offset = TEXT.index("os.getcwd")
    Product(Decoder(model), show=recorder)(FILE, TEXT[:offset] + TEXT[offset + 11 :], offset)
    assert recorder.seen is not None
    candidate, place = recorder.seen
    assert cut_points(candidate, place)[-1] == len(candidate.text)
