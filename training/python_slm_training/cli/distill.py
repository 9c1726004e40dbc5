"""``slm train distill``: a student learns from a teacher."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--teacher", required=True, metavar="DIR-OR-HUB-ID", help="The larger model; it stays as it is.")
@click.option("--student", required=True, metavar="DIR-OR-HUB-ID", help="The model that learns; same tokenizer.")
@click.option("--shards", type=_FOLDER, help="Folder that 'slm train shards' wrote: learn on pretraining rows.")
@click.option("--tasks", type=_FOLDER, help="Folder that 'slm train tasks' wrote: learn on task examples.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the run.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall-clock budget; the schedule fits it.")
@click.option("--steps", type=click.IntRange(1), help="End after this many optimiser steps.")
@click.option("--resume", is_flag=True, help="Go on where --out stands; begins where it is empty.")
@click.option("--kl-share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="The teacher's part.")
@click.option("--temperature", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--rate", type=click.FloatRange(0), default=0.0, help="Peak learning rate; 0 chooses by size.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Rows or examples a step.")
@click.option("--max-tokens", type=click.IntRange(32), default=2048, show_default=True, help="Longest row.")
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="CPU threads; 0 is all cores.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the order of rows.")
def distill(
    teacher: str,
    student: str,
    shards: Path | None,
    tasks: Path | None,
    out: Path,
    minutes: float | None,
    steps: int | None,
    resume: bool,
    kl_share: float,
    temperature: float,
    rate: float,
    batch: int,
    max_tokens: int,
    threads: int,
    seed: int,
) -> None:
    """Train a student to say what a larger teacher says: its distributions beside the text's own next tokens.

    Leaves OUT/final, a Hugging Face folder. Ctrl-C saves; the same command with --resume goes on.
    Example: slm train distill --teacher runs/64m/final --student runs/28m/final --shards shards/ --out run/ --steps 500
    """
    from python_slm_training.tune.config import DistillConfig
    from python_slm_training.tune.distill import distill as run

    data = shards or tasks
    if data is None or (shards and tasks):
        raise click.UsageError("give either --shards or --tasks")
    config = DistillConfig(
        minutes=minutes or 0.0,
        steps=steps or 0,
        kl_share=kl_share,
        temperature=temperature,
        learning_rate=rate,
        batch_examples=batch,
        max_tokens=max_tokens,
        threads=threads,
        seed=seed,
    )
    outcome = run(teacher, student, data, out, config, say=click.echo, resume=resume)
    if outcome.interrupted:
        raise SystemExit(130)
    for name, loss in outcome.after.items():
        click.echo(f"{outcome.folder}: {name} {outcome.before[name]:.4f} → {loss:.4f} nats per token held out")
