"""Where examples come from: a folder of task data, a list in memory, and general code for replay."""

from __future__ import annotations

import io
import json
import sysconfig
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zstandard

from python_slm.errors import CorpusError, TrainingError
from python_slm_training.tokenize.corpus import read_records, split_files
from python_slm_training.tune.examples import TASKS, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_slm_training.tune.examples import Example

_HELD_OUT = 20  # one file in so many, where a list has no split of its own
_REPLAY_DOCUMENTS = 4000
_REPLAY_CHARACTERS = 200_000  # of a document; more is data in disguise


@dataclass(frozen=True)
class Pools:
    """Examples by task, to learn from and held out."""

    train: Mapping[str, Sequence[Example]]
    valid: Mapping[str, Sequence[Example]]


class Lines(Sequence["Example"]):
    """JSON lines in memory, parsed when asked for: a tenth of the size of the objects."""

    def __init__(self, lines: list[bytes], where: str) -> None:
        self._lines, self._where = lines, where

    def __len__(self) -> int:
        """Number of examples."""
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        """Example ``number``. Raises CorpusError when the line is not an example."""
        try:
            example = json.loads(self._lines[number])
        except ValueError as error:
            raise CorpusError(f"{self._where}:{number + 1}: not JSON ({error}); make the tasks again") from error
        check(example, f"{self._where}:{number + 1}")
        return example


def read_pools(examples: Path | str | Sequence[Example], *, most: int) -> Pools:
    """Task data in a folder, ``{train,valid}/{task}.jsonl.zst``, or a list, of which one file in twenty is held out.

    Raises TrainingError when there is nothing to learn from.
    """
    if isinstance(examples, (str, Path)):
        folder = Path(examples)
        pools = Pools(_read_split(folder / "train", most), _read_split(folder / "valid", most))
        where = f"{folder}: no train/*.jsonl.zst of a known task; make them with 'slm train tasks'"
    else:
        pools, where = _split(examples), "no examples to learn from"
    if not pools.train:
        raise TrainingError(where)
    return pools


def _read_split(folder: Path, most: int) -> dict[str, Sequence[Example]]:
    found: dict[str, Sequence[Example]] = {}
    for task in TASKS:
        path = folder / f"{task}.jsonl.zst"
        if path.exists() and (lines := list(islice(read_lines(path), most))):
            found[task] = Lines(lines, str(path))
    return found


def read_lines(path: Path) -> Iterator[bytes]:
    """Lines of a zstd-compressed file, streamed."""
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
        yield from io.BufferedReader(stream)


def by_task(examples: Sequence[Example]) -> dict[str, list[Example]]:
    """A list sorted into tasks. Raises CorpusError at what is not an example."""
    found: dict[str, list[Example]] = {}
    for number, example in enumerate(examples):
        check(example, f"example {number}")
        found.setdefault(example["task"], []).append(example)
    return found


def _split(examples: Sequence[Example]) -> Pools:
    """By file, so that no file is on both sides; the same file is on the same side every time."""
    sides: tuple[list[Example], list[Example]] = ([], [])
    for number, example in enumerate(examples):
        sides[held_out_side(example, number)].append(example)
    return Pools(by_task(sides[0]), by_task(sides[1]))


def held_out_side(example: Example, number: int = 0) -> bool:
    """Whether an example of a list is held out: decided by its file, or its number where it has none."""
    key = str(example.get("path") or example.get("id") or number)
    return zlib.crc32(key.encode("utf-8", "replace")) % _HELD_OUT == 0


@dataclass(frozen=True)
class Document:
    """A file of general code."""

    text: str
    path: str


def read_general(source: Path | None) -> tuple[list[Document], list[Document]]:
    """General code to learn from and held out: a corpus, a folder of Python files, or the standard library.

    Raises TrainingError when ``source`` holds neither.
    """
    if source is not None and (source / "train").is_dir():
        train, valid = (
            [Document(record.text, record.path) for record in islice(_records(source, split), _REPLAY_DOCUMENTS)]
            for split in ("train", "valid")
        )
        return train, valid
    folder = source or Path(sysconfig.get_paths()["stdlib"])
    found = [_read(path, folder) for path in sorted(folder.rglob("*.py")) if _is_general(path, folder)]
    documents = [one for one in found if one and one.text.strip()][:_REPLAY_DOCUMENTS]
    if not documents:
        raise TrainingError(f"{folder}: neither a corpus nor a folder of Python files to replay")
    held_out = [zlib.crc32(one.path.encode()) % _HELD_OUT == 0 for one in documents]
    return (
        [one for one, held in zip(documents, held_out, strict=True) if not held],
        [one for one, held in zip(documents, held_out, strict=True) if held],
    )


def _records(corpus: Path, split: str) -> Iterator[Any]:
    for path in split_files(corpus, split):
        yield from read_records(path)


def _is_general(path: Path, folder: Path) -> bool:
    """Not a package that someone installed, not a test, not data."""
    parts = set(path.relative_to(folder).parts)
    return not parts & {"site-packages", "dist-packages", "test", "tests", "idle_test", "lib2to3", "pydoc_data"}


def _read(path: Path, folder: Path) -> Document | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None  # not ours to repair
    return Document(text, path.relative_to(folder).as_posix()) if len(text) <= _REPLAY_CHARACTERS else None
