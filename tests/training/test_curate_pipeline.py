"""Duplicates, splits, and the whole pipeline: resumable, deterministic, streaming."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.errors import CorpusError
from python_slm_training.cli.data import data
from python_slm_training.collect.record import SUFFIX, Metadata, Record, read, write_json, writing
from python_slm_training.curate import clean as clean_stage
from python_slm_training.curate import nearduplicates
from python_slm_training.curate.clean import Rules, clean
from python_slm_training.curate.executors import Where
from python_slm_training.curate.pipeline import curate
from python_slm_training.curate.plan import Plan
from python_slm_training.curate.split import SPLITS, earlier_splits, project_of
from python_slm_training.curate.words import word_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def code(seed: int, functions: int = 12) -> str:
    """Code with words of its own."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7))

    parts = [
        f"def {word()}({word()}, {word()}):\n    {word()} = {word()}({word()})\n    return {word()}\n"
        for _ in range(functions)
    ]
    return "\n\n".join(parts)


def source(raw: Path, repo: str, texts: list[str], kind: str = "git", licence: str = "MIT") -> None:
    name = f"{kind}-{repo.replace('/', '+')}"
    with writing(raw / f"{name}{SUFFIX}") as put:
        for number, text in enumerate(texts):
            about = Metadata(kind, repo, f"f{number}.py", "1" * 40, licence, "2026-01-01", None)
            put(Record(text, f"{repo}:f{number}", about))
    write_json(raw / f"{name}.json", {"repo": repo, "source": kind, "revision": "1" * 40, "collected_at": "2026-01-01"})


def run(raw: Path, corpus: Path, workers: int = 1, **options: Any) -> dict[str, Any]:
    card = curate(Plan(raw, corpus, **options), Where(workers=workers), lambda stage, done, tasks: None)
    assert card is not None
    return card


def corpus_texts(corpus: Path) -> dict[str, str]:
    """Text of every kept file by id."""
    files = [path for split in SPLITS for path in sorted((corpus / split).glob(f"*{SUFFIX}"))]
    return {record.id: record.text for path in files for record in read(path)}


def corpus_files(corpus: Path) -> dict[str, bytes]:
    """Every file of the corpus but those of the work folder; the plots, too, are the same bytes."""
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file() and ".work" not in path.parts]
    return {str(path.relative_to(corpus)): path.read_bytes() for path in files}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    source(folder, "a/one", [code(1), code(2), "x = 1\n"])
    source(folder, "b/two", [code(1) + "\n\n", code(2) + "\n\ndef added():\n    return 1\n", code(3)])
    source(folder, "c/gpl", [code(4)], licence="GPL-3.0-only")
    return folder


def test_the_corpus_has_every_file_once(raw: Path, tmp_path: Path) -> None:
    run(raw, tmp_path / "corpus")
    assert corpus_texts(tmp_path / "corpus") == {"a/one:f0": code(1), "a/one:f1": code(2), "b/two:f2": code(3)}


def test_the_card_accounts_for_every_file(raw: Path, tmp_path: Path) -> None:
    card = run(raw, tmp_path / "corpus")
    assert {reason: counts[0] for reason, counts in card["dropped"].items()} == {
        "near-duplicate": 1,
        "exact duplicate": 1,
        "licence": 1,
        "too short": 1,
    }
    for what in (0, 1):
        assert card["kept"][what] + sum(counts[what] for counts in card["dropped"].values()) == card["collected"][what]
    assert json.loads((tmp_path / "corpus" / "card.json").read_text()) == card


def test_the_readme_names_sources_licences_and_losses_but_shows_no_code(raw: Path, tmp_path: Path) -> None:
    run(raw, tmp_path / "corpus")
    text = (tmp_path / "corpus" / "README.md").read_text()
    for part in ("| a/one | git | 111111111111 | MIT |", "| near-duplicate | 1 |", "(dropped.svg)"):
        assert part in text
    assert "def " not in text
    assert {"dropped.svg", "licences.svg", "sizes.svg"} <= {path.name for path in (tmp_path / "corpus").iterdir()}


def test_two_runs_give_the_same_bytes_with_any_number_of_workers(raw: Path, tmp_path: Path) -> None:
    run(raw, tmp_path / "one", workers=1)
    run(raw, tmp_path / "two", workers=2)
    assert corpus_files(tmp_path / "one") == corpus_files(tmp_path / "two") != {}


def test_a_killed_run_goes_on_where_it_stopped(raw: Path, tmp_path: Path) -> None:
    for number in range(6):
        source(raw, f"more/r{number}", [code(seed, 60) for seed in range(100 + 100 * number, 130 + 100 * number)])
    work = tmp_path / "corpus" / ".work"
    arguments = [sys.executable, "-m", "python_slm", "data", "curate", str(raw), "--out", str(tmp_path / "corpus")]
    running = subprocess.Popen([*arguments, "--workers", "1"], stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(done := list(work.glob("git-more*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert 2 <= len(done) < 6
    before = {path: path.stat().st_mtime_ns for path in done}
    run(raw, tmp_path / "corpus")
    assert {path: path.stat().st_mtime_ns for path in done} == before
    run(raw, tmp_path / "whole")
    assert corpus_files(tmp_path / "corpus") == corpus_files(tmp_path / "whole")


def test_other_rules_or_another_raw_file_are_not_taken_for_done(raw: Path, tmp_path: Path) -> None:
    path = raw / f"git-a+one{SUFFIX}"
    assert [clean(path, tmp_path, Rules()), clean(path, tmp_path, Rules())] == [True, False]
    assert clean(path, tmp_path, Rules(licences=None))
    source(raw, "a/one", [code(1), code(9)])
    assert clean(path, tmp_path, Rules(licences=None))


def test_a_source_that_is_gone_leaves_the_corpus(raw: Path, tmp_path: Path) -> None:
    run(raw, tmp_path / "corpus")
    (raw / f"git-a+one{SUFFIX}").unlink()
    run(raw, tmp_path / "corpus")
    assert {name.split(":")[0] for name in corpus_texts(tmp_path / "corpus")} == {"b/two"}


def test_one_text_at_a_time_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source(tmp_path / "raw", "a/one", [code(seed) for seed in range(20)])
    alive: list[str] = []

    def counted(path: Path) -> Iterator[Record]:
        for each in read(path):
            alive.append("read")
            yield each

    def judged(record: Record, rules: Rules) -> clean_stage.Verdict:
        alive.append("judged")
        return judge(record, rules)

    judge = clean_stage.judge
    monkeypatch.setattr(clean_stage, "read", counted)
    monkeypatch.setattr(clean_stage, "judge", judged)
    clean(tmp_path / "raw" / f"git-a+one{SUFFIX}", tmp_path / "work", Rules())
    assert alive == ["read", "judged"] * 20


def test_an_empty_raw_folder_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="slm data collect --out"):
        run(tmp_path, tmp_path / "corpus")


def test_the_command_curates_and_reports(raw: Path, tmp_path: Path) -> None:
    arguments = ["curate", str(raw), "--out", str(tmp_path / "corpus"), "--licences", "any", "--workers", "1"]
    result = CliRunner().invoke(data, arguments)
    assert result.exit_code == 0, result.output
    assert "card: " in result.output
    assert "c/gpl:f0" in corpus_texts(tmp_path / "corpus")


def signatures(*texts: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.array([nearduplicates.signature(word_hashes(text)) for text in texts])


def test_a_small_change_makes_a_near_duplicate_and_the_first_stays() -> None:
    text = code(1, functions=40)
    changed = text.replace("return", "return not", 2)
    assert nearduplicates.duplicates(signatures(code(2), text, changed, code(3))).tolist() == [
        False,
        False,
        True,
        False,
    ]


def test_half_a_file_in_common_is_no_near_duplicate() -> None:
    shared = code(1, functions=20)
    assert not nearduplicates.duplicates(signatures(shared + code(2, 20), shared + code(3, 20))).any()


def test_signatures_estimate_the_jaccard_similarity() -> None:
    shared = code(1, functions=60)
    one, other = signatures(shared + code(2, 20), shared + code(3, 20))
    assert (one == other).mean() == pytest.approx(60 / 100, abs=0.12)


def test_a_text_of_few_words_has_a_signature() -> None:
    assert nearduplicates.signature(word_hashes("a b")).shape == (nearduplicates.PERMUTATIONS,)


def test_a_repository_and_its_distribution_are_one_project() -> None:
    assert project_of("Owner/My_Tool") == project_of("my-tool") == project_of("other/python-my-tool")


def test_the_card_of_an_earlier_corpus_pins_its_splits(raw: Path, tmp_path: Path) -> None:
    card = run(raw, tmp_path / "one")
    pinned = earlier_splits(tmp_path / "one" / "card.json")
    source(raw, "d/four", [code(seed, 40) for seed in range(20, 30)])
    grown = run(raw, tmp_path / "two", earlier=pinned)
    places = [{each["repo"]: each["split"] for each in one["sources"] if each["files"]} for one in (card, grown)]
    assert places[0].items() <= places[1].items()


def test_a_file_that_is_no_card_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("[]")
    with pytest.raises(CorpusError, match=r"not the card\.json of a corpus"):
        earlier_splits(tmp_path / "card.json")


@pytest.mark.parametrize("limit", ["project", "project=2", "domain=0", "repo=0.5", "project=much"])
def test_a_limit_that_is_no_share_is_refused(raw: Path, tmp_path: Path, limit: str) -> None:
    result = CliRunner().invoke(data, ["curate", str(raw), "--out", str(tmp_path / "corpus"), "--balance", limit])
    assert result.exit_code == 2
    assert "project=SHARE or domain=SHARE" in result.output
