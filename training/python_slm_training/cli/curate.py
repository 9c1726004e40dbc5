"""``slm data curate``."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tqdm import tqdm

    from python_slm_training.curate.clean import Rules

_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXISTING = click.Path(path_type=Path, exists=True)


@click.command()
@click.argument("raw", type=_EXISTING)
@click.option("--out", type=_FOLDER, required=True, help="Folder for the corpus.")
@click.option("--reserved", type=_EXISTING, help="List of projects kept for evaluation, one owner/name a line.")
@click.option("--benchmarks", type=_EXISTING, help="Folder of benchmark problems (*.jsonl, *.jsonl.gz, *.json).")
@click.option(
    "--licences",
    type=click.Choice(["permissive", "attribution", "weak-copyleft", "any"]),
    default="permissive",
    show_default=True,
    help="Licences to keep; attribution adds CC-BY and CC-BY-SA (answers, documentation); weak-copyleft adds MPL, LGPL "
    "and EPL; any is for your own code.",
)
@click.option("--splits", type=_EXISTING, help="card.json of an earlier corpus: its projects keep their split.")
@click.option(
    "--balance",
    "limits",
    multiple=True,
    metavar="project=SHARE|domain=SHARE",
    help="Largest share of the text for one project or domain; of what is too much, files of least quality go.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["none", "ruff"]),
    default="none",
    show_default=True,
    help="Rewrite code in one style before anything else.",
)
@click.option(
    "--executor",
    type=click.Choice(["local", "ray", "slurm"]),
    default="local",
    show_default=True,
    help="Where tasks run, one a source; --out and RAW must be seen from there.",
)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Tasks that run at once.")
@click.option("--partition", default="", help="Slurm: partition of the jobs.")
@click.option("--time", "time_limit", default="04:00:00", show_default=True, help="Slurm: most time for one task.")
def curate(
    raw: Path,
    out: Path,
    reserved: Path | None,
    benchmarks: Path | None,
    licences: str,
    splits: Path | None,
    limits: tuple[str, ...],
    style: str,
    executor: Literal["local", "ray", "slurm"],
    workers: int,
    partition: str,
    time_limit: str,
) -> None:
    """Turn raw files into a corpus with train, valid and test splits, labels and a dataset card.

    Drops what is unlicensed, generated, broken, repeated or part of a benchmark; masks secrets and personal data;
    labels what stays; splits by repository. Run the same command again after an interruption: finished sources are
    not done twice.

    \b
    Examples:
      slm data curate raw --out corpus
      slm data curate raw --out corpus --licences any --benchmarks ~/human-eval
      slm data curate raw --out corpus --balance project=0.05 --balance domain=0.4
      slm data curate more-raw --out larger --splits corpus/card.json
      slm data curate raw --out corpus --executor ray --workers 64
    """
    from python_slm.errors import CorpusError
    from python_slm_training.curate.balance import Balance
    from python_slm_training.curate.executors import Where
    from python_slm_training.curate.pipeline import curate as run
    from python_slm_training.curate.plan import Plan
    from python_slm_training.curate.split import earlier_splits

    if executor == "slurm" and not partition:
        raise click.UsageError("--executor slurm needs --partition; 'sinfo' lists those of your cluster")
    balance = Balance(**dict(map(_limit, limits)))
    try:
        rules = _rules(licences, reserved, benchmarks, style)
        plan = Plan(raw, out, rules, earlier_splits(splits) if splits else {}, balance)
        with _progress() as watch:
            card = run(plan, Where(executor, workers, partition, time_limit), watch)
    except CorpusError as error:
        raise click.ClickException(str(error)) from error
    if card is None:
        print(f"submitted; 'squeue --me' shows the jobs, {out / 'README.md'} is there when they have ended")
        return
    for split, counts in card["splits"].items():
        print(f"{split}: {counts.get('files', 0)} files, {counts.get('bytes', 0) / 1e6:.1f} MB")
    print(f"card: {out / 'README.md'}")


def _rules(licences: str, reserved: Path | None, benchmarks: Path | None, style: str) -> Rules:
    from python_slm_training.collect.licences import ATTRIBUTION, PERMISSIVE, WEAK_COPYLEFT
    from python_slm_training.curate.clean import Rules
    from python_slm_training.curate.contamination import Benchmarks
    from python_slm_training.reserved import load_reserved

    allowed = {
        "permissive": PERMISSIVE,
        "attribution": PERMISSIVE | ATTRIBUTION,
        "weak-copyleft": PERMISSIVE | WEAK_COPYLEFT,
        "any": None,
    }
    return Rules(
        licences=allowed[licences],
        reserved=load_reserved(reserved) if reserved else frozenset(),
        benchmarks=Benchmarks.of(benchmarks) if benchmarks else Benchmarks(),
        style=style,
    )


def _limit(text: str) -> tuple[str, float]:
    what, _, share = text.partition("=")
    try:
        number = float(share)
    except ValueError:
        number = 0.0
    if what not in {"project", "domain"} or not 0 < number <= 1:
        raise click.UsageError(f"--balance {text}: give project=SHARE or domain=SHARE, a share above 0 and up to 1")
    return what, number


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """One bar a stage."""
    from tqdm import tqdm

    bars: dict[str, tqdm[None]] = {}

    def watch(stage: str, done: int, tasks: int) -> None:
        bar = bars.get(stage) or bars.setdefault(stage, tqdm(total=tasks, desc=stage, unit="task"))
        if done > bar.n:
            bar.update(done - bar.n)
        if done == tasks:
            bar.close()

    try:
        yield watch
    finally:
        for bar in bars.values():
            bar.close()
