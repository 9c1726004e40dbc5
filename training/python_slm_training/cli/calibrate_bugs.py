"""``slm train calibrate-bugs``: what the model's suspicions are worth, learned from real fixes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="calibrate-bugs")
@click.option("--fixes", type=_FOLDER, required=True, help="What 'slm data bug-fixes' wrote.")
@click.option("--model", type=_FOLDER, help="Exported model to ask.  [default: the shipped one]")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the stages.")
@click.option(
    "--without",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Repositories that the model was trained on, one owner/name a line: it knows their fixes by heart.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="bugs.json to write.")
@click.option("--install", is_flag=True, help="Put it into the model's folder, replacing one that is there.")
def calibrate_bugs(
    fixes: Path, model: Path | None, work: Path, without: Path | None, out: Path, *, install: bool
) -> None:
    """Learn when a rewrite that the model prefers is a bug found, and be silent elsewhere.

    Weights and thresholds come from the fixes of one half of the repositories; the other half judges them. A kind of
    bug that is not right nine times of ten is off. Every stage leaves a file in WORK: after Ctrl-C the same command
    goes on at the next one. A thousand fixes take half an hour on one core.

    \b
    Example:
      slm train calibrate-bugs --fixes fixes/ --work work/ --out bugs.json --install
    """
    from tqdm import tqdm

    from python_slm.engine.model import shipped_folder
    from python_slm_training.export.filter import install_bugs
    from python_slm_training.reserved import load_reserved
    from python_slm_training.tasks.bugs.calibrate import Work, calibrate
    from python_slm_training.tasks.bugs.report import table

    names = load_reserved(without) if without else frozenset[str]()
    try:
        with tqdm(unit="") as bar:
            stages = Work(work, fixes, model, names, bar.update)
            learned, judged = calibrate(stages, created=datetime.now(UTC).isoformat(timespec="seconds"))
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from here", err=True)
        raise SystemExit(130) from None
    partial = out.with_name(out.name + ".partial")
    partial.write_text(learned.to_json(), encoding="utf-8")
    partial.replace(out)
    click.echo("\n".join(table(learned, judged)))
    click.echo(f"wrote {out}")
    if install:
        folder = model or shipped_folder()
        install_bugs(out, folder)
        click.echo(f"{folder} has it from now on; diagnostics.bugs turns findings off")
