"""``slm train filter``: learn when to show a suggestion, and how much of it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="filter")
@click.option("--model", type=_FOLDER, help="Exported model to ask.  [default: the shipped one]")
@click.option(
    "--replay", "paths", type=_FOLDER, multiple=True, required=True, help="Folder or git repository; several."
)
@click.option("--out", type=_FILE, required=True, help="filter.json to write; a report goes beside it.")
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What became of your own suggestions ('slm history'); each counts as five simulated ones.",
)
@click.option("--stretches", type=click.IntRange(1), default=12, show_default=True, help="Typed of each project.")
@click.option("--lines", type=click.IntRange(1), default=4, show_default=True, help="Of a stretch.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the stretches.")
@click.option("--install", is_flag=True, help="Put the filter into the model's folder, replacing one that is there.")
def show_filter(
    model: Path | None,
    paths: Sequence[Path],
    out: Path,
    history: Path | None,
    stretches: int,
    lines: int,
    seed: int,
    *,
    install: bool,
) -> None:
    """Learn which beginnings of a suggestion are worth showing, from simulated typing in other people's projects.

    The model is asked wherever typing could ask it, in stretches of real files; a logistic regression learns which
    cuts of its answers were right, judged on projects that it did not see. Writes OUT, readable JSON, and OUT's .html:
    reliability, operating points, weights. Give eight projects or more that the model was not trained on. Every answer
    is kept in OUT.rows at once: after Ctrl-C the same command goes on. Twelve projects take about ten minutes.

    \b
    Example:
      slm train filter --replay ../flask --replay ../requests --out filter.json --install
    """
    from tqdm import tqdm

    from python_slm.engine.model import shipped_folder
    from python_slm_training.evaluate.sources import read_projects
    from python_slm_training.export.filter import install_filter
    from python_slm_training.filter.ask import Sampling
    from python_slm_training.filter.report import table
    from python_slm_training.filter.train import train

    @contextmanager
    def progress(title: str, total: int) -> Iterator[Callable[[int], object]]:
        with tqdm(desc=title, total=total, unit="", smoothing=0.05) as bar:
            yield bar.update

    folder = model or shipped_folder()
    try:
        trained = train(
            folder,
            read_projects(paths),
            out,
            sampling=Sampling(stretches, lines, seed),
            history=history,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            progress=progress,
        )
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from here", err=True)
        raise SystemExit(130) from None
    click.echo("\n".join(table(trained)))
    click.echo(f"wrote {out} and {out.with_suffix('.html')}")
    if install:
        install_filter(out, folder)
        click.echo(f"{folder} shows by it from now on; completion.show_filter turns it off")
