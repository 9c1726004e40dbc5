"""A small corpus in the pipeline's format, from this project's own sources."""

from __future__ import annotations

import json
from pathlib import Path

import zstandard

from python_slm_training.tokenize.corpus import SPLITS

_SOURCES = Path(__file__).parents[2] / "server" / "python_slm"


def write_file(path: Path, texts: dict[str, str]) -> None:
    """One ``*.jsonl.zst`` whose records are path → text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"text": text, "id": name, "metadata": {"path": name}}) for name, text in texts.items()]
    path.write_bytes(zstandard.compress("".join(line + "\n" for line in lines).encode()))


def write_corpus(folder: Path) -> Path:
    """Two input files for train, one for valid and test each; about 100 KB of Python."""
    texts = {str(path.relative_to(_SOURCES)): path.read_text("utf-8") for path in sorted(_SOURCES.rglob("*.py"))}
    names = list(texts)
    cuts = {"train/a": names[0:-6:2], "train/b": names[1:-6:2], "valid/a": names[-6:-3], "test/a": names[-3:]}
    for name, chosen in cuts.items():
        write_file(folder / f"{name}.jsonl.zst", {path: texts[path] for path in chosen})
    assert {path.name for path in folder.iterdir()} == set(SPLITS)
    return folder
