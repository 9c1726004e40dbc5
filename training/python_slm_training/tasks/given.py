"""Examples that come as such: instruction records of the user, and edits from commit history."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from python_slm.errors import CorpusError
from python_slm_training.curate.words import word_hashes
from python_slm_training.tasks.example import Example

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from python_slm_training.curate.contamination import Benchmarks

MAX_CHARACTERS = 4_000
_HELD_OUT = 20  # one instruction in twenty is for validation, one for test


def instructions(path: Path, benchmarks: Benchmarks) -> Iterator[tuple[str, Example]]:
    """(split, example) for every ``{"instruction", "input", "output"}`` line, in the manner of CodeAlpaca.

    Those that overlap ``benchmarks`` are left out. Raises CorpusError at a line that is no such record.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            source, target = _instruction(line, f"{path}:{number}")
            words = f"{source}\n{target}"
            if not target.strip() or len(words) > MAX_CHARACTERS or benchmarks.overlap(words, word_hashes(words)):
                continue
            name = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).hexdigest()
            split = {0: "valid", 1: "test"}.get(int(name, 16) % _HELD_OUT, "train")
            about = {"source": "instructions", "repo": path.stem, "path": ""}
            kind = "code" if "def " in target or "import " in target or "```" in target else "text"
            yield split, Example("instruction", kind, target, f"{path.stem}:{name}", source=source, metadata=about)


def edits(record: Mapping[str, Any]) -> Iterator[Example]:
    """``edit`` from an edit record: the commit message and the code before it → the code after it."""
    before, after = record["before"], record["after"]
    subject = str(record["message"]).split("\n", 1)[0].strip()
    if not subject or len(before) + len(after) > MAX_CHARACTERS:
        return
    yield Example(
        task="edit",
        kind=record["kind"],
        source=f"# edit: {subject}\n{before}",
        target=after,
        path=record["metadata"].get("path") or "",
        id=str(record["id"]),
        metadata=record["metadata"],
    )


def _instruction(line: str, where: str) -> tuple[str, str]:
    try:
        item = json.loads(line)
        given = str(item.get("input") or "")
        return item["instruction"].strip() + (f"\n\n{given}" if given.strip() else ""), str(item["output"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        wanted = '{"instruction": …, "input": …, "output": …}'
        raise CorpusError(f"{where}: not an instruction record ({error!r}); one {wanted} a line is expected") from error
