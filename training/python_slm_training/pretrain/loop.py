"""The training loop: batches in order, two optimisers, one schedule, validation, checkpoints, a clean stop."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

from python_slm.errors import TrainingError
from python_slm.prompt import END_OF_TEXT
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain import checkpoint
from python_slm_training.pretrain.gradients import AcceleratedGradients, Gradients, MicroBatch, ThreadedGradients
from python_slm_training.pretrain.journal import Journal
from python_slm_training.pretrain.model import build_model, matrices, others
from python_slm_training.pretrain.muon import Muon
from python_slm_training.pretrain.rows import RowOptions, Rows
from python_slm_training.pretrain.schedule import progress_of, rate_factor
from python_slm_training.pretrain.validation import Validation
from python_slm_training.tokenize.shards import Shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from python_slm_training.pretrain.config import Config

_ADAM_BETAS = (0.9, 0.95)
_PREFETCHED = 16  # micro-batches ready before they are asked for
_FINAL_ROWS = 4  # times the validation rows, for the figure reported at the end


@dataclass(frozen=True)
class Options:
    """Where a run lives, what it begins with and what it may use."""

    shards: Path
    out: Path
    resume: bool = False
    start: Path | None = None
    """Checkpoint whose weights a new run begins with: a longer run, or an anneal on other data."""
    threads: int = 0
    """CPU threads; 0 takes every core. Without effect on a GPU."""
    data_workers: int | None = None
    """Processes that prepare rows; 0 prepares them in the loop, None is one on a CPU and most cores beside a GPU."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    bits_per_byte: float | None
    """Held out, after the last step; None where the run was interrupted."""
    interrupted: bool


class Trainer:
    """One run. ``clock`` gives seconds and never goes back; ``say`` shows a line to whoever watches."""

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
        self._config, self._options, self._clock, self._say = config, options, clock, say
        self._accelerator = Accelerator(mixed_precision="bf16" if torch.cuda.is_available() else "no")
        if self._accelerator.num_processes > 1:
            raise TrainingError("started as several processes; one trains on one device: leave out 'accelerate launch'")
        self._tokenizer = Tokenizer.from_file(options.shards / "tokenizer.json")
        self._state = checkpoint.RunState()
        self._stopped = False
        model = build_model(
            config, vocab_size=self._tokenizer.vocab_size, end_of_text=self._tokenizer.special(END_OF_TEXT)
        )
        self._model = model.to(self._accelerator.device)
        self._gradients = self._gradient_engine()
        self._optimizers = self._build_optimizers()
        self._checkpoints = options.out / "checkpoints"

    def _gradient_engine(self) -> Gradients:
        if self._accelerator.device.type == "cpu":
            return ThreadedGradients(self._model, self._options.threads or _cores())
        self._model.model.compile(dynamic=False)
        return AcceleratedGradients(self._model, self._accelerator)

    def _build_optimizers(self) -> list[torch.optim.Optimizer]:
        config = self._config
        muon = Muon(
            matrices(self._model), lr=config.muon_rate, weight_decay=config.weight_decay, apply=self._gradients.map
        )
        adam = torch.optim.AdamW(
            others(self._model), lr=config.adam_rate, betas=_ADAM_BETAS, eps=1e-10, weight_decay=0.0
        )
        for optimizer in (muon, adam):
            for group in optimizer.param_groups:
                group["peak"] = group["lr"]
        return [muon, adam]

    def run(self) -> Outcome:
        """Train to the end of the budget, or until SIGINT or SIGTERM, which save first."""
        self._options.out.mkdir(parents=True, exist_ok=True)
        self._checkpoints.mkdir(exist_ok=True)
        if self._options.resume:
            self._resume()
        elif checkpoint.steps_saved(self._checkpoints):
            raise TrainingError(f"{self._options.out}: holds a run already; give --resume or another --out")
        elif self._options.start:
            checkpoint.load_weights(self._options.start, self._model, tokenizer=self._options.shards)
            self._say(f"starting from the weights of {self._options.start}")
        journal = Journal(self._options.out, step=self._state.step)
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self._train(journal)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            journal.close()

    def _resume(self) -> None:
        path = checkpoint.newest(self._checkpoints)
        self._state = checkpoint.load_checkpoint(
            path, model=self._model, optimizers=self._optimizers, config=self._config
        )
        self._say(f"resumed {path} at step {self._state.step}")

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True
        self._say(f"{signal.Signals(number).name}: saving after this step; once more stops at once")

    def _train(self, journal: Journal) -> Outcome:
        config, state = self._config, self._state
        validation = Validation.of(
            Shards(self._options.shards, "valid"), self._tokenizer, config, config.validation_rows
        )
        batches = self._batches()
        begun = self._clock() - state.elapsed_s
        validated = saved = state.elapsed_s
        while not self._stopped and not self._exhausted() and (progress := self._progress()) < 1:
            if not state.stable_saved and progress > 1 - config.cooldown:
                state.stable_saved = True
                self._save(checkpoint.BEFORE_COOLDOWN)
            before = self._clock()
            told = self._step(next(batches), progress)
            state.step += 1
            state.elapsed_s = self._clock() - begun
            told["tokens_per_s"] = config.batch_tokens / max(1e-9, self._clock() - before)
            self._tell(journal, told)
            if state.elapsed_s - validated >= 60 * config.validate_minutes:
                validated = state.elapsed_s
                self._validate(validation, journal)
            if state.elapsed_s - saved >= 60 * config.checkpoint_minutes:
                saved = state.elapsed_s
                self._save(f"step-{state.step:07d}")
        return self._finish(journal)

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
        """Batches from the state's step on, each a list of micro-batches (ids, labels), (micro_rows, length) int64."""
        config = self._config
        options = RowOptions(
            config.context_length, config.fim_rate, config.spm_share, config.line_share, config.path_rate, config.seed
        )
        workers = self._workers()
        loader: DataLoader[Any] = DataLoader(
            Rows(Shards(self._options.shards, "train"), options),  # type: ignore[arg-type]
            batch_size=config.micro_rows,
            sampler=range(self._state.step * config.batch_rows, 1 << 60),
            num_workers=workers,
            prefetch_factor=max(2, _PREFETCHED // workers) if workers else None,
            pin_memory=self._accelerator.device.type == "cuda",
        )
        stream = iter(loader)
        while True:
            yield [tuple(next(stream)) for _ in range(config.batch_rows // config.micro_rows)]

    def _workers(self) -> int:
        """Row processes: about 2 ms of one core for 576 tokens, so a GPU at 800,000 tokens/s eats three cores."""
        if self._options.data_workers is not None:
            return self._options.data_workers
        return 1 if self._accelerator.device.type == "cpu" else max(1, min(8, _cores() - 1))

    def _step(self, batch: list[MicroBatch], progress: float) -> dict[str, float]:
        config = self._config
        factor = rate_factor(progress, warmup=config.warmup, cooldown=config.cooldown)
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
        loss = self._gradients.compute(batch)
        norm = float(torch.nn.utils.clip_grad_norm_(self._model.parameters(), config.clip_norm))
        if norm != norm:  # noqa: PLR0124 - NaN is the one number that differs from itself
            raise TrainingError(
                f"step {self._state.step}: the gradient is not a number; resume from a checkpoint at a lower rate"
            )
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return {"loss": loss, "learning_rate": config.muon_rate * factor, "gradient_norm": norm}

    def _tell(self, journal: Journal, told: dict[str, float]) -> None:
        state = self._state
        told |= {
            "elapsed_s": round(state.elapsed_s, 3),
            "tokens": state.step * self._config.batch_tokens,
            "memory_mb": psutil.Process().memory_info().rss / 2**20,
        }
        journal.tell(state.step, **told)
        if state.step < 10 or state.step % 10 == 0:  # noqa: PLR2004 - the first steps show whether it works at all
            self._say(
                f"step {state.step} {100 * self._progress():.1f} % loss {told['loss']:.4f} "
                f"norm {told['gradient_norm']:.2f} {told['tokens_per_s']:.0f} tokens/s {told['memory_mb']:.0f} MiB"
            )

    def _validate(self, validation: Validation, journal: Journal) -> float:
        state = self._state
        found = validation.bits_per_byte(self._model, self._accelerator, self._gradients)
        better = found < state.best_bits_per_byte
        state.best_bits_per_byte = min(found, state.best_bits_per_byte)
        state.validations_since_best = 0 if better else state.validations_since_best + 1
        tokens = state.step * self._config.batch_tokens
        journal.tell(state.step, validation_bits_per_byte=found, elapsed_s=state.elapsed_s, tokens=tokens)
        journal.plot()
        self._say(f"step {state.step} held out: {found:.4f} bits/byte")
        return found

    def _save(self, name: str) -> None:
        path = checkpoint.save_checkpoint(
            self._checkpoints,
            name,
            model=self._model,
            optimizers=self._optimizers,
            state=self._state,
            config=self._config,
            tokenizer=self._options.shards,
        )
        checkpoint.prune(self._checkpoints)
        self._say(f"saved {path}")

    def _finish(self, journal: Journal) -> Outcome:
        state, config = self._state, self._config
        self._save(f"step-{state.step:07d}")
        if self._stopped:
            self._say("interrupted; go on with the same command and --resume")
            return Outcome(state.step, None, interrupted=True)
        held_out = Shards(self._options.shards, "valid")
        final = Validation.of(held_out, self._tokenizer, config, _FINAL_ROWS * config.validation_rows)
        found = self._validate(final, journal)
        checkpoint.save_model(self._options.out / "final", self._model, self._options.shards)
        return Outcome(state.step, found, interrupted=False)


def _cores() -> int:
    """Cores that this process may use, where the system tells; else all."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
