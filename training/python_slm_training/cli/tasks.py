"""``slm train tasks``: what a model is tuned on, from code alone."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("corpus", type=_FOLDER)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the tasks.")
@click.option("--history", type=_FOLDER, help="Folder that 'slm data history' wrote: real fixes and edits.")
@click.option(
    "--instructions", type=_FILE, multiple=True, help="JSONL of instruction, input, output (CodeAlpaca's form)."
)
@click.option("--benchmarks", type=_FOLDER, help="Benchmark problems; instructions that overlap them are left out.")
@click.option("--limit", type=click.IntRange(10), default=20_000, show_default=True, help="Training examples a task.")
@click.option(
    "--files-per-project", type=click.IntRange(1), default=300, show_default=True, help="Files read a project."
)
@click.option(
    "--licences",
    type=click.Choice(["permissive", "weak-copyleft", "any"]),
    default="permissive",
    show_default=True,
    help="Licences of histories to keep; any is for your own code.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same data.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
def tasks(
    corpus: Path,
    out: Path,
    history: Path | None,
    instructions: tuple[Path, ...],
    benchmarks: Path | None,
    limit: int,
    files_per_project: int,
    licences: str,
    seed: int,
    workers: int,
) -> None:
    """Make task data: infilling, docstrings, bugs and fixes, refactorings, explanations, labels, edits.

    Needs nothing but code: targets are what people wrote, bugs are injected into it or mined from history, and
    refactorings are made by syntax-tree rewrites. Splits follow the corpus. Interrupted, run it again: finished files
    are not made twice.

    \b
    Examples:
      slm train tasks corpus/ --out tasks/
      slm train tasks corpus/ --history raw-history/ --instructions alpaca.jsonl --out tasks/ --limit 50000
    """
    from tqdm import tqdm

    from python_slm.errors import CorpusError
    from python_slm_training.collect.licences import PERMISSIVE, WEAK_COPYLEFT
    from python_slm_training.curate.contamination import Benchmarks
    from python_slm_training.tasks.build import Job, build
    from python_slm_training.tasks.generate import Rules

    allowed = {"permissive": PERMISSIVE, "weak-copyleft": PERMISSIVE | WEAK_COPYLEFT, "any": None}[licences]
    try:
        rules = Rules(
            seed=seed,
            files_per_project=files_per_project,
            licences=allowed,
            benchmarks=Benchmarks.of(benchmarks) if benchmarks else Benchmarks(),
        )
        job = Job(corpus, out, history, instructions, limit, workers, rules)
        card = build(job, lambda items, total, label: tqdm(items, total=total, desc=label))
    except CorpusError as error:
        raise click.ClickException(str(error)) from error
    for split, made in card["splits"].items():
        print(f"{split}: " + (", ".join(f"{each['examples']} {task}" for task, each in made.items()) or "nothing"))
    print(f"card: {out / 'README.md'}")
