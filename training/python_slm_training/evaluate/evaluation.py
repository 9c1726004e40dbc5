"""Runs the parts of an evaluation, each kept on disk when finished, and puts their figures together."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psutil
from tqdm import tqdm

from python_slm.prompt import PROMPT_VERSION
from python_slm.settings import CompletionSettings
from python_slm.tokenizer import Tokenizer
from python_slm_training.evaluate import bits, cases, infilling, replay, typing_session
from python_slm_training.evaluate.contestants import MODEL, Contestant
from python_slm_training.evaluate.infilling import VARIANTS, Attempt
from python_slm_training.evaluate.intervals import Estimate, mean, percentiles, ratio
from python_slm_training.evaluate.replay import LineResult
from python_slm_training.evaluate.shards import Sample, sample_documents
from python_slm_training.evaluate.typing_session import POLICIES, Asked, Session
from python_slm_training.tokenize.shards import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm_training.evaluate.cases import Case
    from python_slm_training.evaluate.infilling import Problem
    from python_slm_training.evaluate.sandbox import Sandbox
    from python_slm_training.evaluate.sources import Project, SourceFile
    from python_slm_training.evaluate.store import Store
    from python_slm_training.evaluate.typing_session import Stretch

_Result = TypeVar("_Result")
BitSource = Callable[[Sample], Iterator[float]]

VERSION = 1
"""Changes when a definition does: results of another version are made again."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    seed: int = 0
    cases: int = 100
    """Cursors of each kind."""
    stretches: int = 100
    lines: int = 4
    """Lines of a stretch to type."""
    problems: int | None = 100
    """Infilling problems of each variant; None takes all."""
    documents: int = 60
    """Documents for bits per byte."""
    document_tokens: int = 512


class Evaluation:
    """One evaluation: call the parts wanted, then ``report``."""

    def __init__(self, sizes: Sizes, store: Store, contestants: Sequence[Contestant]) -> None:
        self._sizes = sizes
        self._store = store
        self._contestants = contestants
        self._sampled_cases: list[Case] | None = None
        self._sampled_stretches: list[Stretch] | None = None
        self._report: dict[str, Any] = {
            "format": 1,
            "evaluation_version": VERSION,
            "prompt_version": PROMPT_VERSION,
            "sizes": asdict(sizes),
            "contestants": {one.name: one.identity for one in contestants},
            "machine": machine(),
            **{name: {} for name in ("replay", "replay_latency_ms", "typing", "margins", "infilling", "bits_per_byte")},
            **{name: [] for name in ("projects", "examples")},
        }

    def report(self) -> dict[str, Any]:
        """Every figure measured so far, as JSON."""
        return self._report

    def replay(self, projects: Sequence[Project]) -> None:
        """Editor replay and simulated typing of all contestants on the same cursors and stretches."""
        files = [file for project in projects for file in project.files]
        found = [{"name": p.name, "revision": p.revision, "files": len(p.files)} for p in projects]
        self._report["projects"] = found
        lines = {one.name: self._lines(one, files, found) for one in self._contestants if one.completer}
        typed = {one.name: self._typing(one, files, found) for one in self._contestants if one.completer}
        self._report["replay"] = {name: _plain(replay.summarize(results)) for name, results in lines.items()}
        self._report["typing"] = {
            name: {
                policy: _plain(typing_session.summarize([s for s in sessions if s.policy == policy]))
                for policy in POLICIES
            }
            | {"latency_ms": latency(milliseconds), "questions": len(milliseconds)}
            for name, (sessions, milliseconds) in typed.items()
        }
        self._report["replay_latency_ms"] = {
            name: latency([result.milliseconds for result in results]) for name, results in lines.items()
        }
        self._report["margins"] = margins(lines, {name: sessions for name, (sessions, _) in typed.items()})
        self._report["examples"] = examples(lines)

    def infilling(self, folder: Path, sandbox: Sandbox, bounds: Sequence[Contestant]) -> None:
        """HumanEval-Infilling for all contestants and the bounds beside them."""
        rates: dict[str, dict[str, Any]] = {}
        for variant in VARIANTS:
            problems = infilling.read_problems(folder, variant, self._sizes.problems, self._sizes.seed)
            for one in (*bounds, *self._contestants):
                attempts = self._attempts(one, variant.name, problems, sandbox)
                rates.setdefault(one.name, {})[variant.name] = asdict(infilling.pass_rate(attempts))
        self._report["infilling"] = rates

    def bits(self, shards: Path) -> None:
        """Bits per byte on the test split, of the contestants that give probabilities."""
        sizes = self._sizes
        limits = [one.capacity - bits.HEADER_TOKENS for one in self._contestants if one.capacity is not None]
        most = min([sizes.document_tokens, *limits])
        sample = sample_documents(shards, "test", sizes.documents, most, sizes.seed)
        tokenizer = Tokenizer.from_file(shards / "tokenizer.json")
        basis = {**self._basis("documents"), "document_tokens": most, "shards": sha256(shards / "meta.json")}
        found: dict[str, Any] = {}
        for one in self._contestants:
            if one.bits is not None:
                source = one.bits

                def measure(source: BitSource = source, name: str = one.name) -> list[float]:
                    return _all(source(sample), f"bits per byte: {name}", len(sample.paths))

                values = self._store.part(f"bits-{one.name}", {**basis, "of": one.identity}, measure)
                found[one.name] = asdict(bits.bits_per_byte(values, sample, tokenizer))
        self._report["bits_per_byte"] = found

    def _lines(self, one: Contestant, files: Sequence[SourceFile], projects: Any) -> list[LineResult]:
        def measure() -> list[dict[str, Any]]:
            assert one.completer is not None
            chosen = self._cursors(files)
            results = replay.replay(chosen, one.completer())
            return [asdict(result) for result in _all(results, f"replay: {one.name}", len(chosen))]

        depends_on = {**self._basis("cases"), "projects": projects, "of": one.identity}
        return [LineResult(**record) for record in self._store.part(f"replay-{one.name}", depends_on, measure)]

    def _typing(self, one: Contestant, files: Sequence[SourceFile], projects: Any) -> tuple[list[Session], list[float]]:
        def measure() -> dict[str, Any]:
            assert one.completer is not None
            completer = one.completer()
            asked = [Asked(stretch, completer) for stretch in self._stretches(files)]
            typed = ([typing_session.simulate(each, policy) for policy in POLICIES] for each in asked)
            sessions = _all(typed, f"typing: {one.name}", len(asked))
            return {
                "sessions": [asdict(session) for pair in sessions for session in pair],
                "milliseconds": [round(value, 2) for each in asked for value in each.milliseconds],
            }

        depends_on = {**self._basis("stretches", "lines"), "projects": projects, "of": one.identity}
        found = self._store.part(f"typing-{one.name}", depends_on, measure)
        return [Session(**record) for record in found["sessions"]], found["milliseconds"]

    def _cursors(self, files: Sequence[SourceFile]) -> list[Case]:
        if self._sampled_cases is None:
            self._sampled_cases = cases.sample_cases(files, self._sizes.cases, self._sizes.seed)
        return self._sampled_cases

    def _stretches(self, files: Sequence[SourceFile]) -> list[Stretch]:
        if self._sampled_stretches is None:
            sizes = self._sizes
            self._sampled_stretches = typing_session.sample_stretches(files, sizes.stretches, sizes.lines, sizes.seed)
        return self._sampled_stretches

    def _attempts(self, one: Contestant, variant: str, problems: Sequence[Problem], sandbox: Sandbox) -> list[Attempt]:
        def measure() -> list[dict[str, Any]]:
            assert one.writer is not None
            results = infilling.attempt(problems, one.writer(), sandbox, workers=os.cpu_count() or 1)
            return [asdict(result) for result in _all(results, f"{variant}: {one.name}", len(problems))]

        depends_on = {**self._basis("problems"), "of": one.identity, "tasks": [problem.task for problem in problems]}
        return [Attempt(**record) for record in self._store.part(f"{variant}-{one.name}", depends_on, measure)]

    def _basis(self, *sizes: str) -> dict[str, Any]:
        return {"version": VERSION, "seed": self._sizes.seed, **{name: getattr(self._sizes, name) for name in sizes}}


def margins(
    lines: dict[str, list[LineResult]], sessions: dict[str, list[Session]], of: str = MODEL
) -> dict[str, dict[str, dict[str, Any]]]:
    """How far ``of`` is ahead of each other contestant on the same cursors and stretches, with paired intervals."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    if of not in lines:
        return found
    for name, others in lines.items():
        if name == of:
            continue
        pairs = list(zip(lines[of], others, strict=True))
        typed = [
            (ours, theirs) for ours, theirs in zip(sessions[of], sessions[name], strict=True) if ours.policy == "line"
        ]
        exact = mean([float(ours.exact) - float(theirs.exact) for ours, theirs in pairs], [o.file for o, _ in pairs])
        completed = ratio(
            [ours.completed - theirs.completed for ours, theirs in typed],
            [ours.characters for ours, _ in typed],
            [ours.file for ours, _ in typed],
        )
        found[name] = {"exact": asdict(exact), "completed": asdict(completed)}
    return found


def examples(lines: dict[str, list[LineResult]], each: int = 4) -> list[dict[str, Any]]:
    """The first ``each`` cursors of every kind, with everybody's suggestion."""
    if not lines:
        return []
    found: list[dict[str, Any]] = []
    taken: Counter[str] = Counter()
    for row in zip(*lines.values(), strict=True):
        case = row[0]
        taken[case.kind] += 1
        if taken[case.kind] <= each:
            said = {name: {"text": one.suggestion, "exact": one.exact} for name, one in zip(lines, row, strict=True)}
            about = {"file": case.file, "kind": case.kind, "scene": case.scene}
            found.append({**about, "before": case.before, "truth": case.truth, "suggestions": said})
    return found


def latency(milliseconds: Sequence[float]) -> dict[str, float]:
    """Percentiles of a call's wall time, and the share later than a user's deadline."""
    late = sum(value > CompletionSettings().deadline_ms for value in milliseconds)
    return {**percentiles(milliseconds), "late": late / max(1, len(milliseconds))}


def machine() -> dict[str, Any]:
    """What the latencies were measured on, and how busy it was."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "load_before": round(psutil.getloadavg()[0], 2),
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "numpy": version("numpy"),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as the system knows it."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _all(results: Iterable[_Result], name: str, total: int) -> list[_Result]:
    return list(tqdm(results, desc=name, total=total, unit="", smoothing=0.05))


def _plain(metrics: Any) -> Any:
    """Estimates as dictionaries."""
    if isinstance(metrics, Estimate):
        return asdict(metrics)
    return {name: _plain(value) for name, value in metrics.items()}
