"""``slm adapt``: a model of one's own repository, from one command."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm_training.adapt.run import Run


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="To train; measuring comes on top.",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "lora", "qlora", "full"]),
    default="auto",
    show_default=True,
    help="auto: every weight of a small model; of a large one LoRA on a CPU, QLoRA on a GPU.",
)
@click.option(
    "--base",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Checkpoint or exported model to begin with.  [default: the shipped model]",
)
@click.option(
    "--cursors", type=click.IntRange(1), default=60, show_default=True, help="Of each of seven kinds, to measure at."
)
@click.option("--dry-run", is_flag=True, help="Show what would be learned from and measured on, and stop.")
def adapt(path: Path, minutes: float, method: str, base: Path | None, cursors: int, dry_run: bool) -> None:
    """Teach the model the repository at PATH, measure it on files it did not see, and use it there if it is better.

    Nothing leaves this machine; secrets are masked before training. Ctrl-C keeps what is done: the same command goes
    on. The shipped model is back with 'slm model rollback'. Example: slm adapt ~/src/project --minutes 10
    """
    import torch

    from python_slm.registry import Registry
    from python_slm_training.adapt.repository import read_repository, split
    from python_slm_training.adapt.run import InterruptedRunError, Options, Places, Run, adapted_before, method_for
    from python_slm_training.adapt.verdict import summary, table

    registry, cuda = Registry.of_user(), torch.cuda.is_available()
    repository = read_repository(path)
    home = registry.root.parent / "adapt"
    run = Run(
        repository,
        split(repository),
        Options(
            minutes=minutes,
            method=method_for(method, base, cuda=cuda),
            batch_examples=32 if cuda else 8,
            cursors=cursors,
        ),
        Places(home / repository.name / "run", home / repository.name / "answers"),
        base,
        say=lambda line: click.echo(line, err=True),
        progress=_bar,
    )
    _describe(run)
    if dry_run:
        return
    done = adapted_before(registry, run)
    if done is not None:
        click.echo(
            f"{done.spec} was made from these files with these settings; its report: {done.folder / 'report.html'}"
        )
        return
    try:
        outcome = run.execute(registry)
    except InterruptedRunError:
        click.echo("stopped; the same command goes on from here", err=True)
        raise SystemExit(130) from None
    click.echo("\n".join(table(outcome.verdict)))
    click.echo(f"report: {outcome.report}")
    click.echo(summary(outcome.verdict, outcome.entry.spec, outcome.entry.workspace))


def _describe(run: Run) -> None:
    repository, split, options = run.repository, run.split, run.options
    dropped = ", ".join(f"{count} {reason}" for reason, count in repository.dropped.most_common()) or "none"
    masked = ", ".join(f"{count} {kind}" for kind, count in repository.masked.most_common()) or "nothing"
    characters = sum(len(file.text) for file in split.train)
    click.echo(f"{repository.name} at {repository.revision[:12]}: {len(repository.files)} files; left out: {dropped}")
    click.echo(f"masked: {masked}")
    click.echo(
        f"to learn from: {len(split.train)} files, {characters / 1e6:.2f} M characters; to steer by: "
        f"{len(split.development)}; held out: {len(split.held_out)}; in none, for being alike: {split.alike}"
    )
    click.echo(f"training: {options.method}, {options.minutes:g} minutes; then the same questions before and after")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar with the time that is left."""
    from tqdm import tqdm

    with tqdm(total=total, desc=title, unit="", smoothing=0.05) as bar:
        yield bar.update
