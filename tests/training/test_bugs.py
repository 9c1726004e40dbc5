"""Mining, pairs, rows, thresholds: the bugs that a calibration is made of and the promises that it keeps."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.bugs.assess import plain_screen
from python_slm.bugs.calibration import FILE, Calibration, calibration_of
from python_slm.bugs.candidates import KINDS
from python_slm.bugs.scorer import Scorer
from python_slm.engine.decode import Decoder
from python_slm.engine.manifest import Manifest, verify
from python_slm_training import jsonlines
from python_slm_training.cli.bug_fixes import bug_fixes
from python_slm_training.cli.eval_bugs import eval_bugs
from python_slm_training.collect.git import GitSource
from python_slm_training.evaluate.bug_findings import RULES, human_eval_figures, ruff_on
from python_slm_training.export.filter import install_bugs
from python_slm_training.tasks.bugs.calibrate import with_verdict
from python_slm_training.tasks.bugs.fit import fit, judge, screens
from python_slm_training.tasks.bugs.mine import fixes, is_small
from python_slm_training.tasks.bugs.pairs import is_held_out, pair_of
from python_slm_training.tasks.bugs.report import table
from python_slm_training.tasks.bugs.rows import rows_of
from tests.fakes import ScriptedModel
from tests.tiny_bugs import tiny_calibration
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GOOD = """\
def share(total, count):
    return total / count


def other(rows, limit):
    kept = [row for row in rows if row < limit]
    return kept
"""
BAD = GOOD.replace("total / count", "total / total")


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "x@y.z" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True, capture_output=True, env={**os.environ, **who},
    )  # fmt: skip


def repository(folder: Path, *versions: tuple[str, Mapping[str, str]]) -> Path:
    """Commits of whole files, oldest first."""
    folder.mkdir()
    git(folder, "init", "-q")
    for message, texts in versions:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", message)
    return folder / ".git"


def fix(before: str = BAD, after: str = GOOD, repo: str = "a/b") -> dict[str, Any]:
    return {
        "repo": repo,
        "path": "m.py",
        "revision": "0" * 40,
        "subject": "Fix the share",
        "is_fix": True,
        "tests_changed": False,
        "before": before,
        "after": after,
    }


def test_mines_small_fixes_of_code_and_nothing_else(tmp_path: Path) -> None:
    larger = GOOD.replace("kept = [", "everything = list(rows)\n    kept = [")
    where = repository(
        tmp_path / "repo",
        ("Begin", {"m.py": BAD, "tests/test_m.py": "def test():\n    assert 1\n"}),
        ("Fix the share", {"m.py": GOOD, "tests/test_m.py": "def test():\n    assert 2\n"}),
        ("Fix a test", {"tests/test_m.py": "def test():\n    assert 3\n"}),
        ("Fix by more lines", {"m.py": larger}),
        ("Rename", {"m.py": larger.replace("everything", "all_rows__")}),
    )
    (found,) = fixes(GitSource.of(where))
    assert (found["subject"], found["path"], found["is_fix"], found["tests_changed"]) == (
        "Fix the share",
        "m.py",
        True,
        True,
    )
    assert (found["before"], found["after"]) == (BAD, GOOD)


def test_the_command_mines_once_and_leaves_reserved_projects_out(tmp_path: Path) -> None:
    repository(tmp_path / "mine", ("Begin", {"m.py": BAD}), ("Fix the share", {"m.py": GOOD}))
    repository(tmp_path / "kept", ("Begin", {"m.py": BAD}), ("Fix the share", {"m.py": GOOD}))
    (tmp_path / "reserved.txt").write_text("owner/kept\n", encoding="utf-8")
    arguments = ["--git", str(tmp_path), "--out", str(tmp_path / "out"), "--reserved", str(tmp_path / "reserved.txt")]
    first = CliRunner().invoke(bug_fixes, arguments)
    assert first.exit_code == 0, first.output
    assert "1 new small fixes" in first.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.jsonl.zst"]
    assert "0 new small fixes" in CliRunner().invoke(bug_fixes, arguments).output


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("a = b\n", "a = c\n", True),
        ("a = b\n", "a = b  # why\n", False),
        ("a = b\n", "a  =  b\n", False),
        ("a = b\n", "a = b\nc = d\n", False),
        ("a = b\n\n\n\n\nc = d\n", "a = x\n\n\n\n\nc = y\n", False),
    ],
)
def test_small_is_a_few_tokens_of_one_place(before: str, after: str, wanted: bool) -> None:
    assert is_small(before, after) is wanted


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (BAD, GOOD, "variable-misuse"),
        (GOOD.replace("row < limit", "row > limit"), GOOD, "wrong-comparison"),
        (GOOD.replace("row < limit", "row <= limit"), GOOD, "off-by-one"),
        (GOOD.replace("total / count", "total * count"), GOOD, "wrong-arithmetic"),
        (GOOD.replace("total / count", "total / 7"), GOOD, None),
        ("x = 1 < 2\n", "x = 1 > 2\n", None),
    ],
)
def test_a_pair_is_a_fix_that_one_rewrite_makes(before: str, after: str, kind: str | None) -> None:
    pair = pair_of(fix(before, after))
    assert (pair and pair.kind) == kind
    if pair:
        assert before[: pair.start] + pair.text + before[pair.end :] == after


def test_rows_say_which_rewrite_was_right_and_have_good_code_beside() -> None:
    pair = pair_of(fix())
    assert pair is not None
    rows = list(rows_of(pair.to_json(), Scorer(Decoder(ScriptedModel({}))), plain_screen))
    assert [row["role"] for row in rows] == ["buggy", "fixed", "clean", "rest"]
    right = [[kind, read] for row in rows for kind, right, read, _ in row["rewrites"] if right]
    assert [kind for kind, _ in right] == ["variable-misuse"]
    assert all(row["lines"] == 2 for row in rows[:2])


def test_the_whole_file_is_searched_for_rewrites_that_are_rare() -> None:
    copied = (
        "\n\ndef wide(box, width, height):\n    box.width = int(width)\n    box.height = int(width)\n    return box\n"
    )
    again = "\n\ndef last(rows):\n    return rows[-1:]\n"
    pair = pair_of(fix(BAD + copied + again, GOOD + copied + again))
    assert pair is not None
    rows = list(rows_of(pair.to_json(), Scorer(Decoder(ScriptedModel({}))), plain_screen, clean=0))
    (searched, lines) = [row for row in rows if row["role"] == "rest"]
    assert "copy-paste-slip" in {kind for kind, *_ in searched["rewrites"]}
    assert (searched["lines"], lines["lines"], lines["rewrites"]) == (0, 9, [])


def made_up(count: int, seed: int, *, noise: float) -> list[dict[str, Any]]:
    """Functions in which ``clue`` tells the right rewrite; a share ``noise`` of the others has it as well."""
    random = np.random.default_rng(seed)
    functions = []
    for number in range(count):
        role = ("buggy", "fixed", "clean")[number % 3]
        rewrites = []
        for _ in range(6):
            clue = float(random.random() < noise)
            rewrites.append(["off-by-one", 0, 1, {"clue": clue, "near": float(random.normal())}])
        if role == "buggy":
            rewrites[0] = ["off-by-one", 1, 1, {"clue": 1.0, "near": float(random.normal() + 1)}]
        functions.append(
            {"repo": f"r{number % 20}", "role": role, "kind": "off-by-one", "lines": 20, "rewrites": rewrites}
        )
    return functions


def test_a_kind_is_on_where_it_keeps_both_promises_in_both_halves() -> None:
    good, noisy = made_up(600, 1, noise=0.0), made_up(600, 2, noise=0.2)
    learned = fit(good, screens(good))
    assert learned.kinds["off-by-one"].on
    verdict = with_verdict(learned, judge(made_up(300, 3, noise=0.0), learned))
    figures = verdict.kinds["off-by-one"].figures["held_out"]
    assert verdict.kinds["off-by-one"].on
    assert figures["precision"][0] == 1.0
    assert figures["recall"][0] == 1.0
    broken = with_verdict(learned, judge(noisy, learned))
    assert not broken.kinds["off-by-one"].on
    assert not fit(noisy, screens(noisy)).kinds["off-by-one"].on
    assert "off-by-one" in "\n".join(table(verdict, judge(good, learned)))


def test_weights_survive_the_file_and_probabilities_rise_with_the_clue() -> None:
    rows = made_up(300, 1, noise=0.05)
    learned = fit(rows, screens(rows))
    again = Calibration.from_json(learned.to_json())
    kind = again.kinds["off-by-one"]
    assert kind.probability({"clue": 1.0}) > kind.probability({"clue": 0.0})
    assert kind.probability({"clue": 1.0}) == pytest.approx(
        learned.kinds["off-by-one"].probability({"clue": 1.0}), abs=1e-3
    )


def test_halves_are_of_repositories() -> None:
    names = [f"owner/{number}" for number in range(200)]
    assert 60 < sum(map(is_held_out, names)) < 140
    assert is_held_out("A/B") == is_held_out("a/b")


def test_a_calibration_goes_beside_the_model_and_into_its_manifest(tmp_path: Path) -> None:
    model = export_tiny(tmp_path / "model")
    path = tmp_path / "mine.json"
    path.write_text(tiny_calibration("across_both", *KINDS).to_json(), encoding="utf-8")
    install_bugs(path, model)
    verify(model)
    found = calibration_of(Manifest.load(model))
    assert found is not None
    assert found.kinds["off-by-one"].on
    values = json.loads((model / "manifest.json").read_text("utf-8"))
    assert values["export"]["bug_findings"]["pairs"] == 3
    assert (model / FILE).read_text("utf-8") == path.read_text("utf-8")
    assert "2 real fixes and judged on 1 others" in " ".join((model / "README.md").read_text("utf-8").split())


def test_ruff_is_asked_about_the_same_bugs() -> None:
    undefined = fix(GOOD.replace("total / count", "total / cuont"))
    pair = {**undefined, "start": BAD.index("/"), "end": BAD.index("/")}
    found = ruff_on([pair, {**fix(), "start": BAD.index("/"), "end": BAD.index("/")}], RULES["ruff, bug rules"])
    assert (found["bugs"], found["hits"], found["alarms_per_1000"]) == (2, 1, 0.0)


def test_figures_of_human_eval_pack() -> None:
    rows = [
        {"rank": 1, "prefers": 1.0, "on_buggy": "off-by-one", "on_fixed": ""},
        {"rank": 3, "prefers": 0.0, "on_buggy": "", "on_fixed": "off-by-one"},
        {"rank": 0, "prefers": 0.5, "on_buggy": "", "on_fixed": ""},
    ]
    found = human_eval_figures(rows)
    assert found["top-1"] == pytest.approx(1 / 3)
    assert found["top-3"] == pytest.approx(2 / 3)
    assert found["prefers"] == pytest.approx(0.5)
    assert found["alarm on fixed"] == pytest.approx(1 / 3)


def test_the_report_is_one_page_of_what_there_is(tmp_path: Path) -> None:
    work = tmp_path / "work"
    pair = pair_of(fix(repo=next(name for name in map(str, range(99)) if is_held_out(name))))
    assert pair is not None
    for name, rows in (("pairs", [pair.to_json()]), ("held", made_up(60, 1, noise=0.0))):
        with jsonlines.writing(work / f"{name}.jsonl.zst") as put:
            for row in rows:
                put(row)
    path = tmp_path / "bugs.json"
    path.write_text(tiny_calibration("clue", "off-by-one").to_json(), encoding="utf-8")
    model = export_tiny(tmp_path / "model")
    pack = tmp_path / "benchmarks" / "pack"
    pack.mkdir(parents=True)
    record = {
        "task_id": "T/0",
        "prompt": "def share(total, count):\n",
        "buggy_solution": "    return total / total\n",
        "canonical_solution": "    return total / count\n",
    }
    (pack / "humanevalpack.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    arguments = ["--model", model, "--calibration", path, "--work", work, "--benchmarks", tmp_path / "benchmarks"]
    result = CliRunner().invoke(eval_bugs, [*map(str, arguments), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "bugs.json").read_text("utf-8"))
    assert report["kinds"]["off-by-one"]["precision"][0] == 1.0
    assert set(report["ruff"]) == set(RULES)
    assert 0 <= report["human_eval_pack"]["top-1"] <= 1
    page = (tmp_path / "out" / "bugs.html").read_text("utf-8")
    assert "<svg" in page
    assert "HumanEvalPack" in page
    alone = CliRunner().invoke(
        eval_bugs,
        ["--model", str(model), "--calibration", str(path), "--work", str(work), "--out", str(tmp_path / "b")],
    )
    assert "HumanEvalPack left out" in alone.output
