"""``slm train tune``: teach a model tasks, with an adapter or with all its weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm_training.tune.config import Method


@click.command()
@click.option("--base", required=True, metavar="DIR-OR-HUB-ID", help="Hugging Face model to begin with.")
@click.option(
    "--tasks",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder that 'slm train tasks' wrote.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the run.")
@click.option(
    "--method",
    type=click.Choice(["lora", "qlora", "full"]),
    default="lora",
    show_default=True,
    help="lora: an adapter; qlora: an adapter on a 4-bit base, for large models; full: all weights.",
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall-clock budget; the schedule fits it.")
@click.option("--steps", type=click.IntRange(1), help="End after this many optimiser steps.")
@click.option("--resume", is_flag=True, help="Go on where --out stands; begins where it is empty.")
@click.option(
    "--weight", "weights", metavar="TASK=NUMBER", multiple=True, help="How often a task is drawn; repeatable."
)
@click.option(
    "--replay", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Corpus or folder of general code."
)
@click.option("--replay-rate", type=click.FloatRange(0, 1, max_open=True), default=0.1, show_default=True)
@click.option("--rate", type=click.FloatRange(0), default=0.0, help="Peak learning rate; 0 takes the method's.")
@click.option("--rank", type=click.IntRange(1), default=16, show_default=True, help="Rank of the adapter.")
@click.option("--alpha", type=click.IntRange(1), default=32, show_default=True, help="Its scale, times the rank.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Examples a step.")
@click.option("--micro-tokens", type=click.IntRange(64), default=4096, show_default=True, help="Ids a forward pass.")
@click.option("--max-tokens", type=click.IntRange(32), default=2048, show_default=True, help="Longest example.")
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(0, min_open=True),
    default=0.5,
    show_default=True,
    help="Work at risk.",
)
@click.option("--recompute", is_flag=True, help="Gradient checkpointing: less memory, a third more time.")
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="CPU threads; 0 is all cores.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the order of examples.")
def tune(
    base: str,
    tasks: Path,
    out: Path,
    method: Method,
    minutes: float | None,
    steps: int | None,
    resume: bool,
    weights: tuple[str, ...],
    replay: Path | None,
    replay_rate: float,
    rate: float,
    rank: int,
    alpha: int,
    batch: int,
    micro_tokens: int,
    max_tokens: int,
    checkpoint_minutes: float,
    recompute: bool,
    threads: int,
    seed: int,
) -> None:
    """Teach any Hugging Face causal model the tasks in a folder, on the CPU or on a GPU.

    Leaves OUT/adapter (lora, qlora: merge it with 'slm train merge') or OUT/final (full), metrics.jsonl, tensorboard/
    and loss.png with the held-out loss of each task. Ctrl-C saves; killed, the same command with --resume loses less
    than a minute. Some examples are of general code (--replay), so that what was known stays known.

    \b
    Examples:
      slm train tune --base models/checkpoints/cpu-5m --tasks tasks/ --out run/ --minutes 10
      slm train tune --base Qwen/Qwen2.5-Coder-0.5B --method qlora --tasks tasks/ --out run/ --steps 500
    """
    from python_slm_training.tune.config import TuneConfig
    from python_slm_training.tune.tune import tune as run

    config = TuneConfig(
        method=method,
        minutes=minutes or 0.0,
        steps=steps or 0,
        task_weights=_weights(weights),
        replay=replay,
        replay_rate=replay_rate,
        learning_rate=rate,
        rank=rank,
        alpha=alpha,
        batch_examples=batch,
        micro_tokens=micro_tokens,
        max_tokens=max_tokens,
        checkpoint_minutes=checkpoint_minutes,
        recompute=recompute,
        threads=threads,
        seed=seed,
    )
    outcome = run(base, tasks, out, config, say=click.echo, resume=resume)
    if outcome.interrupted:
        raise SystemExit(130)
    click.echo(f"{outcome.folder}: {outcome.step} steps; held out, nats per token before → after:")
    for task, loss in outcome.after.items():
        click.echo(f"  {task}: {outcome.before[task]:.4f} → {loss:.4f}")


def _weights(given: tuple[str, ...]) -> dict[str, float]:
    """``TASK=NUMBER`` of each."""
    found: dict[str, float] = {}
    for one in given:
        task, _, number = one.partition("=")
        try:
            found[task] = float(number)
        except ValueError as error:
            raise click.BadParameter(f"{one}: expected TASK=NUMBER", param_hint="--weight") from error
    return found
