"""``slm train pairs`` and ``slm train prefer``: what a model shows wrongly, and how it unlearns it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm_training.tune.config import Method

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("projects", type=_FOLDER, nargs=-1, required=True)
@click.option("--model", "model_folder", type=_FOLDER, required=True, help="Exported model folder.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON-lines file to write.")
@click.option("--cases", type=click.IntRange(1), default=200, show_default=True, help="Cursors of a kind and project.")
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="Engine threads; 0 chooses.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the cursors.")
def pairs(projects: tuple[Path, ...], model_folder: Path, out: Path, cases: int, threads: int, seed: int) -> None:
    """Replay editing in PROJECTS and note where the model shows too much or the wrong thing, beside what is right.

    Use projects that no evaluation uses. Interrupted, the same command goes on.
    Example: slm train pairs ../project-a ../project-b.git --model models/python_slm_model --out pairs.jsonl
    """
    from tqdm import tqdm

    from python_slm.engine.decode import Decoder
    from python_slm.engine.model import Model
    from python_slm_training.evaluate.cases import KINDS
    from python_slm_training.evaluate.product import Product
    from python_slm_training.evaluate.sources import read_project
    from python_slm_training.tune.pairs import write_pairs

    completer = Product(Decoder(Model.load(model_folder, threads=threads)))
    found = [read_project(path) for path in projects]
    with tqdm(total=cases * len(KINDS) * len(found), desc="cursors", mininterval=1.0) as bar:
        count = write_pairs(found, completer, out, per_kind=cases, seed=seed, progress=bar.update)
    click.echo(f"{out}: {count} pairs")


@click.command()
@click.option("--base", required=True, metavar="DIR-OR-HUB-ID", help="Hugging Face model to begin with.")
@click.option(
    "--pairs",
    "pairs_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File that 'slm train pairs' wrote.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the run.")
@click.option("--method", type=click.Choice(["lora", "qlora", "full"]), default="lora", show_default=True)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall-clock budget; the schedule fits it.")
@click.option("--steps", type=click.IntRange(1), help="End after this many optimiser steps.")
@click.option("--resume", is_flag=True, help="Go on where --out stands; begins where it is empty.")
@click.option("--beta", type=click.FloatRange(0, min_open=True), default=0.1, show_default=True, help="How held back.")
@click.option(
    "--anchor", type=click.FloatRange(0), default=1.0, show_default=True, help="Weight of the better answer's own loss."
)
@click.option("--rate", type=click.FloatRange(0), default=0.0, help="Peak learning rate; 0 chooses by size.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Pairs a step.")
@click.option("--max-tokens", type=click.IntRange(32), default=2048, show_default=True, help="Longest answered prompt.")
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="CPU threads; 0 is all cores.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the order of pairs.")
def prefer(
    base: str,
    pairs_file: Path,
    out: Path,
    method: Method,
    minutes: float | None,
    steps: int | None,
    resume: bool,
    beta: float,
    anchor: float,
    rate: float,
    batch: int,
    max_tokens: int,
    threads: int,
    seed: int,
) -> None:
    """Teach a model to prefer the better of two answers (DPO). Leaves OUT/adapter, or OUT/final with --method full.

    Example: slm train prefer --base models/checkpoints/cpu-5m --pairs pairs.jsonl --out run/ --minutes 10
    """
    from python_slm_training.tune.config import PreferConfig
    from python_slm_training.tune.prefer import prefer as run

    config = PreferConfig(
        method=method,
        minutes=minutes or 0.0,
        steps=steps or 0,
        beta=beta,
        anchor=anchor,
        learning_rate=rate,
        batch_examples=batch,
        max_tokens=max_tokens,
        threads=threads,
        seed=seed,
    )
    outcome = run(base, pairs_file, out, config, say=click.echo, resume=resume)
    if outcome.interrupted:
        raise SystemExit(130)
    for name, loss in outcome.after.items():
        click.echo(f"{outcome.folder}: {name} {outcome.before[name]:.4f} → {loss:.4f} held out")
