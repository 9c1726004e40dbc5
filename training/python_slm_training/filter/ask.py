"""The completer is asked wherever simulated typing may ask it, and every cut of its answer is kept with its features.

Asked everywhere, what a filter with any other weights would show is known without asking again.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.checks.base import Verdict
from python_slm.checks.cuts import cut_points, features
from python_slm.checks.parses import fits
from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm_training.evaluate.neighbours import Neighbours
from python_slm_training.evaluate.product import SETTINGS, Product
from python_slm_training.evaluate.typing_session import asks_at, judge, sample_stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from python_slm.checks.base import Candidate, Place
    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.sources import Project
    from python_slm_training.evaluate.store import Store
    from python_slm_training.evaluate.typing_session import Stretch

_DIGITS = 5


@dataclass(frozen=True)
class Sampling:
    """How much is typed of each project: ``stretches`` of ``lines`` lines."""

    stretches: int = 12
    lines: int = 4
    seed: int = 1


@dataclass(frozen=True)
class Question:
    """One answer: ``text`` could be cut to each of ``lengths``; empty where there was none.

    ``fits``: whether the buffer still parses with that cut; ``right``: whether it is what stands there. ``rows`` are
    the cuts' features.
    """

    offset: int
    text: str
    lengths: tuple[int, ...]
    fits: tuple[bool, ...]
    right: tuple[bool, ...]
    rows: tuple[Mapping[str, float], ...]


@dataclass(frozen=True)
class Typed:
    """A stretch and the answers to every question in it."""

    stretch: Stretch
    questions: tuple[Question, ...]


class Recorder:
    """Stands where the show filter does; keeps what it is shown."""

    name = "show"

    def __init__(self) -> None:
        self.seen: tuple[Candidate, Place] | None = None

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        self.seen = (candidate, place)
        return Verdict.keep(candidate)


def ask(
    model: Path, projects: Sequence[Project], sampling: Sampling, store: Store, progress: Callable[[int], object]
) -> list[Typed]:
    """Everything asked of the model in each project; what the store holds is not asked again."""
    loaded = Model.load(model, threads=1)
    manifest = loaded.manifest
    identity = {
        "sha256": {name: manifest.files[name].sha256 for name in (*manifest.graphs.values(), "tokenizer.json")},
        "settings": asdict(SETTINGS),
        "code": code_digest(),
    }
    neighbours = Neighbours(projects, loaded.tokenizer)
    found: list[Typed] = []
    for project in projects:
        stretches = sample_stretches(project.files, sampling.stretches, sampling.lines, sampling.seed)

        def make(start: int, stretches: Sequence[Stretch] = stretches) -> Iterator[list[dict[str, Any]]]:
            recorder = Recorder()
            alone = replace(SETTINGS, suggestions=1)
            completer = Product(Decoder(loaded), alone, show=recorder, neighbours=neighbours)
            for stretch in stretches[start:]:
                yield [asdict(question) for question in questions(stretch, completer, recorder)]
                progress(1)

        basis = {**identity, **asdict(sampling), "project": project.name, "revision": project.revision}
        rows = store.rows(f"asked-{project.name}", basis, make)
        found += [
            Typed(stretch, tuple(_question(values) for values in row))
            for stretch, row in zip(stretches, rows, strict=True)
        ]
    return found


def questions(stretch: Stretch, completer: Completer, recorder: Recorder) -> Iterator[Question]:
    """The completer's answer at every offset of the stretch where typing may ask; ``recorder`` sees each on its way."""
    text = stretch.file.text
    for offset in range(stretch.start, stretch.end):
        if asks_at(text, offset, stretch.start):
            recorder.seen = None
            shown = completer(stretch.file, text[:offset] + text[stretch.resume :], offset)
            yield _described(offset, recorder if shown else Recorder(), text[offset:])


def _described(offset: int, recorder: Recorder, truth: str) -> Question:
    if recorder.seen is None:
        return Question(offset, "", (), (), (), ())
    candidate, place = recorder.seen
    if (candidate.start, candidate.end) != (offset, offset):
        return Question(offset, "", (), (), (), ())  # typing can only insert
    lengths = cut_points(candidate, place)
    cut = [candidate.text[:length] for length in lengths]
    return Question(
        offset,
        candidate.text,
        tuple(lengths),
        tuple(one == candidate.text or fits(replace(candidate, text=one), place) for one in cut),
        tuple(judge(one, truth, "line") == (len(one), 1) for one in cut),
        tuple(_rounded(row) for row in features(candidate, place, lengths)),
    )


def _rounded(row: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in row.items()}


def _question(values: Mapping[str, Any]) -> Question:
    return Question(values["offset"], values["text"], *(tuple(values[n]) for n in ("lengths", "fits", "right", "rows")))


@cache
def code_digest() -> str:
    """Of the whole product's source: another version may say other things."""
    digest = hashlib.sha256()
    with resources.as_file(resources.files("python_slm")) as folder:
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
