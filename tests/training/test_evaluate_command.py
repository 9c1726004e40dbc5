"""``slm eval`` from end to end on models of two layers, and what it does when something is missing or interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.errors import EvaluationError
from python_slm_training.cli import evaluate as command
from python_slm_training.evaluate.contestants import floor
from python_slm_training.evaluate.evaluation import Evaluation, Sizes
from python_slm_training.evaluate.part_names import PARTS
from python_slm_training.evaluate.parts.editing import measure_replay
from python_slm_training.evaluate.sources import read_project
from python_slm_training.evaluate.store import Store
from python_slm_training.export.headline import MEASURES as HEADLINES
from python_slm_training.export.headline import headline
from tests.fakes import byte_tokenizer
from tests.tiny_model import export_tiny
from tests.training.test_evaluate_benchmarks import write_human_eval, write_mbpp
from tests.training.test_evaluate_bugs import BUGGY, FIXED, GIVEN, write_lines
from tests.training.test_evaluate_models import benchmark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from python_slm_training.evaluate.sources import SourceFile

SMALL = Sizes(
    cases=2,
    stretches=2,
    infilling=2,
    human_eval=2,
    mbpp=2,
    pairs=2,
    answers=2,
    documents=2,
    functions=4,
    places=1,
    contamination_step=1,
    ngram_tokens=1000,
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every size is the smallest that has everything in it."""
    monkeypatch.setattr(Sizes, "named", lambda name, seed: replace(SMALL, seed=seed))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def write_project(folder: Path) -> Path:
    folder.mkdir()
    text = "import os\nfrom re import match\n\n\n" + "".join(
        f"def function{n}(path, count):\n"
        f'    """Join the path and its count, {n} times.\n\n    Args:\n        path: Where.\n    """\n'
        "    result = os.path.join(path, str(count))\n    return result.strip()\n\n\n"
        for n in range(8)
    )
    for name in ("one.py", "two.py"):
        (folder / name).write_text(text)
    return folder


def shards(folder: Path, text: str = "def f(x):\n    return x\n") -> Path:
    """Token shards in the format of ``slm train shards``, of one short document twice."""
    folder.mkdir()
    tokenizer = byte_tokenizer()
    ids = np.array(tokenizer.encode(text), "<u2")
    for split in ("train", "test"):
        np.concatenate([ids, ids]).tofile(folder / f"{split}-00000.bin")
        np.savez(
            folder / f"{split}-index.npz",
            starts=np.array([0, len(ids), 2 * len(ids)]),
            shard_starts=np.array([0, 2 * len(ids)]),
            document_bytes=np.array([len(ids)] * 2),
            paths=np.frombuffer(b"a.pyb.py", np.uint8),
            path_starts=np.array([0, 4, 8]),
        )
    (folder / "tokenizer.json").write_text(tokenizer.to_json())
    (folder / "meta.json").write_text("{}")
    return folder


def all_benchmarks(folder: Path) -> Path:
    folder.mkdir()
    benchmark(folder)
    write_human_eval(folder)
    write_mbpp(folder)
    record = {"task_id": "Python/0", "prompt": GIVEN, "buggy_solution": BUGGY, "canonical_solution": FIXED}
    (folder / "humanevalpack.jsonl").write_text(json.dumps(record) + "\n")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command.evaluate, [str(each) for each in arguments], catch_exceptions=False)


def test_a_whole_evaluation_of_two_models_writes_both_reports(tmp_path: Path, project: Path) -> None:
    models = [f"{name}={export_tiny(tmp_path / name, seed=seed)}" for seed, name in enumerate(("new", "old"))]
    fix = {"task": "fix", "source": BUGGY, "target": FIXED, "path": "a.py", "id": "x", "metadata": {"repo": "r"}}
    write_lines(tmp_path / "tasks" / "test" / "fix.jsonl.zst", fix)
    text = (project / "one.py").read_text()
    result = run(
        *(word for model in models for word in ("--model", model)),
        *("--replay", project, "--benchmarks", all_benchmarks(tmp_path / "benchmarks"), "--tasks", tmp_path / "tasks"),
        *("--shards", shards(tmp_path / "shards", text), "--out", tmp_path / "out", "--threads", "1"),
        *("--only", ",".join(part for part in PARTS if part != "latency")),
    )
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert report["skipped"] == []
    floors = {"n-gram", "copy-from-file"}
    assert set(report["replay"]) == set(report["typing"]) == {"new", "old", *floors}
    assert set(report["bits_per_byte"]) == {"new", "old", "n-gram"}
    assert report["replay"]["copy-from-file"]["total"]["exact"]["count"] == 14
    assert set(report["infilling"]["reference"]) == {"single-line", "multi-line", "random-span", "random-span-light"}
    assert {name: rates["reference"]["value"] for name, rates in report["programs"].items()} == {
        "HumanEval": 1.0,
        "MBPP": 1.0,
    }
    assert set(report["bugs"]) == {"HumanEvalPack", "tasks"}
    assert {"prefers", "top-1", "named", "alarm"} < set(report["bugs"]["tasks"]["new"])
    assert set(report["docstrings"]) == {
        *("new", "old", "new, asked", "old, asked"),
        *("committed docstring", "name in words"),
    }
    assert report["docstrings"]["committed docstring"]["chrf"]["value"] == 1
    assert set(report["answers"]) == {"new", "old"}
    assert report["contamination"]["sources"]["replay: project"]["mostly_seen"] == 2
    pairs = [(one["of"], one["over"]) for one in report["differences"]]
    assert pairs == [("new", "old"), *(("new", name) for name in sorted(floors, reverse=True)),
                     *(("old", name) for name in sorted(floors, reverse=True))]  # fmt: skip
    assert {row["model"] for row in report["published"] if row["ours"]} == {"new", "old"}
    assert report["figures"]["programs.HumanEval"]["new"]["count"] == 2
    assert set(headline(report)["figures"]) == set(HEADLINES)
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert page.count("<svg") >= 7
    assert not any(outside in page for outside in ("src=", "<link", "@import", "url(http"))
    assert "ratio of completed code" in result.output
    assert "Codex 12M" in page


def test_latency_is_measured_through_the_real_server(tmp_path: Path) -> None:
    result = run("--model", export_tiny(tmp_path / "new"), "--only", "latency", "--out", tmp_path / "out")
    if "less busy" in result.output:
        pytest.skip(result.output.splitlines()[-1])
    figures = json.loads((tmp_path / "out" / "evaluation.json").read_text())["latency"]["new"]
    assert 0 < figures["last_key_p50_ms"] <= figures["last_key_p95_ms"]
    assert figures["new_tokens_a_second"] > 0
    assert "new: last key to answer p50" in result.output


def test_finished_parts_are_not_measured_again(tmp_path: Path, project: Path) -> None:
    asked = ["--replay", project, "--out", tmp_path / "out", "--only", "replay"]
    assert "replay: copy-from-file" in run(*asked).output
    assert "replay: copy-from-file" not in run(*asked).output
    assert "replay: copy-from-file" in run(*asked, "--seed", "1").output


def test_an_interrupt_keeps_every_row_that_is_finished(tmp_path: Path, project: Path) -> None:
    files, asked = read_project(project), list[int]()

    def measured(most: int) -> Evaluation:
        def complete(file: SourceFile, text: str, offset: int) -> list[str]:
            if len(asked) == most:
                raise KeyboardInterrupt
            asked.append(offset)
            return ["x"]

        one = replace(floor(), completer=lambda: complete)
        made = Evaluation(SMALL, Store(tmp_path / "parts"), [one], show=lambda _: None)
        measure_replay(made, [files])
        return made

    with pytest.raises(KeyboardInterrupt):
        measured(5)
    (journal,) = (tmp_path / "parts").glob("*.jsonl")
    assert journal.read_text().count('"row"') == 5
    journal.write_bytes(journal.read_bytes()[:-7])  # what a kill may leave of the last line
    asked.clear()
    assert measured(100).observed["replay.exact"]["copy-from-file"].estimate().count == 14
    assert len(asked) == 14 - 4


def test_a_killed_evaluation_goes_on_with_the_row_it_was_at(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from python_slm_training.evaluate.store import Store\n"
        "def make(start):\n"
        "    for n in range(start, 20):\n"
        "        print(n, flush=True)\n"
        "        time.sleep(float(sys.argv[2]))\n"
        "        yield {'n': n}\n"
        "print(len(Store(Path(sys.argv[1])).rows('part', {'a': 1}, make)))\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen([*arguments, "0.05"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while process.stdout.readline() != "3\n":
            pass
        os.kill(process.pid, signal.SIGKILL)
    again = subprocess.run([*arguments, "0"], capture_output=True, text=True, check=True, timeout=60)
    lines = [int(line) for line in again.stdout.split()]
    assert lines[0] in {3, 4}
    assert lines == [*range(lines[0], 20), 20]


def test_of_two_runs_at_once_one_takes_what_the_other_made(tmp_path: Path) -> None:
    made: list[int] = []

    def make(start: int) -> Iterator[int]:
        for number in range(start, 5):
            made.append(number)
            time.sleep(0.02)
            yield number

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: Store(tmp_path).rows("part", {}, make), range(3)))
    assert results == [[0, 1, 2, 3, 4]] * 3
    assert made == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_a_killed_command_goes_on_where_it_was(tmp_path: Path, project: Path) -> None:
    for number in range(40):
        (project / f"more{number}.py").write_text((project / "one.py").read_text())
    model = export_tiny(tmp_path / "model")
    arguments = [
        "--model",
        model,
        "--replay",
        project,
        "--only",
        "replay",
        "--size",
        "quick",
        "--out",
        tmp_path / "out",
    ]
    command_line = [sys.executable, "-m", "python_slm", "eval", *map(str, arguments)]
    parts = tmp_path / "out" / ".parts"

    def rows() -> int:
        return sum(path.read_text().count('"row"') for path in parts.glob("replay-model-*.jsonl"))

    with subprocess.Popen(command_line, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while rows() < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    kept = rows()
    assert 10 <= kept < 140
    (journal,) = parts.glob("replay-model-*.jsonl")
    before = journal.read_text().splitlines()[: kept + 1]
    subprocess.run(command_line, check=True, capture_output=True, timeout=300)
    after = journal.read_text().splitlines()
    assert after[: kept + 1] == before
    assert len(after) == 140 + 2


def test_a_store_makes_a_part_again_when_what_it_depends_on_changes(tmp_path: Path) -> None:
    store, made = Store(tmp_path), []

    def make(start: int) -> Iterator[int]:
        made.append(start)
        yield from (1, 2)

    assert [store.rows("a b", {"n": n}, make) for n in (1, 1, 2)] == [[1, 2]] * 3
    assert made == [0, 0]


def test_without_a_sandbox_programs_are_left_out_and_the_report_says_so(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = all_benchmarks(tmp_path / "benchmarks")
    monkeypatch.setattr("shutil.which", lambda _: None)
    asked = ("--replay", project, "--benchmarks", folder, "--only", "replay,infilling", "--out", tmp_path / "out")
    result = run(*asked)
    assert result.exit_code == 0
    assert "apt-get install bubblewrap" in result.output
    assert "apt-get install bubblewrap" in (tmp_path / "out" / "evaluation.html").read_text()


def test_without_a_benchmark_it_is_left_out(tmp_path: Path, project: Path) -> None:
    asked = ("--replay", project, "--benchmarks", tmp_path / "gone", "--only", "replay,infilling")
    result = run(*asked, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "infilling is left out" in result.output


def test_a_run_that_measures_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="nothing could be measured; infilling is left out"):
        run("--benchmarks", tmp_path / "gone", "--only", "infilling", "--out", tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "oracle", "--replay", "."], "choose of replay, typing"),
        ([], "nothing to measure"),
        (["--model", "gone"], "no such folder"),
        (["--model", "a=.", "--model", "a=.."], "named twice"),
        (["--gate", ".", "--replay", "."], "--gate compares"),
    ],
)
def test_wrong_usage_says_what_to_give(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = run("--out", tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_code_of_the_benchmark_is_escaped_in_the_page(tmp_path: Path, project: Path) -> None:
    text = (project / "one.py").read_text()
    (project / "one.py").write_text(text.replace("path, str(count)", "'<script>', '</script>'"))
    (project / "two.py").unlink()
    run("--replay", project, "--only", "replay", "--out", tmp_path / "out")
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert "&lt;script&gt;" in page or "&#39;&lt;" in page
    assert "<script>" not in page


def test_a_variant_is_the_first_model_with_other_settings(tmp_path: Path, project: Path) -> None:
    asked = ["--model", export_tiny(tmp_path / "model"), "--replay", project, "--only", "replay", "--size", "quick"]
    result = run(
        *asked, "--variant", "terse:completion.suggestions=1,completion.multiline=false", "--out", tmp_path / "o"
    )
    report = json.loads((tmp_path / "o" / "evaluation.json").read_text())
    assert result.exit_code == 0
    assert report["contestants"]["terse"]["suggestions"] == 1
    assert set(report["replay"]) == {"model", "terse", "copy-from-file"}


@pytest.mark.parametrize("variant", ["terse", "terse:completion.suggestions", "x:completion.nothing=1", "model:a=1"])
def test_a_variant_that_makes_no_sense_is_explained(tmp_path: Path, project: Path, variant: str) -> None:
    model = export_tiny(tmp_path / "model")
    result = run("--model", model, "--replay", project, "--variant", variant, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert "--variant" in result.output
