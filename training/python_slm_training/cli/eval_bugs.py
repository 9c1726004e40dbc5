"""``slm eval bugs``: whether the model's bug findings can be believed."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="bugs")
@click.option("--model", type=_FOLDER, help="Exported model with a bugs.json.  [default: the shipped one]")
@click.option("--calibration", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another bugs.json.")
@click.option("--work", type=_FOLDER, help="What 'slm train calibrate-bugs' left: the fixes that it held out.")
@click.option("--benchmarks", type=_FOLDER, help="Folder with HumanEvalPack (humanevalpack.jsonl).")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the report.")
def eval_bugs(
    model: Path | None, calibration: Path | None, work: Path | None, benchmarks: Path | None, out: Path
) -> None:
    """Measure bug findings on real fixes that were held out, on HumanEvalPack and on good code, beside ruff.

    Precision, recall and alarms per thousand lines for each kind, also for those that are off; whether confidences are
    what they say; what ruff says of the same bugs and the same code. Writes OUT/bugs.json and OUT/bugs.html.

    \b
    Example:
      slm eval bugs --work calibration/ --benchmarks ../benchmarks --out docs/evaluation
    """
    from python_slm.bugs.calibration import Calibration, calibration_of
    from python_slm.engine.manifest import Manifest
    from python_slm.engine.model import shipped_folder
    from python_slm_training.evaluate.bug_report import lines, measure, write_report

    folder = model or shipped_folder()
    if calibration:
        learned: Calibration | None = Calibration.from_json(calibration.read_text("utf-8"), where=str(calibration))
    else:
        learned = calibration_of(Manifest.load(folder))
    if learned is None:
        raise click.UsageError(f"{folder} has no bugs.json; make one with 'slm train calibrate-bugs', or --calibration")
    if work is None and benchmarks is None:
        raise click.UsageError("nothing to measure: give --work or --benchmarks")
    report = measure(folder, learned, work=work, benchmarks=benchmarks, say=lambda text: click.echo(text, err=True))
    report["command"] = shlex.join(["slm", *sys.argv[1:]])
    report["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    for path in write_report(report, out):
        click.echo(f"wrote {path}", err=True)
    click.echo("\n".join(lines(report)))
