"""The corpus index: every copy of the promised length is found, nothing else is, and a build survives being killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.errors import CorpusError, ProvenanceError
from python_slm.provenance import ALIGNMENT, CorpusIndex, token_ends
from python_slm_training.cli.index import index as index_command
from python_slm_training.provenance.build import Plan, build
from python_slm_training.provenance.choose import COMMON, GOOD, NOBODYS, choose
from python_slm_training.provenance.measure import measure
from tests.tiny_index import build_index, write_corpus

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = 32
LIBRARY = Path(sysconfig.get_path("stdlib"))
ROOT = Path(__file__).parents[2]


def modules(*names: str) -> dict[str, str]:
    return {name: (LIBRARY / name).read_text(encoding="utf-8") for name in names}


PROJECTS: Mapping[str, Mapping[str, str]] = {
    "a/one": modules("argparse.py", "textwrap.py"),
    "b/two": modules("json/decoder.py", "tempfile.py"),
    "c/three": modules("dataclasses.py"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, {"d/four": modules("inspect.py")}, "valid")
    build_index(folder, PROJECTS)
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> CorpusIndex:
    return CorpusIndex.open(folder / "provenance.bin")


def run_of(text: str, first: int, count: int) -> str:
    ends = token_ends(text)
    return text[int(ends[first - 1]) : int(ends[first + count - 1])]


# What is found


def test_every_run_of_the_promised_length_is_found(index: CorpusIndex) -> None:
    """At every place of a module, whatever it falls on."""
    text = PROJECTS["b/two"]["tempfile.py"]
    missed = []
    for first in range(1, 1500, 7):
        found = index.find("zq17 ", run_of(text, first, RUN))
        if found is None or (found.project, found.path) != ("b/two", "tempfile.py"):
            missed.append(first)
    assert missed == []


def test_longer_promises_are_kept_too(folder: Path, tmp_path: Path) -> None:
    """From 64 tokens on a bit stands for four of them."""
    build(folder, tmp_path / "x.bin", Plan.of(64, 3), lambda sources, _: sources)
    index = CorpusIndex.open(tmp_path / "x.bin")
    assert index.header["check_tokens"] == 4
    text = PROJECTS["a/one"]["argparse.py"]
    found = [index.find("zq17 ", run_of(text, first, 64)) for first in range(1, 3000, 31)]
    assert all(one is not None and one.path == "argparse.py" for one in found)


def test_copy_names_project_path_revision_and_licence(index: CorpusIndex) -> None:
    found = index.find("", run_of(PROJECTS["c/three"]["dataclasses.py"], 900, 60))
    assert found is not None
    assert (found.project, found.path, found.licence) == ("c/three", "dataclasses.py", "MIT")
    assert found.revision == "0123456789abcdef"
    assert 58 <= found.tokens <= 64
    assert found.suggested == found.tokens
    assert found.summary.endswith("Python tokens as in c/three, dataclasses.py (MIT, 0123456789ab)")


def test_copy_that_began_before_the_suggestion_counts_whole(index: CorpusIndex) -> None:
    text = run_of(PROJECTS["a/one"]["textwrap.py"], 400, 40)
    cut = int(token_ends(text)[27])
    found = index.find("x = 1\n" + text[:cut], text[cut:])
    assert found is not None
    assert found.tokens >= RUN
    assert 10 <= found.suggested <= 14


def test_copy_that_ended_before_the_suggestion_is_not_the_suggestions(index: CorpusIndex) -> None:
    text = run_of(PROJECTS["a/one"]["textwrap.py"], 400, 60)
    assert index.find(text + "\n# zq1 zq2 zq3 zq4\n", "zq5 = zq6 + zq7") is None


def test_new_code_behind_a_copy_is_rarely_taken_for_its_continuation(index: CorpusIndex) -> None:
    text = PROJECTS["a/one"]["argparse.py"]
    words = [" ".join(f"zq{place + number}" for number in range(30)) for place in range(0, 3000, 30)]
    told = [index.find(run_of(text, 1 + 29 * number, 60) + " ", new) for number, new in enumerate(words)]
    assert sum(one is not None for one in told) <= 12


def test_word_under_the_cursor_is_one_word(index: CorpusIndex) -> None:
    text = run_of(PROJECTS["a/one"]["argparse.py"], 3000, 60)
    cut = next(at for at in range(200, len(text)) if text[at - 2 : at + 2].isalpha())
    found = index.find(text[:cut], text[cut:])
    assert found is not None
    assert found.tokens >= 58


def test_other_indentation_and_line_breaks_are_the_same_copy(index: CorpusIndex) -> None:
    text = run_of(PROJECTS["a/one"]["argparse.py"], 2000, 50)
    assert index.find("", textwrap.indent(text, " " * 12)) == index.find("", " ".join(text.split()))
    assert index.find("", textwrap.indent(text, " " * 12)) is not None


def test_shorter_runs_are_not_told(index: CorpusIndex) -> None:
    """Half of what is promised is taken for the whole by chance now and then: eight bits have to be guessed."""
    text = PROJECTS["b/two"]["tempfile.py"]
    told = [
        first
        for first in range(1, 1500, 13)
        if index.find(
            "zq1 zq2 zq3 ", run_of(text, first, RUN // 2) + "".join(f" zq{number}" for number in range(4, 20))
        )
    ]
    assert len(told) <= 4


def test_text_of_nobody_is_not_told(index: CorpusIndex) -> None:
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in random.integers(0, 10**6, 4000)]
    assert all(index.find("", " ".join(words[start : start + 60])) is None for start in range(0, 3900, 13))


def test_what_many_projects_have_is_nobodys(tmp_path: Path) -> None:
    header = "\n".join(f"# Licensed to clause{number} under terms{number} as is, term {number}" for number in range(20))
    projects = {f"p/{name}": {"x.py": header + f"\n{name} = {name}_of(1)\n"} for name in "abc"}
    assert CorpusIndex.open(build_index(tmp_path, projects)).find("", header) is None
    two = {name: files for name, files in projects.items() if name != "p/c"}
    assert CorpusIndex.open(build_index(tmp_path / "two", two)).find("", header) is not None


def test_longest_run_is_told_where_several_files_share_a_part(tmp_path: Path) -> None:
    text = run_of(PROJECTS["c/three"]["dataclasses.py"], 300, 90)
    part = text[: int(token_ends(text)[39])]
    found = CorpusIndex.open(build_index(tmp_path, {"p/a": {"part.py": part + "\nend\n"}, "p/b": {"whole.py": text}}))
    copy = found.find("", text)
    assert copy is not None
    assert copy.path == "whole.py"


def test_measured_recall_and_precision(folder: Path, index: CorpusIndex) -> None:
    quality = measure(index, folder, samples=60)
    assert quality.planted >= 55
    assert quality.found >= 0.95 * quality.planted
    assert quality.moved >= 0.95 * quality.planted
    assert quality.told == quality.whole + quality.near
    assert quality.asked >= 55


# Which grams are kept


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([GOOD, GOOD, GOOD, COMMON, NOBODYS]), max_size=300), st.sampled_from([5, 9, 17, 25, 33])
)
def test_every_reach_with_a_usable_gram_has_a_chosen_one(values: list[int], reach: int) -> None:
    chosen = choose(np.array(values, np.int8), reach)
    assert chosen == sorted(set(chosen))
    assert all(values[place] != NOBODYS and place % ALIGNMENT == 0 for place in chosen)
    usable = [place for place in range(0, len(values), ALIGNMENT) if values[place] != NOBODYS]
    for start in range(len(values) - reach + 1):
        inside = [place for place in usable if start <= place < start + reach]
        # A reach that has but one usable gram at its very edge may belong to the neighbouring choice.
        whole = len(inside) >= reach // ALIGNMENT
        assert not whole or any(start <= place < start + reach for place in chosen)


# The file


def test_header_says_what_is_indexed(index: CorpusIndex) -> None:
    told = index.summary()
    assert (told["guaranteed_tokens"], told["projects"], told["files"]) == (RUN, 3, 5)
    assert told["corpus_bytes"] == sum(len(text.encode()) for files in PROJECTS.values() for text in files.values())
    assert index.header["bytes"] < told["corpus_bytes"] / 8


def test_longer_promises_are_smaller_files(folder: Path, tmp_path: Path) -> None:
    longer = build(folder, tmp_path / "x.bin", Plan(run_tokens=64), lambda sources, _: sources)
    assert longer["grams"] < 0.55 * CorpusIndex.open(folder / "provenance.bin").header["grams"]


@pytest.mark.parametrize("damage", ["truncated", "other", "missing"])
def test_damaged_index_is_refused(folder: Path, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "provenance.bin"
    data = (folder / "provenance.bin").read_bytes()
    if damage != "missing":
        path.write_bytes(data[:-100] if damage == "truncated" else b"PK" + data)
    with pytest.raises(ProvenanceError, match=r"provenance\.bin: not an index of a corpus .*'slm data index'"):
        CorpusIndex.open(path)


def test_empty_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="give the folder that 'slm data curate' wrote"):
        build(tmp_path, tmp_path / "x.bin", Plan(), lambda sources, _: sources)


def test_command_writes_an_index(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "provenance.bin"
    result = CliRunner().invoke(index_command, [str(folder), "--out", str(out), "--tokens", "40"])
    assert result.exit_code == 0, result.output
    assert "5 files, 3 projects" in result.output
    assert CorpusIndex.open(out).summary()["guaranteed_tokens"] == 40
    assert not out.with_name("provenance.bin.parts").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from python_slm_training.provenance.build import Plan, build

def progress(sources, label):
    for number, source in enumerate(sources):
        if label == sys.argv[3] and number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield source

build(Path(sys.argv[1]), Path(sys.argv[2]), Plan(), progress)
"""


@pytest.mark.parametrize("stage", ["reading", "choosing"])
def test_killed_build_leaves_no_index_and_goes_on(folder: Path, tmp_path: Path, stage: str) -> None:
    out = tmp_path / "provenance.bin"
    killed = subprocess.run([sys.executable, "-c", KILLED, folder, out, stage], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "provenance.bin.parts").glob("*.npz")}
    assert len(kept) == (1 if stage == "reading" else 3)
    build(folder, out, Plan(), lambda sources, _: sources)
    assert out.read_bytes() == (folder / "provenance.bin").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["provenance.bin"]


def test_changed_source_is_read_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "provenance.bin"
    subprocess.run([sys.executable, "-c", KILLED, folder, out, "choosing"], cwd=ROOT, check=False)
    other = write_corpus(tmp_path / "other", {**PROJECTS, "c/three": modules("heapq.py")})
    header = build(other, out, Plan(), lambda sources, _: sources)
    assert header["files"] == 5
    text = (LIBRARY / "heapq.py").read_text(encoding="utf-8")
    assert CorpusIndex.open(out).find("", run_of(text, 1000, 50)) is not None
