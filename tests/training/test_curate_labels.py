"""Labels, on examples made for them."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from python_slm_training.collect.record import PROSE, QA, Metadata, Record
from python_slm_training.curate import difficulty, quality, table, versions
from python_slm_training.curate.clean import Rules, judge
from python_slm_training.curate.domains import domain_of, domain_of_text
from python_slm_training.curate.labels import Labels, labels_of
from python_slm_training.curate.patterns import PATTERNS, patterns_of
from python_slm_training.curate.survey import Survey, survey

STANDARD = Path(ast.__file__).parent


def surveyed(code: str) -> Survey:
    return survey(ast.parse(dedent(code)))


def record(text: str, path: str = "pkg/a.py", content: str = "python", **extra: Any) -> Record:
    about = Metadata("git", "owner/name", path, "0", "MIT", "2026-01-01", None, content, extra)
    return Record(dedent(text), path, about)


def labelled(text: str, path: str = "pkg/a.py", **extra: Any) -> Labels:
    each = record(text, path, **extra)
    return labels_of(each, ast.parse(each.text))


@pytest.mark.parametrize(
    ("path", "modules", "want"),
    [
        ("app/views.py", {"django.http", "json"}, "web"),
        ("app/load.py", {"pandas", "argparse"}, "data"),
        ("app/orbit.py", {"numpy", "astropy.units"}, "science"),
        ("app/net.py", {"torch.nn", "numpy", "torchvision"}, "ml"),
        ("app/train.py", {"torch", "transformers", "numpy", "argparse"}, "ml"),
        ("app/deploy.py", {"boto3", "os"}, "devops"),
        ("app/main.py", {"click", "pathlib"}, "cli"),
        ("app/main.py", {"argparse", "sys"}, "cli"),
        ("app/relay.py", {"twisted.internet"}, "network"),
        ("app/window.py", {"PyQt5.QtWidgets"}, "gui"),
        ("app/store.py", {"sqlalchemy.orm"}, "database"),
        ("app/keys.py", {"cryptography.fernet"}, "security"),
        ("app/pool.py", {"threading"}, "system"),
        ("tests/test_views.py", {"django.http"}, "test"),
        ("app/checks.py", {"pytest"}, "test"),
        ("docs/conf.py", {"sphinx"}, "documentation"),
        ("app/text.py", {"re", "typing"}, "general"),
    ],
)
def test_the_domain_comes_from_path_and_imports(path: str, modules: set[str], want: str) -> None:
    assert domain_of(path, "owner/name", modules) == want


def test_a_file_without_telling_imports_has_the_domain_of_its_project() -> None:
    assert domain_of("sklearn/constants.py", "scikit-learn/scikit-learn", {"re"}) == "ml"
    assert domain_of("a.py", "somebody/unknown", {"re"}) == "general"


def test_prose_has_the_domain_of_the_code_inside_or_of_its_topics() -> None:
    assert domain_of_text("First::\n\n    >>> import pandas as pd\n", "o/n", ()) == "data"
    assert domain_of_text("How do I route?", "o/n", ("flask", "python")) == "web"
    assert domain_of_text("On style.", "python/peps", ()) == "documentation"


def test_tests_are_known_by_what_is_in_them() -> None:
    code = "import django\ndef test_one():\n    assert django\n"
    assert (labelled(code, "app/checks.py").domain, labelled(code, "app/checks.py").patterns) == ("test", ("tests",))


@pytest.mark.parametrize(
    ("code", "want"),
    [
        ("x = 1", "3.0"),
        ("async def f():\n    await g()", "3.5"),
        ("a = b @ c", "3.5"),
        ("x = f'{y}'", "3.6"),
        ("x: int = 1", "3.6"),
        ("from __future__ import annotations", "3.7"),
        ("if (n := f()): pass", "3.8"),
        ("def f(a, /): pass", "3.8"),
        ("def f(a: list[int]): pass", "3.9"),
        ("@buttons[0].clicked\ndef f(): pass", "3.9"),
        ("match x:\n    case None:\n        pass\n    case [1, *_]:\n        pass", "3.10"),
        ("def f(a: int | None): pass", "3.10"),
        ("try:\n    f()\nexcept* ValueError:\n    pass", "3.11"),
        ("import tomllib", "3.11"),
        ("from functools import cache", "3.9"),
        ("import functools\n@functools.cache\ndef f(): pass", "3.9"),
        ("import functools as ft\nft.cached_property", "3.8"),
        ("from dataclasses import dataclass", "3.7"),
    ],
)
def test_the_oldest_python_by_syntax_and_standard_library(code: str, want: str) -> None:
    assert versions.minimum(surveyed(code)) == want


def test_later_annotations_need_no_later_python() -> None:
    code = "from __future__ import annotations\ndef f(a: list[int] | None) -> dict[str, int]: pass"
    assert versions.minimum(surveyed(code)) == "3.7"


def test_what_is_only_tried_is_not_needed() -> None:
    tried = "try:\n    import tomllib\nexcept ImportError:\n    import tomli as tomllib\n"
    assert versions.minimum(surveyed(tried)) == "3.0"
    asked = "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\n"
    assert versions.minimum(surveyed(asked)) == "3.0"


@pytest.mark.parametrize(
    ("code", "want"),
    [
        ("def main(): pass\nif __name__ == '__main__':\n    main()", {"script"}),
        ("def test_a(): pass\ndef test_b(): pass", {"tests", "functions"}),
        ("class A:\n    def a(self): pass\n    def b(self): pass\n    def c(self): pass", {"class-heavy"}),
        ("async def f(): pass", {"async"}),
        ("@dataclasses.dataclass(frozen=True)\nclass A:\n    x = 1", {"dataclass"}),
        ("class A(enum.Enum):\n    x = 1", {"enum"}),
        ("class A(abc.ABC):\n    @abstractmethod\n    def f(self): pass", {"abstract"}),
        ("class A:\n    def __enter__(self): pass", {"context manager"}),
        ("def f():\n    yield 1", {"generator"}),
        ("def f(g):\n    def inner(): pass\n    return inner", {"decorator", "functions"}),
        ("class A(ValueError): pass", {"exception"}),
        ("class A:\n    @property\n    def f(self): pass", {"property"}),
        ("def f(a: int, b: str, c): pass", {"typed"}),
        ("x = 1\ny = 2", {"constants"}),
        ("from a import b", {"interface"}),
    ],
)
def test_patterns(code: str, want: set[str]) -> None:
    assert set(patterns_of(surveyed(code), "a.py")) == want


def test_one_test_beside_much_else_makes_no_test_file() -> None:
    code = "def test_one(): pass\n" + "".join(f"def f{n}(): pass\n" for n in range(5))
    assert "tests" not in patterns_of(surveyed(code), "a.py")


def test_difficulty_rises_with_branches_nesting_and_demanding_constructs() -> None:
    basic = "def add(a, b):\n    return a + b\n"
    intermediate = """
        def search(rows, wanted):
            for row in rows:
                if row.name == wanted or row.alias == wanted:
                    yield row
        """
    advanced = """
        import asyncio, weakref
        class Meta(type):
            def __call__(cls, *args): return super().__call__(*args)
        async def gather(jobs):
            async with jobs as running:
                async for job in running:
                    if job.done and not job.failed:
                        for result in job:
                            if result: yield result
        """
    assert [difficulty.of_code(surveyed(code)) for code in (basic, intermediate, advanced)] == list(difficulty.LEVELS)


def test_quality_prefers_documented_typed_short_functions() -> None:
    good = '''
        """Adds."""
        def add_all(numbers: list[int]) -> int:
            """The sum of numbers."""
            return sum(numbers)
        '''
    body = "".join(f"    if a == None: b{n} = {n}\n" for n in range(60))
    poor = "from a import *\ndef f(a, b=[]):\n    try: g()\n    except: pass\n" + body
    assert labelled(good).quality == 1.0
    assert labelled(poor).quality < 0.45


def test_quality_knows_popularity_where_the_source_does() -> None:
    code = "def f(a):\n    return a\n"
    assert labelled(code, stars=0).quality < labelled(code).quality < labelled(code, stars=100_000).quality


def test_votes_are_half_of_an_answers_quality() -> None:
    text = "How do I open a file?\n\nCall open and use the file as a context manager, so that it is closed.\n" * 3
    low, high = (labels_of(record(text, content=QA, score=score), None).quality for score in (-5, 50))
    assert high - low > 0.3


def test_prose_needs_no_syntax_and_keeps_the_generic_rules() -> None:
    text = (
        "Install it with pip, then write to jane.roe@acme-corp.com.\n"
        + "Do not edit this (it is not) code: x = (.\n" * 5
    )
    verdict = judge(record(text, "docs/a.rst", content=PROSE), Rules())
    assert verdict.dropped is None
    assert "user@example.com" in verdict.record.text
    assert verdict.record.metadata.labels["patterns"] == [PROSE]
    assert "python" in verdict.record.metadata.labels
    assert judge(record("too short", "a.md", content=PROSE), Rules()).dropped == "too short"


def test_kept_code_carries_its_labels() -> None:
    text = (
        '"""Doc."""\nimport json\n\n\ndef read(path: str) -> object:\n    """Parsed."""\n    return json.loads(path)\n'
    )
    labels = judge(record(text), Rules()).record.metadata.labels
    want = {"domain": "general", "difficulty": "basic", "patterns": ["typed"], "quality": 1.0, "python": "3.0"}
    assert labels == want
    assert Record.from_json(judge(record(text), Rules()).record.to_json()).metadata.labels == labels


def test_every_module_of_the_standard_library_has_labels_in_milliseconds() -> None:
    paths = sorted(STANDARD.glob("*.py"))[:80]
    trees = [(path, quality.tree_of(path.read_text("utf-8"))) for path in paths]
    began = time.process_time()
    found = [labels_of(record(path.read_text("utf-8"), path.name), tree) for path, tree in trees if tree]
    each_ms = (time.process_time() - began) / len(found) * 1000
    print(f"labels: {each_ms:.2f} ms a file")
    assert {labels.domain for labels in found} > {"general", "network", "system"}
    assert all(0 <= labels.quality <= 1 for labels in found)


def test_a_table_of_labels_counts_files_and_bytes() -> None:
    labels = [
        ("python", Labels("web", "basic", ("script", "async"), 0.55, "3.8")),
        ("prose", Labels("web", "advanced", (PROSE,), 1.0)),
    ]
    rows, sizes = table.table_of(labels), np.array([100, 5000], np.uint64)

    def count(label: str) -> dict[str, list[int]]:
        counts = table.counts(rows, sizes, label).tolist()
        return {value: found for value, found in zip(table.VALUES[label], counts, strict=True) if found[0]}

    assert count("domain") == {"web": [2, 5100]}
    assert count("difficulty") == {"basic": [1, 100], "advanced": [1, 5000]}
    assert count("python") == {"3.8": [1, 100], table.NO_VERSION: [1, 5000]}
    assert count("pattern") == {"script": [1, 100], "async": [1, 100], PROSE: [1, 5000]}
    assert count("quality") == {"0.5": [1, 100], "0.9": [1, 5000]}
    assert count("size") == {"< 1 KiB": [1, 100], "4 – 16 KiB": [1, 5000]}
    assert count("content") == {"python": [1, 100], PROSE: [1, 5000]}
    assert len(PATTERNS) <= 32


def test_divergence_is_zero_for_equal_and_one_for_disjoint_shares() -> None:
    one, other, double = np.array([1.0, 1, 0]), np.array([0.0, 0, 5]), np.array([2.0, 2, 0])
    assert table.divergence(one, double) == pytest.approx(0)
    assert table.divergence(one, other) == pytest.approx(1)
    assert table.divergence(one, np.zeros(3)) == 1
