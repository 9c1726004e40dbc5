"""Documentation in folders and repositories, as prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_slm.errors import CorpusError
from python_slm_training.collect import documents, git
from python_slm_training.collect.collect import raw_path
from tests.training.test_collect import MIT, repository
from tests.training.test_collect_pages import page

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-01-02T03:04:05+00:00"
PEP = "PEP: 8\n\nCode is read more often than written.\n\nThis document has been placed in the\npublic domain.\n"


def by_path(source: documents.DocumentSource) -> dict[str, str]:
    return {record.metadata.path: record.metadata.licence for record in source.records(NOW)}


def test_a_repository_of_peps_is_prose_with_the_licence_each_names(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"peps/pep-0008.rst": PEP, "peps/pep-0001.rst": "PEP: 1\n\nPurpose.\n"}
    where = repository(tmp_path / "python+peps", {**files, "LICENSE": MIT, "build.py": "x = 1\n"})
    source = documents.of_git(git.repositories(where)[0])
    assert by_path(source) == {"peps/pep-0001.rst": "MIT", "peps/pep-0008.rst": "CC0-1.0"}
    first = next(source.records(NOW))
    assert (first.metadata.content, first.metadata.source, first.metadata.repo) == ("prose", "prose", "python/peps")
    assert first.metadata.revision == git.GitSource.of(where / ".git").revision
    assert raw_path(tmp_path, source).name == "prose-python+peps.jsonl.zst"


def test_unpacked_html_becomes_markdown_without_its_index(tmp_path: Path) -> None:
    for name in ("library/heapq.html", "genindex-A.html", "search.html", "_sources/library/heapq.rst.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(page("heapq"), "utf-8")
    source = documents.of_folder(tmp_path, "python/docs", "PSF-2.0")
    (record,) = source.records(NOW)
    assert (record.metadata.path, record.metadata.licence) == ("library/heapq.html", "PSF-2.0")
    assert record.metadata.repo == "python/docs"
    assert record.text.startswith("# heapq\n")
    assert "```\nfor x in y:\n    print(x)\n" in record.text


@pytest.mark.parametrize(
    ("path", "want"),
    [
        ("README.md", True),
        ("docs/guide.rst", True),
        ("docs/notes.txt", True),
        ("data/words.txt", False),
        ("requirements-dev.txt", False),
        ("LICENSE.md", False),
        ("tests/fixtures/a.md", False),
        (".github/ISSUE_TEMPLATE/bug.md", False),
        ("docs/conf.py", False),
    ],
)
def test_beside_code_only_documentation_counts(path: str, want: bool) -> None:
    assert documents.is_document(path, has_code=True) is want


def test_in_a_folder_of_texts_every_text_counts() -> None:
    assert documents.is_document("library/zlib.txt", has_code=False)


def test_a_folder_is_read_again_when_a_document_changes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n")
    before = documents.of_folder(tmp_path).revision
    (tmp_path / "a.md").write_text("# Another\n")
    assert documents.of_folder(tmp_path).revision != before


def test_a_missing_folder_is_an_error_that_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no such folder; name one that holds \.rst"):
        documents.of_folder(tmp_path / "none")
