"""JSON objects, one a line, in ``*.jsonl.zst``: what tasks and histories are kept in."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import zstandard

from python_slm.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class ObjectSink(Protocol):
    """Takes JSON objects one by one."""

    def __call__(self, item: Mapping[str, Any], /) -> None:
        """Append ``item``."""


@contextmanager
def writing(path: Path, level: int = 3) -> Iterator[ObjectSink]:
    """A sink of objects; ``path`` appears whole at the end, or not at all if the block is left by an exception."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    try:
        with partial.open("wb") as file, zstandard.ZstdCompressor(level).stream_writer(file) as stream:

            def put(item: Mapping[str, Any]) -> None:
                line = json.dumps(item, ensure_ascii=False) + "\n"
                stream.write(line.encode("utf-8", "replace"))

            yield put
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of one file, one in memory at a time. Raises CorpusError at a line that is none, or a damaged file."""
    number = 0
    try:
        with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            for number, line in enumerate(io.TextIOWrapper(stream, encoding="utf-8", newline="\n"), start=1):  # noqa: B007
                yield _object(line)
    except (ValueError, zstandard.ZstdError) as error:
        raise CorpusError(f"{path}:{number + 1}: not a line of JSON ({error}); make the file again") from error


def _object(line: str) -> dict[str, Any]:
    item = json.loads(line)
    if not isinstance(item, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one sort of error for all that a line may hold
    return item
