"""Examples of every task from small sources, their balance, and the whole way from a corpus to tasks."""

from __future__ import annotations

import ast
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.errors import CorpusError
from python_slm_training import jsonlines
from python_slm_training.cli.train import train
from python_slm_training.curate.contamination import Benchmarks
from python_slm_training.tasks import balance, classify, defects, documentation, given, infill
from python_slm_training.tasks.build import Job, build, units
from python_slm_training.tasks.entries import Entries
from python_slm_training.tasks.example import Example, read, task_path
from python_slm_training.tasks.generate import Rules, of_source
from python_slm_training.tasks.source import SourceFile

SERVER = Path(__file__).parents[2] / "server" / "python_slm"


def source(text: str, path: str = "pkg/a.py", repo: str = "owner/project") -> SourceFile:
    return SourceFile(text, f"{repo}:{path}", {"repo": repo, "path": path, "licence": "MIT"})


DOCUMENTED = '''class Store:
    @property
    def load(self, path, strict=True):
        """Read the records of a file.

        Args:
            path: Where the file lies.
            strict: Whether a damaged record is an error.
        """

        # Older files have a header of their own, which is passed over here.
        lines = path.read_text().splitlines()
        lines = [line for line in lines if line]
        return lines
'''
BARE = """@property
def load(self, path, strict=True):
    # Older files have a header of their own, which is passed over here.
    lines = path.read_text().splitlines()
    lines = [line for line in lines if line]
    return lines
"""


def test_a_docstring_is_asked_for_without_it_and_answered_as_written() -> None:
    (example,) = documentation.docstrings(source(DOCUMENTED))
    assert example.source == BARE
    assert example.target.startswith("Read the records of a file.\n\nArgs:\n    path: Where")
    assert (example.kind, example.path) == ("google", "pkg/a.py")


@pytest.mark.parametrize(
    "docstring",
    [
        pytest.param("Read it.", id="too short"),
        pytest.param("Reads what is there in the usual order.", id="neither parameters nor result"),
        pytest.param("TODO describe what path means for this.", id="to do"),
        pytest.param("See the base class for what path means.", id="elsewhere"),
        pytest.param("Read the path and its friends.\n\n:param other: gone since", id="stale"),
    ],
)
def test_boilerplate_and_stale_docstrings_are_left_out(docstring: str) -> None:
    text = f'def load(path):\n    """{docstring}"""\n    data = path.read()\n    return data\n'
    assert list(documentation.docstrings(source(text))) == []


def test_explanations_are_first_paragraphs_and_comments_over_blocks() -> None:
    text = DOCUMENTED.replace("Read the records of a file.", "Read all the records of a file.")
    function, comment = documentation.explanations(source(text))
    assert (function.kind, function.target) == ("function", "Read all the records of a file.")
    assert comment.target == "Older files have a header of their own, which is passed over here."
    assert comment.source == "\n".join(line[4:] for line in BARE.splitlines()[3:]) + "\n"


def test_infilling_hides_whole_nodes_and_loses_no_character() -> None:
    path = SERVER / "text.py"
    file = source(path.read_text("utf-8"))
    made = infill.examples(file, random.Random(1), 40)
    assert Counter(example.kind for example in made) == dict.fromkeys(infill.KINDS, 10)
    for example in made:
        assert example.prefix + example.target + example.suffix in file.text
        wrapped = f"f({example.target})" if example.kind in {"arguments", "expression"} else None
        code = wrapped or "async def f():\n  for _ in x:\n    " + example.target.replace("\n", "\n    ")
        if "\n" not in example.target:
            ast.parse(code)


def test_infilling_keeps_windows_of_long_files_at_line_ends() -> None:
    file = source("".join(f"value_{number} = compute({number}, {number + 1})\n" for number in range(2_000)))
    for example in infill.examples(file, random.Random(2), 8):
        assert len(example.prefix) <= infill.MAX_PREFIX + 100
        assert len(example.suffix) <= infill.MAX_SUFFIX
        assert example.prefix == "" or example.prefix.startswith("value_")


def test_half_of_the_functions_are_clean_and_answers_name_the_line() -> None:
    text = "\n".join(f"def f{n}(a, b):\n    x = a - b * {n}\n    return g(a, x)\n" for n in range(200))
    made = list(defects.examples(source(text), random.Random(3)))
    bugs = [example for example in made if example.task == "bug"]
    assert 70 < sum(example.target == "none" for example in bugs) < 130
    fixes = {example.id.split("#fix:")[1]: example for example in made if example.task == "fix"}
    for example in bugs:
        answer = defects.read_answer(example.target, example.source)
        if example.target == "none":
            assert answer is None
            continue
        assert answer is not None
        repaired = fixes[example.id.split("#bug:")[1]]
        at = answer[1] - 1
        assert answer[0] == example.kind == repaired.kind
        assert repaired.source == example.source
        assert [
            n
            for n, pair in enumerate(zip(example.source.splitlines(), repaired.target.splitlines(), strict=True))
            if len(set(pair)) > 1
        ] == [at]


def test_tests_get_no_bugs() -> None:
    assert list(defects.examples(source(DOCUMENTED, "tests/test_a.py"), random.Random(1))) == []


def edit_record(kind: str = "fix", repo: str = "owner/project", number: int = 0) -> dict[str, Any]:
    return {
        "before": f"def area{number}(w, h):\n    return w + h\n",
        "after": f"def area{number}(w, h):\n    return w * h\n",
        "kind": kind,
        "message": f"Fix area {number}\n\nMore.",
        "id": f"{repo}@abc:{number}#edit",
        "metadata": {"repo": repo, "path": "a.py", "licence": "MIT"},
        "lines": 1,
        "tests_changed": False,
    }


def test_a_real_fix_is_a_bug_to_find_a_fix_to_make_and_clean_code() -> None:
    fix, bug, clean = defects.of_real_fix(edit_record())
    assert (fix.task, fix.kind, fix.target) == ("fix", "real wrong-operator", edit_record()["after"])
    assert (bug.target, clean.target) == ("wrong-operator: return w + h", "none")
    assert clean.source == fix.target


def test_an_edit_is_asked_for_by_the_first_line_of_its_message() -> None:
    (edit,) = given.edits(edit_record("edit"))
    assert edit.source == f"# edit: Fix area 0\n{edit_record()['before']}"


def test_classification_tells_imports_from_code_without_them() -> None:
    text = "import sqlalchemy as sa\nimport os\n\nclass User(Base):\n" + "".join(
        f"    f{n} = sa.Column(sa.Integer)\n" for n in range(8)
    )
    (example,) = classify.examples(source(text))
    assert example.target.startswith("domain: database; libraries: sqlalchemy; patterns: ")
    assert "import" not in example.source


def test_instructions_are_split_and_those_of_a_benchmark_left_out(tmp_path: Path) -> None:
    records = [{"instruction": f"Add {n}", "input": "x = 1" if n % 2 else "", "output": f"x + {n}"} for n in range(200)]
    path = tmp_path / "alpaca.jsonl"
    path.write_text("\n".join(map(json.dumps, records)) + "\n\n")
    made = list(given.instructions(path, Benchmarks()))
    assert len(made) == 200
    assert {split for split, _ in made} == {"train", "valid", "test"}
    assert made[1][1].source == "Add 1\n\nx = 1"
    problem = "Write a function that returns the sum of all even numbers between one and n, and nothing else please"
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.jsonl").write_text(json.dumps({"prompt": problem}) + "\n")
    path.write_text(json.dumps({"instruction": problem, "output": "x"}))
    assert list(given.instructions(path, Benchmarks.of(tmp_path / "b"))) == []


def test_a_damaged_instruction_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"instruction": "x", "output": "y"}\n{"prompt": 1}\n')
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: not an instruction record"):
        list(given.instructions(path, Benchmarks()))


def chosen(examples: list[Example], limit: int, **more: Any) -> Counter[str]:
    kept, _ = balance.select(Entries.of(examples, 0), limit, **more)
    return Counter(examples[at].kind for at in kept)


def some(kind: str, count: int, repo: str | None = None) -> list[Example]:
    words = [" ".join(f"{kind}{n}w{k * n}" for k in range(30)) for n in range(count)]
    return [
        Example("bug", kind, "t", f"{kind}{n}", text, metadata={"repo": repo or f"{kind}{n % 20}"})
        for n, text in enumerate(words)
    ]


def test_rare_kinds_are_kept_whole_and_common_ones_cut_to_one_height() -> None:
    examples = some("a", 300) + some("b", 100) + some("c", 10)
    assert chosen(examples, 150) == {"a": 70, "b": 70, "c": 10}


def test_no_kind_outweighs_the_others_even_below_the_limit() -> None:
    rest = dict.fromkeys("bcde", 30)
    assert chosen(some("a", 500) + [each for kind in rest for each in some(kind, 30)], 10_000) == {"a": 80, **rest}


def test_clean_code_is_as_much_as_code_with_bugs() -> None:
    assert chosen(some("none", 200) + some("a", 40), 1_000) == {"none": 40, "a": 40}


def test_no_project_outweighs_the_others() -> None:
    examples = some("a", 300, "giant") + some("b", 300)
    assert chosen(examples, 10_000) == {"a": 60, "b": 300}


def test_near_duplicates_are_left_out() -> None:
    text = " ".join(f"word{n}" for n in range(60))
    twins = [Example("bug", "a", "t", str(n), f"{text} end{n}", metadata={"repo": f"r{n}"}) for n in range(3)]
    assert chosen(twins + some("b", 5), 100) == {"a": 1, "b": 5}


def write_records(path: Path, items: list[dict[str, Any]]) -> None:
    with jsonlines.writing(path) as put:
        for item in items:
            put(item)


def corpus_of(folder: Path, *, files: int = 5) -> Path:
    """Four projects of this product's own files: two for training, one each for validation and test."""
    paths = [path for path in sorted(SERVER.rglob("*.py")) if 2_000 < path.stat().st_size < 12_000]
    for number, (split, repo) in enumerate([("train", "o/a"), ("train", "o/b"), ("valid", "o/c"), ("test", "o/d")]):
        items = [
            {
                "text": path.read_text("utf-8"),
                "id": f"{repo}:{path.name}",
                "metadata": {"repo": repo, "path": f"x/{path.name}", "licence": "MIT"},
            }
            for path in paths[number * files : (number + 1) * files]
        ]
        write_records(folder / split / f"git-{repo.replace('/', '+')}.jsonl.zst", items)
    return folder


def history_of(folder: Path) -> Path:
    for repo in ("o/a", "o/c", "else/where"):
        write_records(
            folder / f"git-{repo.replace('/', '+')}.jsonl.zst", [edit_record(repo=repo, number=n) for n in range(5)]
        )
    return folder


def quiet(items: Any, total: int, label: str) -> Any:
    return items


def texts_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.zst"))
        if ".work" not in path.parts
    }


def test_histories_go_where_their_project_is(tmp_path: Path) -> None:
    job = Job(corpus_of(tmp_path / "corpus", files=1), tmp_path / "out", history_of(tmp_path / "history"))
    assert {unit.path.name: unit.split for unit in units(job) if unit.kind == "history"} == {
        "git-o+a.jsonl.zst": "train",
        "git-o+c.jsonl.zst": "valid",
        "git-else+where.jsonl.zst": "train",
    }


def test_the_same_seed_gives_the_same_files_and_projects_stay_in_their_split(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path / "corpus", files=2)
    for out in ("one", "two"):
        build(Job(corpus, tmp_path / out, limit=500), quiet)
    build(Job(corpus, tmp_path / "other", limit=500, rules=Rules(seed=1)), quiet)
    assert texts_of(tmp_path / "one") == texts_of(tmp_path / "two")
    assert texts_of(tmp_path / "one") != texts_of(tmp_path / "other")
    for split, wanted in (("train", {"o/a", "o/b"}), ("valid", {"o/c"}), ("test", {"o/d"})):
        for path in (tmp_path / "one" / split).iterdir():
            assert {example.metadata["repo"] for example in read(path)} <= wanted
    repos = [example.metadata["repo"] for example in read(task_path(tmp_path / "one", "train", "infill"))]
    assert set(repos[: len(repos) // 4]) == {"o/a", "o/b"}, "the first examples are a sample of all"


def test_examples_of_a_file_do_not_depend_on_other_files() -> None:
    file = source((SERVER / "text.py").read_text("utf-8"))
    assert list(of_source(file, Rules())) == list(of_source(file, Rules()))


def test_the_command_makes_every_task_and_a_card(tmp_path: Path) -> None:
    corpus, history = corpus_of(tmp_path / "corpus"), history_of(tmp_path / "history")
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps({"instruction": f"i{n}", "output": f"o{n}"}) for n in range(60))
    )
    given_paths = ["--history", str(history), "--instructions", str(tmp_path / "a.jsonl")]
    result = CliRunner().invoke(train, ["tasks", str(corpus), *given_paths, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    for task, counts in card["splits"]["train"].items():
        examples = list(read(task_path(tmp_path / "out", "train", task)))
        assert len(examples) == counts["examples"] == sum(counts["kinds"].values()) > 0
        assert {example.task for example in examples} == {task}
        assert all(example.target for example in examples)
    assert set(card["splits"]["train"]) >= {
        "infill",
        "docstring",
        "bug",
        "fix",
        "refactor",
        "explain",
        "edit",
        "instruction",
    }
    assert "| train | infill |" in (tmp_path / "out" / "README.md").read_text()
    assert (tmp_path / "out" / "tasks.svg").stat().st_size > 1_000


def test_killed_and_run_again_it_keeps_what_was_finished(tmp_path: Path) -> None:
    corpus, out = corpus_of(tmp_path / "corpus", files=3), tmp_path / "out"
    command = [sys.executable, "-m", "python_slm", "train", "tasks", str(corpus), "--out", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not (finished := list(out.glob(".work/*.json"))) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
    assert not list(out.glob("train/*"))
    made = {path: path.stat().st_mtime_ns for path in finished}
    build(Job(corpus, out), quiet)
    assert made.items() <= {path: path.stat().st_mtime_ns for path in out.glob(".work/*.json")}.items()
    build(Job(corpus, tmp_path / "whole"), quiet)
    assert texts_of(out) == texts_of(tmp_path / "whole")


def test_a_folder_without_a_corpus_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="slm data curate"):
        build(Job(tmp_path, tmp_path / "out"), quiet)


def test_a_damaged_line_says_where_it_is(tmp_path: Path) -> None:
    write_records(tmp_path / "a.jsonl.zst", [{"task": "bug"}])
    with pytest.raises(CorpusError, match="not a task example"):
        list(read(tmp_path / "a.jsonl.zst"))
    (tmp_path / "b.jsonl.zst").write_bytes(np.random.default_rng(0).bytes(64))
    with pytest.raises(CorpusError, match=r"b\.jsonl\.zst:1: not a line of JSON"):
        list(jsonlines.read(tmp_path / "b.jsonl.zst"))
