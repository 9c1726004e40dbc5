"""``slm eval`` from end to end on a model of two layers, and what it does when something is missing or interrupted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm_training.cli.evaluate import evaluate
from python_slm_training.evaluate.contestants import floor
from python_slm_training.evaluate.evaluation import Evaluation, Sizes
from python_slm_training.evaluate.sources import read_project
from python_slm_training.evaluate.store import Store
from tests.fakes import byte_tokenizer
from tests.tiny_model import export_tiny
from tests.training.test_evaluate_models import benchmark

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SMALL = ["--cases", "2", "--stretches", "2", "--limit", "2", "--documents", "2", "--threads", "1"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    text = "import os\nfrom re import match\n\n\n" + "".join(
        f"def function{n}(path, count):\n    result = os.path.join(path, str(count))\n    return result.strip()\n\n\n"
        for n in range(8)
    )
    for name in ("one.py", "two.py"):
        (folder / name).write_text(text)
    return folder


def shards(folder: Path) -> Path:
    """Token shards in the format of ``slm train shards``, of one short document twice."""
    folder.mkdir()
    tokenizer = byte_tokenizer()
    ids = np.array(tokenizer.encode("def f(x):\n    return x\n"), "<u2")
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


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(each) for each in arguments], catch_exceptions=False)


def test_a_whole_evaluation_writes_both_reports(tmp_path: Path, project: Path) -> None:
    benchmark(tmp_path)
    model = export_tiny(tmp_path / "model")
    asked = ["--model", model, "--replay", project, "--infilling", tmp_path, "--shards", shards(tmp_path / "shards")]
    result = run(*asked, "--baselines", "copy,ngram", "--out", tmp_path / "out", *SMALL)
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert set(report["replay"]) == set(report["typing"]) == {"model", "n-gram", "copy-from-file"}
    assert set(report["bits_per_byte"]) == {"model", "n-gram"}
    assert report["replay"]["copy-from-file"]["total"]["exact"]["count"] == 14
    assert report["bits_per_byte"]["model"]["value"] > report["bits_per_byte"]["n-gram"]["value"]
    assert len(report["contestants"]["model"]["sha256"]) == 2
    assert report["command"].startswith("slm ")
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert page.count("<svg") >= 2
    assert not any(outside in page for outside in ("src=", "<link", "@import", "url(http"))
    assert "ratio of completed code" in result.output


def test_finished_parts_are_not_measured_again(tmp_path: Path, project: Path) -> None:
    asked = ["--replay", project, "--out", tmp_path / "out", *SMALL]
    assert "replay: copy-from-file" in run(*asked).output
    assert "replay: copy-from-file" not in run(*asked).output
    assert "replay: copy-from-file" in run(*asked, "--seed", "1").output
    assert "replay: copy-from-file" in run(*asked, "--fresh").output


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path, project: Path) -> None:
    store, files = Store(tmp_path / "parts"), read_project(project)

    def interrupted(path: str, text: str, offset: int) -> list[str]:
        raise KeyboardInterrupt

    good = floor()
    bad = type(good)("interrupted", {}, completer=lambda: interrupted)
    with pytest.raises(KeyboardInterrupt):
        Evaluation(Sizes(cases=1, stretches=1), store, [good, bad]).replay([files])
    kept = [path.name for path in (tmp_path / "parts").glob("*.json")]
    assert len(kept) == 1
    assert kept[0].startswith("replay-copy-from-file-")


def test_a_store_makes_a_part_again_when_what_it_depends_on_changes(tmp_path: Path) -> None:
    store, made = Store(tmp_path), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [store.part("a b", {"n": n}, make) for n in (1, 1, 2)] == [1, 1, 2]


def test_without_a_sandbox_infilling_is_left_out_and_the_report_says_so(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    result = run("--replay", project, "--infilling", tmp_path, "--out", tmp_path / "out", *SMALL)
    assert result.exit_code == 0
    assert "apt-get install bubblewrap" in result.output
    assert "apt-get install bubblewrap" in (tmp_path / "out" / "evaluation.html").read_text()


def test_without_the_benchmark_infilling_is_left_out(tmp_path: Path, project: Path) -> None:
    result = run("--replay", project, "--infilling", tmp_path / "gone", "--out", tmp_path / "out", *SMALL)
    assert result.exit_code == 0
    assert "infilling is left out" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baselines", "oracle"], "choose of copy, ngram"),
        (["--baselines", "ngram"], "needs --shards"),
        (["--baselines", ""], "nothing to measure"),
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
    run("--replay", project, "--out", tmp_path / "out", *SMALL[:2], "--stretches", "1")
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert "&lt;script&gt;" in page or "&#39;&lt;" in page
    assert "<script>" not in page
