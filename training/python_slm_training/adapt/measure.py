"""What the product does with a model on files that it has not seen: before and after, on the same questions.

Only the first suggestion counts in these figures, so only one is asked for, which takes a third of the time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm_training.evaluate import replay
from python_slm_training.evaluate.cases import Case, sample_cases
from python_slm_training.evaluate.held_out import Read, bits_per_byte, read_by_model, sample_documents
from python_slm_training.evaluate.intervals import Observations
from python_slm_training.evaluate.product import SETTINGS, Product
from python_slm_training.evaluate.replay import LineResult
from python_slm_training.evaluate.typing_session import (
    Asked,
    Session,
    Stretch,
    observations,
    sample_stretches,
    simulate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.sources import SourceFile
    from python_slm_training.evaluate.store import Store

VERSION = 1
_LINES = 4  # of a stretch to type
_DOCUMENTS = 40
_ASKED = replace(SETTINGS, suggestions=1)
EXACT, SIMILARITY, COMPLETED, BITS = "exact", "similarity", "completed", "bits"


@dataclass(frozen=True)
class Questions:
    """What is asked of every model, drawn once."""

    cursors: list[Case]
    stretches: list[Stretch]
    documents: list[tuple[SourceFile, str]]

    @classmethod
    def of(cls, files: Sequence[SourceFile], *, cursors: int, stretches: int, seed: int = 0) -> Questions:
        """``cursors`` of each kind, and ``stretches`` of four lines to type."""
        return cls(
            sample_cases(files, cursors, seed),
            sample_stretches(files, stretches, _LINES, seed) if stretches else [],
            sample_documents(files, _DOCUMENTS, seed),
        )

    def __len__(self) -> int:
        return len(self.cursors) + len(self.stretches) + len(self.documents)

    def identity(self) -> dict[str, Any]:
        """What the answers depend on beside the model."""
        where = [[one.file.key, one.offset] for one in self.cursors] + [
            [one.file.key, one.start] for one in self.stretches
        ]
        return {
            "version": VERSION,
            "places": where,
            "documents": [[file.key, len(text)] for file, text in self.documents],
        }


@dataclass(frozen=True)
class Measured:
    """``figures``: exact match and similarity at cursors, ratio of completed code, bits per byte → their trials."""

    figures: dict[str, Observations]
    lines: list[LineResult]


def measure(
    folder: Path, questions: Questions, store: Store, name: str, tell: Callable[[int], object] = lambda _: None
) -> Measured:
    """Ask a model folder everything. Raises ModelError.

    Every answer is kept in ``store`` as it comes; ``tell`` hears how many more are there.
    """
    model = Model.load(folder)
    entry = model.manifest.files[model.manifest.graphs[model.device]]
    about = {**questions.identity(), "model": entry.sha256}

    def rows(part: str, ask: Callable[[int], Iterable[Any]]) -> list[dict[str, Any]]:
        """Answers that are there, then those that ``ask(number there)`` gives."""
        asked = False

        def make(done: int) -> Iterator[dict[str, Any]]:
            nonlocal asked
            asked = True
            tell(done)
            for answer in ask(done):
                yield asdict(answer)
                tell(1)

        found = store.rows(f"{name}-{part}", about, make)
        if not asked:
            tell(len(found))
        return found

    completer = Product(Decoder(model), _ASKED)
    cursors, stretches, documents = questions.cursors, questions.stretches, questions.documents
    lines = rows("cursors", lambda done: replay.replay(cursors[done:], completer))
    typed = rows("typing", lambda done: (simulate(Asked(each, completer), "line") for each in stretches[done:]))
    read = rows("reading", lambda done: (read_by_model(model, *each) for each in documents[done:]))
    results, sessions = [LineResult(**row) for row in lines], [Session(**row) for row in typed]
    reads = [Read(**row) for row in read]
    files = [one.file for one in results]
    found = {
        EXACT: Observations.each([one.exact for one in results], files),
        SIMILARITY: Observations.each([one.similarity for one in results], files),
        BITS: bits_per_byte(reads),
    }
    if sessions:
        found[COMPLETED] = observations(sessions)["completed"]
    return Measured(found, results)
