"""A real index of a corpus of a few texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm_training.collect.record import Metadata, Record, writing
from python_slm_training.provenance.build import Plan, build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_corpus(folder: Path, projects: Mapping[str, Mapping[str, str]], split: str = "train") -> Path:
    """Project → path → text, as 'slm data curate' writes it; returns ``folder``."""
    for project, files in projects.items():
        with writing(folder / split / f"git-{project.replace('/', '+')}.jsonl.zst") as put:
            for path, text in files.items():
                told = Metadata("git", project, path, "0123456789abcdef", "MIT", "2026-01-01", None)
                put(Record(text, f"{project}:{path}", told))
    return folder


def build_index(folder: Path, projects: Mapping[str, Mapping[str, str]], plan: Plan | None = None) -> Path:
    """The index file of a corpus that is written to ``folder``."""
    out = folder / "provenance.bin"
    build(write_corpus(folder, projects), out, plan or Plan(), lambda sources, _: sources)
    return out
