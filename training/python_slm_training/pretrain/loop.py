"""The training loop: batches in order, two optimisers, one schedule, validation, checkpoints, a clean stop."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import torch

from python_slm.errors import TrainingError
from python_slm.prompt import END_OF_TEXT
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain import checkpoint
from python_slm_training.pretrain.batches import batches
from python_slm_training.pretrain.gradients import AcceleratedGradients, Gradients, MicroBatch, ThreadedGradients
from python_slm_training.pretrain.journal import Journal
from python_slm_training.pretrain.model import Objective, build_model, compiled
from python_slm_training.pretrain.optimizers import build_optimizers
from python_slm_training.pretrain.processes import Processes, whole
from python_slm_training.pretrain.reports import Reports, Step
from python_slm_training.pretrain.schedule import progress_of, rate_factor
from python_slm_training.pretrain.speed import Speedometer, flops_per_token, matmul_rate
from python_slm_training.pretrain.validation import Validation
from python_slm_training.tokenize.shards import Shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from torch import Tensor

    from python_slm_training.pretrain.config import Config

_FINAL_ROWS = 4  # times the validation rows, for the figure reported at the end


@dataclass(frozen=True)
class Options:
    """Where a run lives, what it begins with and what it may use."""

    shards: Path
    out: Path
    resume: bool = False
    """Go on from the newest checkpoint in ``out``; begin where there is none."""
    start: Path | None = None
    """Checkpoint whose weights a new run begins with: a longer run, or an anneal on other data."""
    threads: int = 0
    """CPU threads; 0 takes every core. Without effect on a GPU."""
    data_workers: int | None = None
    """Processes that prepare rows; 0 prepares them in the loop, None is one on a CPU and most cores beside a GPU."""
    compiled: bool | None = None
    """Compiled blocks and bfloat16 arithmetic; None where there is a GPU."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    bits_per_byte: float | None
    """Held out, after the last step; None where the run was interrupted."""
    interrupted: bool


class Trainer:
    """One run of ``model``. ``clock`` gives seconds and never goes back; ``say`` shows a line to whoever watches."""

    def __init__(
        self,
        config: Config,
        options: Options,
        *,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        if not config.steps and not config.minutes:
            raise TrainingError("the run has no end: give --minutes, or steps in the recipe")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # rows are made in processes of their own
        self._config, self._options, self._clock = config, options, clock
        compiles = torch.cuda.is_available() if options.compiled is None else options.compiled
        self._kind = torch.bfloat16 if compiles else torch.float32
        self._processes = Processes()
        if config.micro_batches % self._processes.count:
            raise TrainingError(
                f"{config.micro_batches} micro-batches do not divide among {self._processes.count} processes: "
                "change micro_rows, which changes nothing else"
            )
        self._say = say if self._processes.first else lambda _: None
        self._tokenizer = Tokenizer.from_file(options.shards / "tokenizer.json")
        self._state = checkpoint.RunState()
        self._asked = self._stopped = False  # by a signal to this process; agreed on by all
        self.model = build_model(
            config, vocab_size=self._tokenizer.vocab_size, end_of_text=self._tokenizer.special(END_OF_TEXT)
        )
        self.model.to(self._processes.device)  # type: ignore[arg-type]  # transformers wraps torch's signature wrongly
        objective = compiled(self.model) if compiles else Objective(self.model)
        self._processes.shard(objective, list(self.model.model.layers))
        plain = self._processes.device.type == "cpu" and self._processes.count == 1 and not compiles
        self._gradients: Gradients = (
            ThreadedGradients(objective, options.threads or cores())
            if plain
            else AcceleratedGradients(objective, self._kind, self._processes)
        )
        self._optimizers = build_optimizers(
            config, self.model, apply=self._gradients.map, processes=None if plain else self._processes
        )
        self._checkpoints = options.out / "checkpoints"

    def run(self) -> Outcome:
        """Train to the end of the budget, or until SIGINT or SIGTERM, which save first."""
        self._checkpoints.mkdir(exist_ok=True, parents=True)
        if checkpoint.steps_saved(self._checkpoints):
            if not self._options.resume:
                raise TrainingError(f"{self._options.out}: holds a run already; give --resume or another --out")
            self._resume()
        elif self._options.start:
            checkpoint.load_weights(self._options.start, self.model, tokenizer=self._options.shards)
            self._state.earlier = checkpoint.runs_until(self._options.start)
            self._say(f"starting from the weights of {self._options.start}")
        journal = Journal(self._options.out, step=self._state.step, writes=self._processes.first, say=self._say)
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self._train(journal)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            journal.close()

    def _resume(self) -> None:
        path = checkpoint.steps_saved(self._checkpoints)[-1]
        self._state = checkpoint.load_checkpoint(
            path, model=self.model, optimizers=self._optimizers, config=self._config
        )
        self._say(f"resumed {path} at step {self._state.step}")

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._say(f"{signal.Signals(number).name}: saving after this step; once more stops at once")

    def _speedometer(self) -> Speedometer:
        config, device = self._config, self._processes.device
        return Speedometer(
            batch_tokens=config.batch_tokens,
            token_flops=flops_per_token(config, vocab_size=self._tokenizer.vocab_size),
            peak=self._processes.count * matmul_rate(device, self._kind, self._gradients),
            clock=self._clock,
        )

    def _train(self, journal: Journal) -> Outcome:
        config, state = self._config, self._state
        held_out = Shards(self._options.shards, "valid")
        validation = Validation.of(held_out, self._tokenizer, config, config.validation_rows)
        speed = self._speedometer()
        self._say(speed.about)
        reports = Reports(journal, speed, self._say, late=1 if self._processes.device.type == "cuda" else 0)
        stream = self._batches()
        begun = self._clock() - state.elapsed_s
        validated = saved = state.elapsed_s
        while not self._stopped and not self._exhausted() and (progress := self._progress()) < 1:
            if not state.stable_saved and progress > 1 - config.cooldown:
                state.stable_saved = True
                self._save(checkpoint.BEFORE_COOLDOWN, reports)
            loss, norm, rate = self._step(next(stream), progress)
            state.step += 1
            elapsed = self._clock() - begun
            reports.add(Step(state.step, progress, rate, elapsed, state.step * config.batch_tokens, loss, norm))
            state.elapsed_s, asked = self._processes.agreed(elapsed, self._asked)
            self._stopped = bool(asked)
            if state.elapsed_s - validated >= 60 * config.validate_minutes:
                validated = state.elapsed_s
                self._validate(validation, journal, reports)
            if state.elapsed_s - saved >= 60 * config.checkpoint_minutes:
                saved = state.elapsed_s
                self._save(f"step-{state.step:07d}", reports)
        return self._finish(journal, reports)

    def _progress(self) -> float:
        return progress_of(
            step=self._state.step,
            steps=self._config.steps,
            elapsed_s=self._state.elapsed_s,
            minutes=self._config.minutes,
        )

    def _exhausted(self) -> bool:
        """Whether validation has not improved for longer than the recipe's patience."""
        return bool(self._config.patience) and self._state.validations_since_best >= self._config.patience

    def _batches(self) -> Iterator[list[MicroBatch]]:
        on_cpu = self._processes.device.type == "cpu"
        workers = self._options.data_workers
        if workers is None:  # about 2 ms of a core for 576 tokens: a GPU at 800,000 tokens/s eats three cores
            workers = 1 if on_cpu else max(1, min(8, cores() // self._processes.count - 1))
        return batches(
            Shards(self._options.shards, "train"),
            self._config,
            step=self._state.step,
            rank=self._processes.rank,
            count=self._processes.count,
            workers=workers,
            pinned=not on_cpu,
        )

    def _step(self, batch: list[MicroBatch], progress: float) -> tuple[Tensor, Tensor, float]:
        """One optimiser step: loss and gradient norm, perhaps still on their way, and Muon's rate."""
        config = self._config
        factor = rate_factor(progress, warmup=config.warmup, cooldown=config.cooldown)
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
        loss = self._gradients.compute(batch)
        norm = whole(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm))
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss, norm, config.muon_rate * factor

    def _validate(self, validation: Validation, journal: Journal, reports: Reports) -> float:
        reports.flush()
        state = self._state
        found = validation.bits_per_byte(self._gradients, self._processes)
        better = found < state.best_bits_per_byte
        state.best_bits_per_byte = min(found, state.best_bits_per_byte)
        state.validations_since_best = 0 if better else state.validations_since_best + 1
        tokens = state.step * self._config.batch_tokens
        journal.tell(state.step, validation_bits_per_byte=found, elapsed_s=state.elapsed_s, tokens=tokens)
        journal.plot()
        self._say(f"step {state.step} held out: {found:.4f} bits/byte")
        reports.restart()
        return found

    def _save(self, name: str, reports: Reports) -> None:
        """Write a checkpoint, once it is known that all its gradients were numbers."""
        reports.flush()
        path = checkpoint.save_checkpoint(
            self._checkpoints,
            name,
            model=self.model,
            optimizers=self._optimizers,
            state=self._state,
            config=self._config,
            tokenizer=self._options.shards,
            writes=self._processes.first,
        )
        if self._processes.first:
            checkpoint.prune(self._checkpoints)
        self._say(f"saved {path}")
        reports.restart()

    def _finish(self, journal: Journal, reports: Reports) -> Outcome:
        state, config = self._state, self._config
        self._save(f"step-{state.step:07d}", reports)
        if self._stopped:
            self._say("interrupted; go on with the same command and --resume")
            return Outcome(state.step, None, interrupted=True)
        held_out = Shards(self._options.shards, "valid")
        final = Validation.of(held_out, self._tokenizer, config, _FINAL_ROWS * config.validation_rows)
        found = self._validate(final, journal, reports)
        weights = checkpoint.whole_weights(self.model)
        if self._processes.first:
            checkpoint.write_model(self._options.out / "final", self.model, weights, self._options.shards)
        return Outcome(state.step, found, interrupted=False)

    def close(self) -> None:
        """Leave the other processes."""
        self._processes.close()


def cores() -> int:
    """Cores that this process may use, where the system tells; else all."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
