"""The loop under tuning, distillation and preference tuning: steps, held-out losses, checkpoints, a clean stop."""

from __future__ import annotations

import dataclasses
import math
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
import torch
from torch.utils.data import DataLoader

from python_slm.errors import TrainingError
from python_slm_training.pretrain.schedule import progress_of, rate_factor
from python_slm_training.tune.checkpoints import Checkpoints, State, write_whole
from python_slm_training.tune.config import default_rate
from python_slm_training.tune.gradients import Gradients, cores
from python_slm_training.tune.journal import TuneJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from torch import Tensor
    from torch.optim import Optimizer

    from python_slm_training.tune.config import Method, Schedule
    from python_slm_training.tune.gradients import Objective
    from python_slm_training.tune.trainee import Trainee

_ADAM_BETAS = (0.9, 0.95)
_TOLD_STEPS = 10
_EMPTY_BATCHES = 20


@dataclass(frozen=True)
class Watch:
    """What ties a run to the world. ``clock`` gives seconds and never goes back; ``say`` shows a line."""

    say: Callable[[str], object] = lambda _: None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Lesson:
    """What is learned: batches by number, the loss, and what is held out, by name."""

    batches: Any
    """A map-style dataset without an end; an item is a list of micro-batches, each a tuple of tensors."""
    objective: Objective
    held_out: Mapping[str, Sequence[Sequence[Tensor]]]
    measures: Mapping[str, Objective] = field(default_factory=dict)
    """The held-out loss of a name, where it is not the objective."""


@dataclass(frozen=True)
class Result:
    """How a loop ended: losses held out, nats per target, by task."""

    step: int
    interrupted: bool
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)


class Loop:
    """One run in the folder ``out``; ``settings`` is what a resumed run must share."""

    def __init__(
        self,
        trainee: Trainee,
        lesson: Lesson,
        schedule: Schedule,
        out: Path,
        *,
        settings: Mapping[str, Any],
        watch: Watch,
    ) -> None:
        self._trainee, self._lesson, self._schedule, self._out, self._watch = trainee, lesson, schedule, out, watch
        self._gradients = Gradients(trainee.weights, lesson.objective, trainee.device, schedule.threads or cores())
        self._optimizer = make_optimizer(trainee, schedule)
        self._checkpoints = Checkpoints(out / "checkpoints", {**dataclasses.asdict(schedule), **settings})
        self._state = State()
        self._stopped = False
        self._empty = 0

    def run(self, *, resume: bool, final: Path) -> Result:
        """Learn to the end of the budget, or until SIGINT or SIGTERM, which save first. Leaves the best in ``final``.

        ``resume`` goes on from the newest checkpoint, or begins where there is none yet.
        """
        self._checkpoints.folder.mkdir(parents=True, exist_ok=True)
        saved = self._checkpoints.numbered()
        if saved and not resume:
            raise TrainingError(f"{self._out}: holds a run already; give --resume or another --out")
        if saved:
            self._state = self._checkpoints.load(saved[-1], self._trainee, self._optimizer)
            self._watch.say(f"resumed {saved[-1]} at step {self._state.step}")
        journal = TuneJournal(self._out, step=self._state.step)
        previous = {number: signal.signal(number, self._stop) for number in _signals()}
        try:
            return self._learn(journal, final)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            journal.plot()
            journal.close()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True
        self._watch.say(f"{signal.Signals(number).name}: saving after this step; once more stops at once")

    def _learn(self, journal: TuneJournal, final: Path) -> Result:
        state, schedule, clock = self._state, self._schedule, self._watch.clock
        if not state.before:
            state.before = self._validate(journal)
        batches = self._batches()
        begun = clock() - state.elapsed_s
        validated = saved = state.elapsed_s
        while not self._stopped and not self._exhausted() and self._progress() < 1:
            told = self._step(next(batches))
            state.step += 1
            state.elapsed_s = clock() - begun
            self._tell(journal, told)
            if state.elapsed_s - validated >= 60 * schedule.validate_minutes:
                validated = state.elapsed_s
                self._validate(journal)
                journal.plot()
            if state.elapsed_s - saved >= 60 * schedule.checkpoint_minutes:
                saved = state.elapsed_s
                self._save()
        self._save()
        if self._stopped:
            self._watch.say("interrupted; go on with the same command and --resume")
            return Result(state.step, interrupted=True, before=state.before)
        return self._finish(journal, final)

    def _finish(self, journal: TuneJournal, final: Path) -> Result:
        """The weights with the lowest held-out loss seen, which may be the last ones."""
        state = self._state
        after = self._validate(journal)
        if state.best_step and state.best_step < state.step:
            self._watch.say(f"keeping step {state.best_step}, which was better held out")
            self._trainee.load(self._best)
            after = state.best_losses
        elif not state.best_step:
            self._watch.say("nothing held out improved; the last step is kept")
        write_whole(final, self._trainee.save)
        return Result(state.step, interrupted=False, before=state.before, after=after)

    @property
    def _best(self) -> Path:
        return self._out / "checkpoints" / "best"

    def _progress(self) -> float:
        return progress_of(
            step=self._state.step,
            steps=self._schedule.steps,
            elapsed_s=self._state.elapsed_s,
            minutes=self._schedule.minutes,
        )

    def _exhausted(self) -> bool:
        """Whether what is held out has not improved for longer than patience lasts."""
        return bool(self._schedule.patience) and self._state.validations_since_best >= self._schedule.patience

    def _batches(self) -> Iterator[list[tuple[Tensor, ...]]]:
        cuda = self._trainee.device.type == "cuda"
        workers = self._schedule.data_workers
        workers = (4 if cuda else 0) if workers is None else workers
        loader: DataLoader[Any] = DataLoader(
            self._lesson.batches,
            batch_size=None,
            sampler=range(self._state.step, 1 << 60),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=cuda,
        )
        return iter(loader)

    def _step(self, batch: list[tuple[Tensor, ...]]) -> dict[str, float]:
        schedule, started = self._schedule, self._watch.clock()
        factor = rate_factor(self._progress(), warmup=schedule.warmup, cooldown=schedule.cooldown)
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        if schedule_dropout(schedule):
            torch.manual_seed(schedule.seed * 1_000_003 + self._state.step)
        loss, count = self._gradients.compute(batch)
        norm = float(torch.nn.utils.clip_grad_norm_(self._trainee.weights, schedule.clip_norm))
        if not math.isfinite(norm):
            raise TrainingError(
                f"step {self._state.step}: the gradient is not a number; go on from a checkpoint at a lower rate"
            )
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._state.tokens += count
        self._empty = 0 if count else self._empty + 1
        if self._empty >= _EMPTY_BATCHES:
            raise TrainingError("no example fits into the model's context; give shorter ones, or a larger --max-tokens")
        seconds = max(1e-9, self._watch.clock() - started)
        read = sum(micro[0].numel() for micro in batch)
        rate = self._optimizer.param_groups[0]["lr"]
        return {"loss": loss, "learning_rate": rate, "gradient_norm": norm, "tokens_per_s": read / seconds}

    def _tell(self, journal: TuneJournal, told: dict[str, float]) -> None:
        state = self._state
        told |= {
            "elapsed_s": round(state.elapsed_s, 3),
            "tokens": state.tokens,
            "memory_mb": psutil.Process().memory_info().rss / 2**20,
        }
        journal.tell(state.step, **told)
        if state.step < _TOLD_STEPS or state.step % _TOLD_STEPS == 0:
            self._watch.say(
                f"step {state.step} {100 * self._progress():.1f} % loss {told['loss']:.4f} "
                f"norm {told['gradient_norm']:.2f} {told['tokens_per_s']:.0f} tokens/s {told['memory_mb']:.0f} MiB"
            )

    def _validate(self, journal: TuneJournal) -> dict[str, float]:
        """Held-out losses now; the weights are put aside when their mean is the lowest yet."""
        state = self._state
        found: dict[str, float] = {}
        self._trainee.model.eval()
        for name, batches in self._lesson.held_out.items():
            objective = self._lesson.measures.get(name, self._lesson.objective)
            total, count = self._gradients.measure(batches, objective)
            found[name] = total / max(1, count)
        self._trainee.model.train()
        mean = sum(found.values()) / max(1, len(found))
        better = bool(found) and mean < state.best
        state.validations_since_best = 0 if better else state.validations_since_best + 1
        if better:
            state.best, state.best_losses, state.best_step = mean, found, state.step
            if state.step:
                write_whole(self._best, self._trainee.save)
        journal.tell(
            state.step, **{f"held_out_{name}": loss for name, loss in found.items()}, elapsed_s=state.elapsed_s
        )
        losses = ", ".join(f"{name} {loss:.4f}" for name, loss in found.items())
        self._watch.say(f"step {state.step} held out: {losses or 'nothing'}")
        return found

    def _save(self) -> None:
        self._watch.say(f"saved {self._checkpoints.save(self._trainee, self._optimizer, self._state)}")


def _signals() -> tuple[signal.Signals, ...]:
    """What asks a process to stop."""
    return (signal.SIGINT, signal.SIGTERM)


def schedule_dropout(schedule: Schedule) -> float:
    """Adapter dropout of a schedule that has one."""
    return float(getattr(schedule, "dropout", 0.0))


def make_optimizer(trainee: Trainee, schedule: Schedule) -> Optimizer:
    """AdamW over what learns; bitsandbytes' paged 8-bit one where asked, or beside a 4-bit base."""
    method: Method = getattr(schedule, "method", "full")
    size = sum(weight.numel() for weight in trainee.network.parameters())
    options: dict[str, Any] = {
        "lr": schedule.learning_rate or default_rate(method, size),
        "betas": _ADAM_BETAS,
        "weight_decay": schedule.weight_decay,
    }
    if schedule.optimizer == "paged-adamw-8bit" or (schedule.optimizer == "auto" and method == "qlora"):
        from bitsandbytes.optim.adamw import AdamW8bit, PagedAdamW8bit  # noqa: PLC0415 - only 4-bit runs need it

        kind = PagedAdamW8bit if trainee.device.type == "cuda" else AdamW8bit  # pages lie between GPU and CPU memory
        optimizer: Optimizer = kind(trainee.weights, **options)
    else:
        optimizer = torch.optim.AdamW(trainee.weights, **options)
    for group in optimizer.param_groups:
        group["peak"] = group["lr"]
    return optimizer
