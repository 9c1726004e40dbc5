"""The stages of one adaptation, each kept on disk when done, so that a killed run goes on with the same command."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from python_slm.checks.show import FILTER
from python_slm.engine.manifest import MANIFEST, Manifest
from python_slm.engine.model import shipped_folder
from python_slm_training.adapt import verdict as verdicts
from python_slm_training.adapt.base import float_checkpoint
from python_slm_training.adapt.general import read_general
from python_slm_training.adapt.history import MOST_COMMITS, history_gaps
from python_slm_training.adapt.lesson import make_lesson
from python_slm_training.adapt.measure import Questions, measure
from python_slm_training.adapt.report import MARKDOWN, PAGE, write_report
from python_slm_training.collect.record import write_json
from python_slm_training.evaluate.store import Store
from python_slm_training.export.card import model_card
from python_slm_training.export.export import CARD, EVALUATION, Papers, export
from python_slm_training.export.variants import TOLERANCES
from python_slm_training.tune.config import Method, TuneConfig
from python_slm_training.tune.loop import Watch
from python_slm_training.tune.merge import merge
from python_slm_training.tune.tune import tune

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from python_slm.registry import Entry, Registry
    from python_slm_training.adapt.lesson import Lesson
    from python_slm_training.adapt.measure import Measured
    from python_slm_training.adapt.repository import Repository, Split
    from python_slm_training.adapt.verdict import Verdict
    from python_slm_training.export.agreement import Tolerance
    from python_slm_training.export.names import Variant

VERSION = 2
"""Changes when the recipe or a definition does: a run that was begun with another one begins anew."""
_SMALL = 2e8
_FULL_RATE = 8e-4
_FILES = (EVALUATION, MARKDOWN, PAGE)


@dataclass(frozen=True)
class Options:
    """What is asked for. Two runs on the same files with equal options are the same run."""

    minutes: float = 10.0
    steps: int = 0
    """Optimiser steps in place of ``minutes``."""
    method: Method = "full"
    learning_rate: float = 0.0
    """0: the method's own; all weights of a small model take more than for task data, since what is learned is code."""
    rank: int = 32
    batch_examples: int = 8
    general_share: float = 0.25
    """Of the windows, those of general code."""
    gap_share: float = 0.1
    """Of the examples, those with a single gap."""
    cursors: int = 60
    """Of each of seven kinds, on either set of files; a stretch of four lines is typed for every one and a half."""
    seed: int = 0


class Progress(Protocol):
    """Shows how far a stage is: called with its title and size, gives a function to call with what is done."""

    def __call__(self, title: str, total: int) -> AbstractContextManager[Callable[[int], object]]:
        """Begin a stage."""


@dataclass(frozen=True)
class Places:
    """Where a run lives: ``work`` is deleted at the end, ``kept`` holds the base model's answers for the next run."""

    work: Path
    kept: Path
    general: Path | None = None
    """Code outside the repository; None is the standard library."""


@dataclass(frozen=True)
class Outcome:
    """How it ended. ``entry`` is the registered model."""

    entry: Entry
    verdict: Verdict
    report: Path


class InterruptedRunError(KeyboardInterrupt):
    """The user stopped the training, which saved first."""


def method_for(wanted: str, base: Path | None, *, cuda: bool) -> Method:
    """What ``auto`` means: all weights of a small model, adapters on a large one, whose base has 4 bits beside a GPU.

    At 5 M parameters a step costs the same either way, and all weights learn twice as much (see the lab log).
    """
    if wanted == "auto":
        small = parameters_of(base or shipped_folder()) < _SMALL
        return "full" if small else "qlora" if cuda else "lora"
    found: Method = wanted  # type: ignore[assignment]
    return found


def parameters_of(base: Path) -> float:
    """Weights of a checkpoint, from its files' size (two bytes each, or four), or of an exported model."""
    if (base / "config.json").exists():
        width = (
            2 if json.loads((base / "config.json").read_text(encoding="utf-8")).get("torch_dtype") != "float32" else 4
        )
        return sum(path.stat().st_size for path in base.glob("*.safetensors")) / width
    return float(Manifest.load(base).training.get("parameters") or 0)


@dataclass(frozen=True)
class Run:
    """One adaptation of ``repository``, from ``base`` (a checkpoint or an exported model; None is the shipped one)."""

    repository: Repository
    split: Split
    options: Options
    places: Places
    base: Path | None
    say: Callable[[str], None]
    progress: Progress
    tolerances: Mapping[Variant, Tolerance] = field(default_factory=lambda: TOLERANCES)
    """What the exported graph must reach against the trained weights."""

    @property
    def key(self) -> str:
        """Equal for equal runs: files, base and options."""
        base = self.base or shipped_folder()
        weights = base / "model.safetensors" if (base / "config.json").exists() else base / MANIFEST
        stat = weights.stat()
        parts = {
            "version": VERSION,
            "repository": self.repository.digest,
            "base": [str(base), stat.st_size, stat.st_mtime_ns],
            "options": dataclasses.asdict(self.options),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def execute(self, registry: Registry) -> Outcome:
        """All stages. Raises InterruptedRunError when the user stops the training; call again to go on."""
        work = self._begin()
        before_folder, checkpoint = self._prepared(work)
        lesson, general = self._lesson(work, checkpoint)
        store, kept = Store(work / "measured"), Store(self.places.kept)
        cursors = self.options.cursors
        own = Questions.of(self.split.held_out, cursors=cursors, stretches=max(1, cursors * 2 // 3))
        outside = Questions.of(general, cursors=cursors, stretches=0)
        before = (
            self._measured("before", before_folder, own, kept),
            self._measured("before, outside", before_folder, outside, kept),
        )
        version = registry.next_version(self.repository.name)
        exported = self._trained(work, checkpoint, lesson, version)
        after = (
            self._measured("after", exported, own, store),
            self._measured("after, outside", exported, outside, store),
        )
        verdict = verdicts.judge((before[0], after[0]), (before[1], after[1]))
        spec, examples = f"{self.repository.name}@{version}", verdicts.examples(before[0], after[0])
        write_report(exported, spec=spec, verdict=verdict, facts=self._facts(lesson), examples=examples)
        self._sign(exported, verdict)
        entry = take_up(registry, exported, self.repository, version, verdict)
        shutil.rmtree(work)
        return Outcome(entry, verdict, entry.folder / PAGE)

    def _begin(self) -> Path:
        """The work folder, empty unless it is of this very run."""
        work, key = self.places.work, {"key": self.key}
        note = work / "run.json"
        if note.exists() and json.loads(note.read_text(encoding="utf-8")) == key:
            self.say("going on where the last run stopped")
        else:
            shutil.rmtree(work, ignore_errors=True)
            write_json(note, key)
        return work

    def _prepared(self, work: Path) -> tuple[Path, Path]:
        """The exported model to compare with, and float weights to begin with."""
        base = self.base or shipped_folder()
        if not (base / "config.json").exists():
            found = work / "base"
            return base, found if (found / "config.json").exists() else float_checkpoint(base, found)
        exported = work / "base-exported"
        if not (exported / MANIFEST).exists():
            export(base, exported, name="base", version="0", tolerances=self.tolerances, report=self.say)
        return exported, base

    def _lesson(self, work: Path, checkpoint: Path) -> tuple[Lesson, list[Any]]:
        replayed, general = read_general(self.places.general)
        config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
        tokens = min(int(config["max_position_embeddings"]), TuneConfig(steps=1).max_tokens)
        lesson = make_lesson(
            self.split.train,
            self.split.development,
            replayed,
            corpus=work / "lesson",
            window=round(2.4 * tokens),
            general_share=self.options.general_share,
            seed=self.options.seed,
        )
        return dataclasses.replace(lesson, gaps=self._with_history(lesson.gaps, work)), general

    def _with_history(self, gaps: list[dict[str, Any]], work: Path) -> list[dict[str, Any]]:
        """As many of the newest commits' edits as there are gaps in the files, at most."""
        allowed = {file.path for file in self.split.train}
        with self.progress("reading the history", MOST_COMMITS) as done:
            found = history_gaps(Path(self.repository.root), work / "history", allowed, done)
        return gaps + found[: len(gaps)]

    def _measured(self, title: str, folder: Path, questions: Questions, store: Store) -> Measured:
        with self.progress(f"measuring {title}", len(questions)) as done:
            return measure(folder, questions, store, title.replace(", ", "-"), done)

    def _trained(self, work: Path, checkpoint: Path, lesson: Lesson, version: str) -> Path:
        """The exported model folder."""
        exported = work / "exported"
        if (exported / MANIFEST).exists():
            return exported
        tuned = tune(
            checkpoint,
            lesson.gaps,
            work / "tune",
            self._config(lesson),
            valid=lesson.valid,
            resume=True,
            watch=Watch(lambda line: self.say(f"training: {line}")),
        )
        if tuned.interrupted:
            raise InterruptedRunError
        whole = tuned.folder
        if self.options.method != "full":
            whole = work / "merged"
            if not (whole / "config.json").exists():
                merge(checkpoint, tuned.folder, whole)
        name, told = self.repository.name, self.say
        kept = (
            self.base or shipped_folder()
        ) / FILTER  # it judges by how sure the model is, of any model of the family
        papers = Papers(show_filter=kept if kept.exists() else None)
        export(whole, exported, name=name, version=version, papers=papers, tolerances=self.tolerances, report=told)
        return exported

    def _config(self, lesson: Lesson) -> TuneConfig:
        options = self.options
        return TuneConfig(
            steps=options.steps,
            minutes=0.0 if options.steps else options.minutes,
            method=options.method,
            learning_rate=options.learning_rate or (_FULL_RATE if options.method == "full" else 0.0),
            rank=options.rank,
            alpha=2 * options.rank,
            batch_examples=options.batch_examples,
            micro_tokens=32_768 if torch.cuda.is_available() else 2048,
            replay=lesson.corpus,
            replay_rate=1 - options.gap_share,
            task_weights={"infill": 1.0},
            validate_minutes=max(0.5, options.minutes / 6),
            validation_examples=32,
            seed=options.seed,
        )

    def _facts(self, lesson: Lesson) -> dict[str, str]:
        split, repository = self.split, self.repository
        masked = ", ".join(f"{count} {name}" for name, count in sorted(repository.masked.items())) or "nothing"
        budget = f"{self.options.steps} steps" if self.options.steps else f"{self.options.minutes:g} minutes"
        return {
            "repository": f"{repository.root}, revision {repository.revision}",
            "learned from": f"{len(split.train)} files, {lesson.characters / 1e6:.2f} M characters",
            "measured on": f"{len(split.held_out)} files held out; {split.alike} near-duplicates were left out",
            "masked": masked,
            "method": f"{self.options.method}, {budget}, on {'a GPU' if torch.cuda.is_available() else 'the CPU'}",
        }

    def _sign(self, folder: Path, verdict: Verdict) -> None:
        """Put the figures and the report among the model's files, each with its checksum."""
        (folder / EVALUATION).write_text(json.dumps(verdict.as_json(), indent=1) + "\n", encoding="utf-8")
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for name in _FILES:
            data = (folder / name).read_bytes()
            manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        manifest["training"]["adaptation"] = {"key": self.key, "revision": self.repository.revision}
        write_json(folder / MANIFEST, manifest)
        (folder / CARD).write_text(model_card(manifest), encoding="utf-8")


def take_up(registry: Registry, exported: Path, repository: Repository, version: str, verdict: Verdict) -> Entry:
    """Register the model for its repository, and put it in use there if it is better. Raises ModelError."""
    entry = registry.add(exported, name=repository.name, version=version, workspace=repository.root)
    if verdict.better:
        registry.use(entry.spec)
    return entry


def adapted_before(registry: Registry, run: Run) -> Entry | None:
    """The registered model that this very run made earlier."""
    for entry in reversed(registry.entries()):
        if entry.name == run.repository.name:
            about = Manifest.load(entry.folder).training.get("adaptation")
            if isinstance(about, dict) and about.get("key") == run.key:
                return entry
    return None
