"""``slm eval``: how good a model is, beside others and the floors that it has to beat."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from python_slm_training.cli.eval_bugs import eval_bugs
from python_slm_training.evaluate.part_names import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.settings import Settings
    from python_slm_training.evaluate.evaluation import Evaluation, SizeName
    from python_slm_training.evaluate.part_names import PartName

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_ANY = click.Path(path_type=Path)
GATE = "in use"


@click.group(name="eval", invoke_without_command=True)
@click.option("--model", "models", multiple=True, metavar="[NAME=]FOLDER", help="Exported model; repeatable.")
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME:SETTING=VALUE,…",
    help="The first --model with other settings, as a contestant of its own; repeatable.",
)
@click.option("--replay", "replay_paths", type=_FOLDER, multiple=True, help="Folder or git repository; repeatable.")
@click.option("--benchmarks", type=_ANY, help="Folder below which HumanEval, its relatives and MBPP are.")
@click.option("--shards", type=_FOLDER, help="What the model was trained on: contamination, and the n-gram floor.")
@click.option("--tasks", type=_FOLDER, multiple=True, help="Task data or an edit history, for bug pairs; repeatable.")
@click.option(
    "--size",
    type=click.Choice(["quick", "standard", "full"]),
    default="standard",
    show_default=True,
    help="How much of each is measured.",
)
@click.option("--only", metavar="LIST", help=f"Of {', '.join(PARTS)}; comma-separated.  [default: all]")
@click.option("--gate", "base", type=_FOLDER, help="The model in use: exit 1 if a --model loses to it.")
@click.option("--ship-anyway", is_flag=True, help="Say what the gate says, and exit 0.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the report.  [required]")
@click.option("--threads", type=click.IntRange(0), default=0, help="Engine threads; 0 chooses.  [default: 0]")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the samples.")
@click.pass_context
def evaluate(
    context: click.Context,
    models: tuple[str, ...],
    variants: tuple[str, ...],
    replay_paths: tuple[Path, ...],
    benchmarks: Path | None,
    shards: Path | None,
    tasks: tuple[Path, ...],
    size: SizeName,
    only: str | None,
    base: Path | None,
    out: Path | None,
    threads: int,
    seed: int,
    *,
    ship_anyway: bool,
) -> None:
    """Measure models against each other, the floors and published figures, and write one report.

    Editor replay and simulated typing, HumanEval, its infilling variants and MBPP in a sandbox, bug pairs, docstrings,
    bits per byte, contamination, latency: what there is material for, at 95 % confidence. Writes OUT/evaluation.json
    and OUT/evaluation.html. Every result is kept in OUT/.parts at once: the same command goes on where it was killed.
    Code that a model wrote runs only under bubblewrap; without it, or without a benchmark, the report says what is left
    out. A quick run takes two minutes with a model of 5 million parameters on two cores, a standard one about fifteen.

    \b
    Example:
      slm eval --model my-model/ --replay ../some-project --size quick --out report/
      slm eval --model new=exported/ --model old=models/python_slm_model --replay a/ --replay b.git \\
          --benchmarks ~/benchmarks --shards shards/ --out report/
      slm eval --model exported/ --variant no-recall:completion.recall=false --replay a/ --only replay --out report/
      slm eval --model exported/ --gate models/python_slm_model --replay a/ --only replay --out gate/ && ship it
    """
    from python_slm_training.evaluate import plan

    if context.invoked_subcommand:
        return
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    named = _named(models, base)
    parts = _parts(only)
    if not named and not replay_paths and not benchmarks:
        raise click.UsageError("nothing to measure: give --model, --replay or --benchmarks")
    _need_model(models, variants, base)
    material = plan.Material.at(replay_paths, benchmarks, shards, tasks)
    others = _variants(variants, named)
    run = plan.evaluation(named, material, variants=others, size=size, out=out, seed=seed, threads=threads, show=_say)
    plan.measure(run, material, parts)
    verdicts = _verdicts(run, [name for name in named if name != GATE]) if base else []
    _write(run, verdicts, out)
    if not all(verdict["ships"] for verdict in verdicts):
        if not ship_anyway:
            raise SystemExit(1)
        _say("told to ship anyway")


def _write(run: Evaluation, verdicts: list[dict[str, Any]], out: Path) -> None:
    """The report, with what the gate said; raises EvaluationError where there is nothing to report."""
    from python_slm.errors import EvaluationError
    from python_slm_training.evaluate.report import lines, write_report

    command = shlex.join(["slm", *sys.argv[1:]])
    report = {**run.report(), "command": command, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    if verdicts:
        report["gate"] = verdicts
    for path in write_report(report, out):
        _say(f"wrote {path}")
    click.echo("\n".join(lines(report)))
    if not run.measured:
        raise EvaluationError(f"nothing could be measured; {'; '.join(run.skipped) or 'see slm eval --help'}")
    click.echo("\n".join(line for verdict in verdicts for line in verdict["lines"]), nl=bool(verdicts))


def _need_model(models: Sequence[str], variants: Sequence[str], base: Path | None) -> None:
    if variants and not models:
        raise click.UsageError("--variant changes the settings of a --model; give one")
    if base and not models:
        raise click.UsageError("--gate compares with what --model gives")


def _named(models: Sequence[str], base: Path | None) -> dict[str, Path]:
    """Name → folder; a name not given is the folder's."""
    found: dict[str, Path] = {}
    for text in models:
        name, mark, folder = text.rpartition("=")
        path = Path(folder)
        name = name if mark else path.resolve().name
        if not path.is_dir():
            raise click.BadParameter(f"{path}: no such folder", param_hint="--model")
        if name in found or name == GATE:
            raise click.BadParameter(f"{name}: named twice; say --model NAME={path}", param_hint="--model")
        found[name] = path
    return found | ({GATE: base} if base else {})


def _variants(texts: Sequence[str], named: dict[str, Path]) -> dict[str, Settings]:
    """Name → the default settings but for what is said; values are JSON, or else strings."""
    from python_slm.errors import SettingsError
    from python_slm.settings import Settings

    found: dict[str, Settings] = {}
    for text in texts:
        name, _, changes = text.partition(":")
        values: dict[str, Any] = {}
        for change in changes.split(","):
            setting, mark, value = change.partition("=")
            if not (name and mark):
                raise click.BadParameter(f"{text}: expected NAME:SETTING=VALUE,…", param_hint="--variant")
            *sections, field = setting.strip().split(".")
            where = values
            for section in sections:
                where = where.setdefault(section, {})
            where[field] = _json(value)
        if name in found or name in named:
            raise click.BadParameter(f"{name}: named twice", param_hint="--variant")
        try:
            found[name] = Settings.from_dict(values)
        except SettingsError as error:
            raise click.BadParameter(f"{text}: {error}", param_hint="--variant") from error
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parts(only: str | None) -> tuple[PartName, ...]:
    wanted = {name.strip() for name in only.split(",")} if only else set(PARTS)
    if unknown := wanted - set(PARTS):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}", param_hint="--only")
    return tuple(name for name in PARTS if name in wanted)


def _verdicts(run: Evaluation, names: Sequence[str]) -> list[dict[str, Any]]:
    from python_slm_training.evaluate import gate
    from python_slm_training.evaluate.evaluation import plain

    found = [gate.judge(run, name, GATE) for name in names]
    return [
        {
            "model": one.model,
            "ships": one.ships,
            "lost": one.lost,
            "leads": plain(dict(one.leads)),
            "lines": one.lines(),
        }
        for one in found
    ]


def _say(text: str) -> None:
    click.echo(text, err=True)


evaluate.add_command(eval_bugs)
