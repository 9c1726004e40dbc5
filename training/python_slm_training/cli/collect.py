"""``slm data collect``: from files, repositories, services, pages and tables to raw records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collect_docs import docs
from python_slm_training.cli.collect_github import github
from python_slm_training.cli.collect_pages import pages
from python_slm_training.cli.collect_pypi import pypi
from python_slm_training.cli.collect_stackoverflow import stackoverflow
from python_slm_training.cli.collect_table import table
from python_slm_training.cli.collecting import EXISTING, FOLDER, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.collect import Source


@click.group(invoke_without_command=True, subcommand_metavar="[SOURCE …]")
@click.option("--out", type=FOLDER, help="Folder for the raw files; one a source.")
@click.option("--git", "git_paths", type=EXISTING, multiple=True, help="Git repository, or a folder of them.")
@click.option("--folder", "folders", type=EXISTING, multiple=True, help="Folder of Python files.")
@click.option("--installed", is_flag=True, help="Distributions installed beside this interpreter.")
@click.option("--stdlib", is_flag=True, help="Standard library of this interpreter.")
@click.option("--reserved", type=EXISTING, help="List of projects to leave out, one owner/name a line.")
@click.pass_context
def collect(
    context: click.Context,
    out: Path | None,
    git_paths: tuple[Path, ...],
    folders: tuple[Path, ...],
    installed: bool,
    stdlib: bool,
    reserved: Path | None,
) -> None:
    """Gather Python files and prose with source, licence and dates.

    By itself it reads what is on this machine. Repositories may be bare; they are read at HEAD. Every source is
    written to a file of its own, so an interruption loses at most the current one; run the same command again to go
    on. A source at the same revision is not read twice. The commands below read other sources.

    \b
    Examples:
      slm data collect --out raw --git ~/src/django
      slm data collect --out raw --git ~/mirrors --folder ~/work --installed --stdlib
      slm data collect github --out raw --stars 1000 --licence-of MIT --limit 200
      slm data collect pypi --out raw requests flask
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    sources = list(_sources(git_paths, folders, installed=installed, stdlib=stdlib))
    if not sources:
        raise click.UsageError("no source found; give --git, --folder, --installed or --stdlib")
    run(sources, out, reserved)


for command in (github, pypi, stackoverflow, pages, docs, table):
    collect.add_command(command)


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
