"""Where tasks run: on this machine, on a Ray cluster or under Slurm. datatrove's executors do the work."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from datatrove.executor import LocalPipelineExecutor, RayPipelineExecutor, SlurmPipelineExecutor
from loguru import logger

from python_slm.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from datatrove.pipeline.base import PipelineStep

_POLL_S = 0.5


@dataclass(frozen=True)
class Stage:
    """A step, its number of tasks, and the folder for its logs and marks of completion."""

    name: str
    step: PipelineStep
    tasks: int
    logs: Path


@dataclass(frozen=True)
class Where:
    """``workers`` is how many tasks run at once. ``partition`` and ``time`` are Slurm's, HH:MM:SS a task."""

    kind: Literal["local", "ray", "slurm"] = "local"
    workers: int = 1
    partition: str = ""
    time: str = "04:00:00"


def run(stages: Sequence[Stage], where: Where, watch: Callable[[str, int, int], None]) -> bool:
    """Run the stages one after the other; ``watch`` gets stage, tasks done, tasks. False if Slurm will run them later.

    Raises CorpusError if a task failed.
    """
    for stage in stages:  # a mark belongs to one run: whether a source is done, its own notes know better
        shutil.rmtree(stage.logs, ignore_errors=True)
    stages = [stage for stage in stages if stage.tasks]
    if where.kind == "slurm":
        _submit(stages, where)
        return False
    if where.kind == "ray":
        _connect(where.workers)
    for stage in stages:
        executor = _Local if where.kind == "local" else _Ray
        arguments = {"tasks": stage.tasks, "workers": min(where.workers, stage.tasks), "logging_dir": str(stage.logs)}
        with _quiet(), _watching(stage, watch):
            executor([stage.step], **arguments).run()
        failed = stage.tasks - _completed(stage)
        if failed:
            raise CorpusError(
                f"{stage.logs}: {failed} of {stage.tasks} tasks of '{stage.name}' failed; see the logs there"
            )
    return True


class _Local(LocalPipelineExecutor):  # type: ignore[misc]  # datatrove has no types
    """datatrove's local executor, whose first worker would narrate through the progress bar."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        start = "spawn" if sys.platform == "win32" else "forkserver"
        super().__init__(*arguments, start_method=start, **named)

    def _launch_run_for_rank(self, *arguments: Any, **named: Any) -> Any:
        logger.disable("datatrove.executor.local")
        return super()._launch_run_for_rank(*arguments, **named)

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> Any:
        return super()._run_for_rank(rank, local_rank + 1, node_rank)


class _Ray(RayPipelineExecutor):  # type: ignore[misc]  # datatrove has no types
    """datatrove's Ray executor with little memory a task: cleaning holds one text at a time."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, mem_per_cpu_gb=1, **named)


def _connect(workers: int) -> None:
    """To the cluster of RAY_ADDRESS or of ``ray start``; without one, a cluster of ``workers`` on this machine."""
    try:
        import ray  # noqa: PLC0415  # only for those who have a cluster
    except ImportError as error:
        raise CorpusError("--executor ray needs Ray: pip install 'python-slm[train,cluster]'") from error
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster begun here reports to nobody
    try:
        ray.init(address="auto", log_to_driver=False)
    except ConnectionError:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)


def _submit(stages: Sequence[Stage], where: Where) -> None:
    """Hand all stages to Slurm, each to begin when the one before has ended well."""
    before = None
    activate = Path(sys.prefix) / "bin" / "activate"
    for stage in stages:
        before = SlurmPipelineExecutor(
            [stage.step],
            tasks=stage.tasks,
            workers=min(where.workers, stage.tasks),
            time=where.time,
            partition=where.partition,
            job_name=f"slm-{stage.name}",
            logging_dir=str(stage.logs),
            venv_path=str(activate) if activate.exists() else None,
            qos="",
            depends=before,
        )
        before.run()


@contextmanager
def _quiet() -> Iterator[None]:
    """Datatrove logs to files of its own; its narration is kept off stderr."""
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")


@contextmanager
def _watching(stage: Stage, watch: Callable[[str, int, int], None]) -> Iterator[None]:
    """Tell ``watch`` from time to time how many tasks are done, by their marks; every executor leaves these."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_POLL_S):
            watch(stage.name, _completed(stage), stage.tasks)

    watch(stage.name, 0, stage.tasks)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    watch(stage.name, _completed(stage), stage.tasks)


def _completed(stage: Stage) -> int:
    return sum(1 for _ in (stage.logs / "completions").glob("*"))
