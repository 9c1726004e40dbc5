"""``slm adapt``: from a repository to a measured, registered model of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.checks.show import show_of
from python_slm.cli import main
from python_slm.engine.manifest import Manifest, verify
from python_slm.engine.model import Model
from python_slm.errors import CorpusError, TrainingError
from python_slm.registry import Registry
from python_slm_training.adapt import lesson as lessons
from python_slm_training.adapt.base import float_checkpoint, read_weights
from python_slm_training.adapt.general import read_general
from python_slm_training.adapt.history import gap_of, history_gaps
from python_slm_training.adapt.measure import BITS, COMPLETED, EXACT, Measured
from python_slm_training.adapt.repository import read_repository, split
from python_slm_training.adapt.run import adapted_before, method_for, take_up
from python_slm_training.adapt.verdict import GENERAL, OWN, examples, judge, summary, table
from python_slm_training.collect.record import read
from python_slm_training.evaluate.intervals import Observations
from python_slm_training.evaluate.replay import LineResult
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.filter import install_filter
from python_slm_training.export.graph import build
from tests.tiny_filter import tiny_filter
from tests.tiny_model import TINY, export_tiny, random_weights
from tests.training.adaptation import make_repository, make_run, module

if TYPE_CHECKING:
    from pathlib import Path

# The weights to begin with


def test_weights_come_back_from_the_form_that_ships(tmp_path: Path) -> None:
    """Fixed input scales, whole rows: the graph that 'slm export' prefers."""
    ranges = {
        f"model.layers.{layer}.{name}": 8.0
        for layer in range(TINY.layers)
        for name in ("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj")
    }
    config = {"num_attention_heads": TINY.heads, "num_key_value_heads": TINY.kv_heads, "head_dim": TINY.head_dim}
    config |= {"hidden_size": TINY.hidden, "intermediate_size": TINY.intermediate, "num_hidden_layers": TINY.layers}
    wanted = random_weights()
    found = read_weights(build(TINY, wanted, 8, ranges).graph, config)
    assert found.keys() == wanted.keys()
    for name, weight in wanted.items():
        assert np.linalg.norm(found[name] - weight) < 0.02 * np.linalg.norm(weight), name


@pytest.mark.parametrize("bits", [8, 4])
def test_an_exported_model_becomes_a_checkpoint_that_computes_the_same(tmp_path: Path, bits: int) -> None:
    exported = export_with_network(tmp_path / "exported", bits)
    checkpoint = Checkpoint.open(float_checkpoint(exported, tmp_path / "checkpoint"))
    ids = [40, 50, 60, 70, 80, 90, 100]
    served = Model.load(exported, threads=1).score(ids, past=0)
    computed = checkpoint.reference().logits(ids)
    cosine = (served * computed).sum(1) / np.linalg.norm(served, axis=1) / np.linalg.norm(computed, axis=1)
    assert cosine.min() > 0.995  # activations are rounded to 8 bits when serving


def export_with_network(folder: Path, bits: int) -> Path:
    """As ``slm export`` does, the manifest tells the shape."""
    export_tiny(folder, bits=bits)  # type: ignore[arg-type]
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["training"]["network"] = {
        "hidden": 64, "intermediate": 96, "heads": 4, "rope_theta": 100_000.0, "epsilon": 1e-6,
    }  # fmt: skip
    path.write_text(json.dumps(manifest))
    return folder


def test_weights_come_back_as_the_integers_stand_for_them(tmp_path: Path) -> None:
    exported = export_with_network(tmp_path / "exported", 8)
    found = Checkpoint.open(float_checkpoint(exported, tmp_path / "checkpoint")).weights()
    wanted = random_weights()
    assert found.keys() == wanted.keys()
    for name, weight in wanted.items():
        assert np.linalg.norm(found[name] - weight) < 0.01 * np.linalg.norm(weight), name


def test_a_graph_of_another_kind_is_refused_with_the_way_out(tmp_path: Path) -> None:
    exported = export_tiny(tmp_path / "exported", bits=None)
    with pytest.raises(TrainingError, match="give a checkpoint folder as --base"):
        float_checkpoint(exported, tmp_path / "checkpoint")


def test_a_checkpoint_is_taken_as_it_is(tmp_path: Path) -> None:
    exported = export_with_network(tmp_path / "exported", 8)
    checkpoint = float_checkpoint(exported, tmp_path / "checkpoint")
    assert float_checkpoint(checkpoint, tmp_path / "other") == checkpoint
    assert not (tmp_path / "other").exists()


# What is learned from, and what is not


def test_secrets_are_masked_before_anything_is_learned(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    (root / "module_0.py").write_text(module(0) + f'\nTOKEN = "{token}"\n')
    repository = read_repository(root)
    assert not any(token in file.text for file in repository.files)
    assert repository.masked["secret"] == 1


def test_what_git_does_not_follow_is_not_read(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    (root / "draft.py").write_text(module(500))
    assert "draft.py" not in {file.path for file in read_repository(root).files}
    assert len(read_repository(root).revision) == 40


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def test_too_small_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match="4 Python files of 30 to 3000 lines after curation, adapting takes at least 10"
    ):
        read_repository(make_repository(tmp_path / "repo", 4))


def test_no_file_is_on_two_sides_and_none_stays_out(tmp_path: Path) -> None:
    repository = read_repository(make_repository(tmp_path / "repo"))
    sides = split(repository)
    paths = Counter(file.path for side in (sides.train, sides.development, sides.held_out) for file in side)
    assert set(paths.values()) == {1}
    assert len(paths) + sides.alike == len(repository.files)
    assert len(sides.held_out) == 5


def test_nothing_like_a_held_out_file_is_learned_from(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    held_out = split(read_repository(root)).held_out[0].path
    copy = (root / held_out).read_text().replace("json.loads", "json.load", 1) + "\nLAST = 1\n"
    (root / "zz_copy.py").write_text(copy)
    sides = split(read_repository(root))
    assert held_out in {file.path for file in sides.held_out}
    assert "zz_copy.py" not in {file.path for file in (*sides.train, *sides.development)}


def test_files_stay_on_their_side_when_the_repository_grows(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", 40)
    before = {file.path for file in split(read_repository(root)).held_out}
    make_repository(root, 5, first=100)
    after = {file.path for file in split(read_repository(root)).held_out}
    assert len(before & after) >= len(before) - 2


def test_the_lesson_holds_the_training_files_whole_and_no_held_out_line(tmp_path: Path) -> None:
    sides = split(read_repository(make_repository(tmp_path / "repo")))
    general, _ = read_general(make_repository(tmp_path / "general", 30, first=1000))
    lesson = lessons.make_lesson(
        sides.train, sides.development, general, corpus=tmp_path / "lesson", window=400, general_share=0.25
    )
    windows = list(read(tmp_path / "lesson" / "train" / "folder-lesson.jsonl.zst"))
    own = [one for one in windows if one.metadata.repo == "repo"]
    for file in sides.train:
        assert "".join(one.text for one in own if one.metadata.path == file.path) == file.text
    learned = {one.metadata.path for one in own} | {gap["path"] for gap in lesson.gaps}
    assert not learned & {file.path for file in (*sides.held_out, *sides.development)}
    assert 0.15 < 1 - len(own) / len(windows) < 0.3


def test_gaps_are_what_the_file_has_between_their_sides(tmp_path: Path) -> None:
    sides = split(read_repository(make_repository(tmp_path / "repo")))
    texts = {file.path: file.text for file in sides.train}
    general, _ = read_general(make_repository(tmp_path / "general", 30, first=1000))
    lesson = lessons.make_lesson(
        sides.train, sides.development, general, corpus=tmp_path / "lesson", window=400, general_share=0.25
    )
    assert len(lesson.gaps) > 50
    for gap in lesson.gaps:
        assert gap["prefix"] + gap["target"] + gap["suffix"] in texts[gap["path"]]
        assert gap["target"].strip()


@pytest.mark.parametrize(
    ("before", "after", "gap"),
    [
        (
            "def f():\n    a()\n    c()",
            "def f():\n    a()\n    b()\n    c()",
            ("def f():\n    a()\n    ", "b()", "\n    c()"),
        ),
        ("def f(a):\n    return a", "def f(a, b):\n    return a", ("", "def f(a, b):", "\n    return a")),
        ("def f():\n    a()", "def f():\n    a()\n    b()", ("def f():\n    a()\n    ", "b()", "")),
    ],
    ids=["inserted", "replaced", "appended"],
)
def test_a_commits_insertion_becomes_a_gap(before: str, after: str, gap: tuple[str, str, str]) -> None:
    found = gap_of(before, after)
    assert found is not None
    assert (found["prefix"], found["target"], found["suffix"]) == gap
    assert found["prefix"] + found["target"] + found["suffix"] == after


@pytest.mark.parametrize("after", ["def f():\n    a()", "def f():\n" + "    x = 1\n" * 100], ids=["removed", "pasted"])
def test_removals_and_pastes_are_no_gaps(after: str) -> None:
    assert gap_of("def f():\n    a()\n    c()", after) is None


def test_the_history_of_held_out_files_is_held_out_too(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", 2)
    git(root, "init", "-q")
    for turn in ("one", "two"):
        for file in (root / "module_0.py", root / "module_1.py"):
            file.write_text(file.read_text().replace("    return [", f"    check_{turn}()\n    return [", 1))
            git(root, "add", "-A")
            git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", f"Check {turn} in {file.name}")
    gaps = history_gaps(root, tmp_path / "work", {"module_0.py"})
    assert {gap["path"] for gap in gaps} == {"module_0.py"}
    assert any("check_two()" in gap["target"] for gap in gaps)
    assert history_gaps(make_repository(tmp_path / "plain", 2), tmp_path / "none", {"module_0.py"}) == []


def test_general_code_that_is_measured_is_never_replayed() -> None:
    replayed, measured = read_general()
    assert not {file.path for file in replayed} & {file.path for file in measured}
    assert len(measured) > 50
    assert len(replayed) > 3 * len(measured)


# The verdict


def measured(exact: list[int], completed: float, bits: float = 1.0) -> Measured:
    files = [f"file {at // 4}" for at in range(len(exact))]
    lines = [
        LineResult(
            file,
            "after-dot",
            "insert",
            0,
            "x.",
            "y",
            "y" if right else "z",
            bool(right),
            right,
            1.0,
            True,
            True,
            1,
            1,
            1.0,
        )
        for file, right in zip(files, exact, strict=True)
    ]
    figures = {
        EXACT: Observations.each(exact, files),
        COMPLETED: Observations([completed * 10] * 4, [10.0] * 4, ["a", "b", "c", "d"]),
        BITS: Observations([bits * 10] * 4, [10.0] * 4, ["a", "b", "c", "d"]),
    }
    return Measured(figures, lines)


HALF = [1, 0] * 100
MORE = [1, 0, 1, 1] * 50
ONE_LESS = [0, 0, *HALF[2:]]
THREE_LESS = [0] * 6 + HALF[6:]


@pytest.mark.parametrize(
    ("own", "completed", "general", "says"),
    [
        (MORE, 0.3, HALF, ""),
        (MORE, 0.3, ONE_LESS, ""),
        (HALF, 0.4, HALF, "did not rise (+0.0 points)"),
        (MORE, 0.3, THREE_LESS, "general Python fell by more than one point (-1.5 points)"),
        (MORE, 0.1, HALF, "ratio of completed code fell (-10.0 points)"),
    ],
    ids=["better", "half a point forgotten", "no better", "forgotten", "less is completed"],
)
def test_a_model_takes_over_only_if_it_is_better_and_has_not_forgotten(
    own: list[int], completed: float, general: list[int], says: str
) -> None:
    verdict = judge((measured(HALF, 0.2), measured(own, completed)), (measured(HALF, 0.2), measured(general, 0.2)))
    assert verdict.better == (not says)
    assert says in " ".join(verdict.reasons)


def test_the_table_and_the_conclusion_say_what_changed() -> None:
    verdict = judge((measured(HALF, 0.2), measured(MORE, 0.3)), (measured(HALF, 0.2), measured(HALF, 0.2)))
    lines = table(verdict)
    assert any(OWN in line for line in lines)
    assert any(GENERAL in line for line in lines)
    [exact, _] = [line for line in lines if "exact match" in line]
    assert exact.split("|")[2:5] == [cell.ljust(len(cell)) for cell in exact.split("|")[2:5]]
    assert "50.0" in exact
    assert "75.0" in exact
    assert "+25.0" in exact
    assert "slm model rollback" in summary(verdict, "mine@1", "/src")


def test_examples_show_what_was_won_and_what_was_lost() -> None:
    shown = examples(measured([0, 1, 1], 0.2), measured([1, 0, 1], 0.2))
    assert [len(shown["won"]), len(shown["lost"])] == [1, 1]
    assert shown["won"][0]["after"] == "y"


def test_auto_trains_all_of_a_small_model_and_adapters_of_a_large_one(tmp_path: Path) -> None:
    small, large = export_tiny(tmp_path / "small"), tmp_path / "large"
    large.mkdir()
    (large / "config.json").write_text('{"torch_dtype": "bfloat16"}')
    with (large / "model.safetensors").open("wb") as file:
        file.truncate(2 * 10**9)  # sparse
    assert method_for("auto", small, cuda=True) == method_for("auto", None, cuda=False) == "full"
    assert method_for("auto", large, cuda=True) == "qlora"
    assert method_for("auto", large, cuda=False) == "lora"
    assert method_for("lora", small, cuda=True) == "lora"


# The whole


@pytest.mark.parametrize("better", [True, False])
def test_the_model_is_registered_and_put_in_use_only_if_better(tmp_path: Path, better: bool) -> None:
    repository = read_repository(make_repository(tmp_path / "repo"))
    registry = Registry(tmp_path / "models")
    after = measured(MORE if better else HALF, 0.2)
    verdict = judge((measured(HALF, 0.2), after), (measured(HALF, 0.2), measured(HALF, 0.2)))
    entry = take_up(registry, export_tiny(tmp_path / "exported"), repository, "1", verdict)
    assert entry.spec == "repo@1"
    assert registry.choices() == ({repository.root: "repo@1"} if better else {})


@pytest.mark.parametrize("method", [pytest.param("lora", marks=pytest.mark.slow), "full"])
def test_a_run_measures_registers_reports_and_clears_up(tmp_path: Path, method: str) -> None:
    said: list[str] = []
    run = make_run(with_network(tmp_path), said.append, method=method)
    registry = Registry(tmp_path / "models")
    outcome = run.execute(registry)
    assert verify(outcome.entry.folder).name == "repo"
    assert show_of(Manifest.load(outcome.entry.folder)), "the base's show filter goes along"
    assert outcome.entry.workspace == str(tmp_path / "repo")
    rows = {(row.where, row.figure) for row in outcome.verdict.rows}
    assert {(OWN, EXACT), (OWN, COMPLETED), (OWN, BITS), (GENERAL, EXACT), (GENERAL, BITS)} <= rows
    page = outcome.report.read_text()
    assert "held-out files" in page
    assert "<code>" in page or "0.0" in page
    assert not (tmp_path / "work").exists()
    assert Manifest.load(outcome.entry.folder).evaluation == {} or outcome.verdict.rows
    assert adapted_before(registry, run) == outcome.entry
    assert adapted_before(registry, make_run(tmp_path, said.append, method=method, steps=4)) is None


def with_network(folder: Path) -> Path:
    make_repository(folder / "repo")
    make_repository(folder / "general", 20, first=1000)
    export_with_network(folder / "base", 8)
    install_filter(tiny_filter(folder / "filter.json"), folder / "base")
    return folder


def start(folder: Path, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.training.adaptation", str(folder), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def until(process: subprocess.Popen[str], text: str) -> None:
    """Read its output up to a line with ``text``."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended without saying {text!r}")


@pytest.mark.slow
def test_killed_while_measuring_and_stopped_while_training_it_goes_on(tmp_path: Path) -> None:
    with_network(tmp_path)
    with start(tmp_path, 400) as process:
        until(process, "measuring before: done")
        until(process, "measuring before: done")
        process.kill()
    answers = sum(path.read_text().count('"row"') for path in (tmp_path / "answers").glob("*.jsonl"))
    assert answers >= 1
    with start(tmp_path, 400) as process:
        until(process, "training: step 1 ")
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=120)[0]
        assert process.returncode == 130
        assert "stopped" in output
    with start(tmp_path, 400) as process:
        until(process, "going on where the last run stopped")
        until(process, "training: resumed")
        process.kill()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path, home: Path) -> None:
    root = make_repository(tmp_path / "repo")
    result = CliRunner().invoke(main, ["adapt", str(root), "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "repo at" in result.output
    assert "held out: 5" in result.output
    assert not home.exists()


def test_a_folder_without_code_is_one_line_with_the_way_out(tmp_path: Path, home: Path) -> None:
    result = CliRunner().invoke(main, ["adapt", str(tmp_path)])
    assert result.exit_code == 1
    assert "give the root of a larger repository" in result.output


def test_without_the_training_extra_it_prints_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(main, ["adapt", str(tmp_path)])
    assert result.exit_code == 1
    assert "pip install 'python-slm[train]'" in result.output
