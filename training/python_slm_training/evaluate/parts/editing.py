"""Editor replay and simulated typing on the same cursors and stretches for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_slm.settings import CompletionSettings
from python_slm_training.evaluate import cases, replay, typing_session
from python_slm_training.evaluate.evaluation import first_of_each
from python_slm_training.evaluate.intervals import percentiles
from python_slm_training.evaluate.replay import LineResult
from python_slm_training.evaluate.typing_session import POLICIES, Asked, Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sources import Project, SourceFile

_EXAMPLES = 4


def describe(projects: Sequence[Project]) -> list[dict[str, Any]]:
    """Name, revision and size of each: what every row from them depends on."""
    return [{"name": one.name, "revision": one.revision, "files": len(one.files)} for one in projects]


def all_files(projects: Sequence[Project]) -> list[SourceFile]:
    """Their files, in order."""
    return [file for project in projects for file in project.files]


def measure_replay(run: Evaluation, projects: Sequence[Project]) -> None:
    """One question at each cursor."""
    run.put("projects", describe(projects))
    chosen = cases.sample_cases(all_files(projects), run.sizes.cases, run.sizes.seed)
    depends_on = {"cases": run.sizes.cases, "projects": describe(projects)}
    lines: dict[str, list[LineResult]] = {}
    for one in (one for one in run.contestants if one.completer):

        def answers(start: int, one: Contestant = one) -> Iterator[LineResult]:
            assert one.completer is not None
            return replay.replay(chosen[start:], one.completer())

        lines[one.name] = [LineResult(**row) for row in run.rows("replay", one, len(chosen), depends_on, answers)]
        for kind, observed in replay.observations(lines[one.name]).items():
            run.observe(f"replay.{kind}", one.name, observed)
    run.put("replay", {name: replay.summarize(results) for name, results in lines.items()})
    run.put("replay_latency_ms", {name: latency([one.milliseconds for one in found]) for name, found in lines.items()})
    run.put("examples", examples(lines))


def measure_typing(run: Evaluation, projects: Sequence[Project]) -> None:
    """A programmer types whole stretches and takes what is right."""
    sizes = run.sizes
    stretches = typing_session.sample_stretches(all_files(projects), sizes.stretches, sizes.lines, sizes.seed)
    depends_on = {"stretches": sizes.stretches, "lines": sizes.lines, "projects": describe(projects)}
    found: dict[str, Any] = {}
    for one in (one for one in run.contestants if one.completer):

        def typed(start: int, one: Contestant = one) -> Iterator[dict[str, Any]]:
            assert one.completer is not None
            completer = one.completer()
            for stretch in stretches[start:]:
                asked = Asked(stretch, completer)
                sessions = [typing_session.simulate(asked, policy) for policy in POLICIES]
                yield {
                    "sessions": [vars(each) for each in sessions],
                    "milliseconds": [round(value, 2) for value in asked.milliseconds],
                }

        rows = run.rows("typing", one, len(stretches), depends_on, typed)
        sessions = [Session(**record) for row in rows for record in row["sessions"]]
        milliseconds = [value for row in rows for value in row["milliseconds"]]
        by_policy = {policy: [each for each in sessions if each.policy == policy] for policy in POLICIES}
        found[one.name] = {policy: typing_session.summarize(each) for policy, each in by_policy.items()} | {
            "latency_ms": latency(milliseconds),
            "questions": len(milliseconds),
        }
        for kind, observed in typing_session.observations(by_policy["line"]).items():
            run.observe(f"typing.{kind}", one.name, observed)
    run.put("typing", found)


def examples(lines: dict[str, list[LineResult]]) -> list[dict[str, Any]]:
    """The first cursors of every kind, with everybody's suggestion."""
    rows = list(zip(*lines.values(), strict=True))
    found: list[dict[str, Any]] = []
    for place in first_of_each(rows, lambda row: row[0].kind, _EXAMPLES):
        case = rows[place][0]
        said = {
            name: {"text": one.suggestion, "exact": one.exact} for name, one in zip(lines, rows[place], strict=True)
        }
        about = {"file": case.file, "kind": case.kind, "scene": case.scene}
        found.append({**about, "before": case.before, "truth": case.truth, "suggestions": said})
    return found


def latency(milliseconds: Sequence[float]) -> dict[str, float]:
    """Percentiles of a call's wall time, and the share later than a user's deadline."""
    late = sum(value > CompletionSettings().deadline_ms for value in milliseconds)
    return {**percentiles(milliseconds), "late": late / max(1, len(milliseconds))}
