"""``slm eval``: how good a model is, beside the floors it has to beat."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm_training.evaluate.contestants import NGramUnderTest
    from python_slm_training.evaluate.evaluation import Evaluation

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SIZE = click.IntRange(1)


@click.command(name="eval")
@click.option("--model", "model_folder", type=_FOLDER, help="Exported model folder; without it only floors run.")
@click.option("--replay", "replay_paths", type=_FOLDER, multiple=True, help="Folder or git repository; repeatable.")
@click.option("--infilling", "infilling_folder", type=click.Path(path_type=Path), help="HumanEval-Infilling folder.")
@click.option("--shards", type=_FOLDER, help="Token shards: the n-gram learns from train, bits per byte use test.")
@click.option("--baselines", default="copy", show_default=True, metavar="LIST", help="Of copy, ngram; comma-separated.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the report.")
@click.option("--limit", type=_SIZE, default=100, show_default=True, help="Infilling problems a variant.")
@click.option("--cases", type=_SIZE, default=100, show_default=True, help="Replay cursors of each of the seven kinds.")
@click.option("--stretches", type=_SIZE, default=100, show_default=True, help="Stretches of four lines to type.")
@click.option("--documents", type=_SIZE, default=60, show_default=True, help="Documents for bits per byte.")
@click.option(
    "--ngram-tokens", type=_SIZE, default=100_000_000, show_default=True, help="Tokens the n-gram learns from."
)
@click.option("--ngram-order", type=click.IntRange(2, 8), default=5, show_default=True, help="Tokens in an n-gram.")
@click.option("--threads", type=click.IntRange(0), default=0, help="Engine threads; 0 chooses.  [default: 0]")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the samples.")
@click.option("--fresh", is_flag=True, help="Measure again what earlier runs finished.")
def evaluate(
    model_folder: Path | None,
    replay_paths: tuple[Path, ...],
    infilling_folder: Path | None,
    shards: Path | None,
    baselines: str,
    out: Path,
    limit: int,
    cases: int,
    stretches: int,
    documents: int,
    ngram_tokens: int,
    ngram_order: int,
    threads: int,
    seed: int,
    *,
    fresh: bool,
) -> None:
    """Measure a model: editor replay, simulated typing, infilling, bits per byte.

    Writes OUT/evaluation.json and OUT/evaluation.html. Finished parts are kept in OUT/.parts: the same command goes on
    where an interrupted one stopped. Code that a model wrote runs only in a bubblewrap sandbox; without one, or without
    the benchmark, infilling is left out and the report says so.

    \b
    Example:
      slm eval --model models/python_slm_model --replay ../some-project --baselines copy --out report/
      slm eval --model my-model/ --replay a/ --replay b.git --infilling human-eval-infilling/ \\
          --shards shards/ --baselines copy,ngram --out report/
    """
    from python_slm_training.evaluate.contestants import ModelUnderTest, NGramUnderTest, floor
    from python_slm_training.evaluate.evaluation import Evaluation, Sizes
    from python_slm_training.evaluate.report import lines, write_report
    from python_slm_training.evaluate.sources import read_project
    from python_slm_training.evaluate.store import Store

    wanted = _baselines(baselines, shards)
    model = ModelUnderTest(model_folder, threads=threads) if model_folder else None
    ngram: NGramUnderTest | None = None
    if shards and "ngram" in wanted:
        ngram = NGramUnderTest(shards, order=ngram_order, most_tokens=ngram_tokens, seed=seed, show=_say)
    contestants = [one.contestant() for one in (model, ngram) if one] + ([floor()] if "copy" in wanted else [])
    if not contestants:
        raise click.UsageError("nothing to measure: give --model, or --baselines copy")
    sizes = Sizes(seed=seed, cases=cases, stretches=stretches, problems=limit, documents=documents)
    run = Evaluation(sizes, Store(out / ".parts", fresh=fresh), contestants)
    skipped: list[str] = []
    if replay_paths:
        run.replay([read_project(path) for path in replay_paths])
    if shards and (model or ngram):
        run.bits(shards)
    if infilling_folder:
        skipped += _infilling(run, infilling_folder)
    command = shlex.join(["slm", *sys.argv[1:]])
    created = datetime.now(UTC).isoformat(timespec="seconds")
    report = {**run.report(), "command": command, "created": created, "skipped": skipped}
    for path in write_report(report, out):
        _say(f"wrote {path}")
    click.echo("\n".join(lines(report)))


def _baselines(names: str, shards: Path | None) -> set[str]:
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - {"copy", "ngram"}:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose of copy, ngram", param_hint="--baselines")
    if "ngram" in wanted and shards is None:
        raise click.UsageError("--baselines ngram needs --shards, the tokens to count")
    return wanted


def _infilling(run: Evaluation, folder: Path) -> list[str]:
    """Run infilling if this machine and folder allow; what was left out, and why."""
    from python_slm.errors import EvaluationError
    from python_slm_training.evaluate.contestants import infilling_bounds
    from python_slm_training.evaluate.sandbox import Sandbox

    try:
        run.infilling(folder, Sandbox(), infilling_bounds())
    except EvaluationError as error:
        reason = f"infilling is left out: {error}"
        _say(reason)
        return [reason]
    return []


def _say(text: str) -> None:
    click.echo(text, err=True)
