"""Everything that can be measured with what is at hand, in the order in which it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from python_slm_training.evaluate import bug_pairs
from python_slm_training.evaluate.benchmarks import HUMAN_EVAL, MBPP
from python_slm_training.evaluate.bug_pairs import HUMAN_EVAL_PACK
from python_slm_training.evaluate.contestants import ModelUnderTest, NGramUnderTest, floor
from python_slm_training.evaluate.evaluation import Evaluation, Sizes
from python_slm_training.evaluate.part_names import PARTS, PartName
from python_slm_training.evaluate.parts.answering import measure_answers
from python_slm_training.evaluate.parts.breaking import measure_breaking
from python_slm_training.evaluate.parts.contamination import measure_contamination
from python_slm_training.evaluate.parts.documenting import measure_docstrings
from python_slm_training.evaluate.parts.editing import measure_replay, measure_typing
from python_slm_training.evaluate.parts.judging import measure_bits, measure_pairs
from python_slm_training.evaluate.parts.latency import measure_latency
from python_slm_training.evaluate.parts.programs import measure_infilling, measure_written
from python_slm_training.evaluate.parts.validity import measure_validity
from python_slm_training.evaluate.sandbox import Sandbox
from python_slm_training.evaluate.sources import read_projects
from python_slm_training.evaluate.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from python_slm.settings import Settings
    from python_slm_training.evaluate.evaluation import SizeName
    from python_slm_training.evaluate.sources import Project

NGRAM_ORDER = 5


@dataclass(frozen=True)
class Material:
    """What models are measured on; what is None or empty is left out.

    ``benchmarks``: a folder below which the benchmarks' files are. ``shards``: what the model was trained on.
    ``tasks``: task data and edit histories.
    """

    projects: Sequence[Project] = ()
    benchmarks: Path | None = None
    shards: Path | None = None
    tasks: Sequence[Path] = ()

    @classmethod
    def at(
        cls, replay: Sequence[Path] = (), benchmarks: Path | None = None, shards: Path | None = None,
        tasks: Sequence[Path] = (),
    ) -> Material:  # fmt: skip
        """Read the projects at ``replay``. Raises EvaluationError for one without Python."""
        return cls(read_projects(replay), benchmarks, shards, tasks)

    @cached_property
    def sandbox(self) -> Sandbox:
        """Made when first needed. Raises SandboxError."""
        return Sandbox()


def evaluation(
    models: Mapping[str, Path],
    material: Material,
    *,
    size: SizeName,
    out: Path,
    variants: Mapping[str, Settings] | None = None,
    seed: int = 0,
    threads: int = 0,
    floors: bool = True,
    show: Callable[[str], object],
) -> Evaluation:
    """Models by name, the first one with other settings, and the floors that ``material`` allows: nothing measured."""
    sizes = Sizes.named(size, seed)
    under_test = [
        ModelUnderTest(name, folder, projects=material.projects, threads=threads) for name, folder in models.items()
    ]
    contestants = [one.contestant() for one in under_test]
    contestants += [under_test[0].variant(name, settings) for name, settings in (variants or {}).items()]
    if floors and material.shards and size != "quick":
        tokens = sizes.ngram_tokens
        ngram = NGramUnderTest(material.shards, order=NGRAM_ORDER, most_tokens=tokens, seed=seed, show=show)
        contestants.append(ngram.contestant())
    return Evaluation(sizes, Store(out / ".parts"), [*contestants, *([floor()] if floors else [])], show=show)


def measure(run: Evaluation, material: Material, parts: Sequence[PartName] = PARTS) -> None:
    """Every part of ``parts`` that the material allows; what is left out is in ``run.skipped``."""
    for part in (one for one in PARTS if one in parts):
        _MEASURED[part](run, material)


def _replay(run: Evaluation, material: Material) -> None:
    if material.projects:
        run.run("editor replay", partial(measure_replay, run, material.projects))


def _typing(run: Evaluation, material: Material) -> None:
    if material.projects:
        run.run("simulated typing", partial(measure_typing, run, material.projects))


def _breaking(run: Evaluation, material: Material) -> None:
    if material.projects and run.models:
        run.run("broken files", partial(measure_breaking, run, material.projects))


def _validity(run: Evaluation, material: Material) -> None:
    if material.projects and run.models:
        run.run("undefined names", partial(measure_validity, run, material.projects))


def _infilling(run: Evaluation, material: Material) -> None:
    if folder := material.benchmarks:
        run.run("infilling", lambda: measure_infilling(run, folder, material.sandbox))


def _programs(run: Evaluation, material: Material) -> None:
    folder = material.benchmarks
    if folder and run.models:
        run.run(HUMAN_EVAL, lambda: measure_written(run, HUMAN_EVAL, folder, material.sandbox))
        run.run(MBPP, lambda: measure_written(run, MBPP, folder, material.sandbox))


def _bugs(run: Evaluation, material: Material) -> None:
    if not run.models:
        return
    if folder := material.benchmarks:
        run.run(HUMAN_EVAL_PACK, lambda: measure_pairs(run, HUMAN_EVAL_PACK, bug_pairs.human_eval_pack(folder)))
    for path in material.tasks:
        run.run(f"bug pairs of {path.name}", partial(_pairs_of, run, path))
        if (path / "test").is_dir():
            run.run(f"answers to {path.name}", partial(measure_answers, run, path))


def _pairs_of(run: Evaluation, path: Path) -> None:
    measure_pairs(run, path.name, bug_pairs.read_pairs(path, run.sizes.pairs, run.sizes.seed))


def _docstrings(run: Evaluation, material: Material) -> None:
    if material.projects and run.models:
        run.run("docstrings", partial(measure_docstrings, run, material.projects))


def _bits(run: Evaluation, material: Material) -> None:
    if material.projects:
        run.run("bits per byte", partial(measure_bits, run, material.projects))


def _contamination(run: Evaluation, material: Material) -> None:
    if shards := material.shards:
        measured = partial(measure_contamination, run, shards, material.benchmarks, material.projects)
        run.run("contamination", measured)


def _latency(run: Evaluation, material: Material) -> None:  # noqa: ARG001 - needs none
    if run.models:
        run.run("latency", partial(measure_latency, run))


_MEASURED: dict[PartName, Callable[[Evaluation, Material], None]] = {
    "replay": _replay,
    "typing": _typing,
    "breaking": _breaking,
    "validity": _validity,
    "infilling": _infilling,
    "programs": _programs,
    "bugs": _bugs,
    "docstrings": _docstrings,
    "bits": _bits,
    "contamination": _contamination,
    "latency": _latency,
}
