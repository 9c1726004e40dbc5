"""``slm data``: from sources to a curated corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm_training.cli.curate import curate
from python_slm_training.cli.history import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.collect.collect import Source

_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXISTING = click.Path(path_type=Path, exists=True)


@click.group()
def data() -> None:
    """Build a corpus: collect Python files with their provenance, then curate them.

    \b
    Example:
      slm data collect --out raw --git ~/src --stdlib
      slm data curate raw --out corpus
    """


data.add_command(curate)
data.add_command(history)


@data.command()
@click.option("--out", type=_FOLDER, required=True, help="Folder for the raw files; one a source.")
@click.option("--git", "git_paths", type=_EXISTING, multiple=True, help="Git repository, or a folder of them.")
@click.option("--folder", "folders", type=_EXISTING, multiple=True, help="Folder of Python files.")
@click.option("--installed", is_flag=True, help="Distributions installed beside this interpreter.")
@click.option("--stdlib", is_flag=True, help="Standard library of this interpreter.")
@click.option("--reserved", type=_EXISTING, help="List of projects to leave out, one owner/name a line.")
def collect(
    out: Path,
    git_paths: tuple[Path, ...],
    folders: tuple[Path, ...],
    installed: bool,
    stdlib: bool,
    reserved: Path | None,
) -> None:
    """Gather Python files with source, licence and dates.

    Repositories may be bare; they are read at HEAD. Every source is written to a file of its own, so Ctrl-C loses at
    most the current one; run the same command again to go on. A source at the same revision is not read twice.

    \b
    Examples:
      slm data collect --out raw --git ~/src/django
      slm data collect --out raw --git ~/mirrors --folder ~/work --installed --stdlib
    """
    from tqdm import tqdm

    from python_slm.errors import CorpusError
    from python_slm_training.collect.collect import collect as collect_source
    from python_slm_training.reserved import load_reserved

    names = load_reserved(reserved) if reserved else frozenset[str]()
    sources = list(_sources(git_paths, folders, installed=installed, stdlib=stdlib))
    if not sources:
        raise click.UsageError("no source found; give --git, --folder, --installed or --stdlib")
    files = size = 0
    outcomes: dict[str, int] = {}
    with tqdm(sources, unit="source") as progress:
        for source in progress:
            progress.set_postfix_str(source.repo)
            try:
                done = collect_source(source, out, names)
            except CorpusError as error:
                raise click.ClickException(str(error)) from error
            outcomes[done.outcome] = outcomes.get(done.outcome, 0) + 1
            files += done.files
            size += done.bytes
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{len(sources)} sources ({counts}): {files} files, {size / 1e6:.1f} MB → {out}")


def _sources(
    git_paths: tuple[Path, ...], folders: tuple[Path, ...], *, installed: bool, stdlib: bool
) -> Iterator[Source]:
    from python_slm.errors import CorpusError
    from python_slm_training.collect import folder, git

    for path in git_paths:
        found = git.repositories(path)
        if not found:
            raise click.UsageError(f"{path}: no git repository here or below")
        for git_dir in found:
            try:
                yield git.GitSource.of(git_dir)
            except CorpusError as error:
                click.echo(f"left out: {error}", err=True)
    for path in folders:
        yield folder.folder(path)
    if stdlib:
        yield folder.standard_library()
    if installed:
        yield from folder.distributions()
