"""``slm data collect docs``: documentation in folders and repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import EXISTING, licence_option, out_option, reserved_option, run, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.documents import DocumentSource


@click.command()
@out_option
@reserved_option
@licence_option
@click.option("--git", "git_paths", type=EXISTING, multiple=True, help="Git repository, or a folder of them.")
@click.option("--folder", "folders", type=EXISTING, multiple=True, help="Folder of .rst, .md, .txt or .html files.")
@click.option("--name", help="What to call a folder, such as python/docs.")
def docs(
    out: Path,
    reserved: Path | None,
    licence: str,
    git_paths: tuple[Path, ...],
    folders: tuple[Path, ...],
    name: str | None,
) -> None:
    """Documentation in files: PEPs, guides and READMEs of repositories, the manual of Python as text or HTML.

    \b
    Examples:
      slm data collect docs --out raw --git ~/src/peps
      slm data collect docs --out raw --folder /usr/share/doc/python3.11/html --name python/docs --licence PSF-2.0
      slm data collect docs --out raw --git ~/mirrors
    """
    if not git_paths and not folders:
        raise click.UsageError("no source found; give --git or --folder")
    if name and len(folders) > 1:
        raise click.UsageError("--name is for one --folder")
    run(list(_sources(git_paths, folders, name, licence)), out, reserved)


def _sources(
    git_paths: tuple[Path, ...], folders: tuple[Path, ...], name: str | None, licence: str
) -> Iterator[DocumentSource]:
    from python_slm.errors import CorpusError
    from python_slm_training.collect import documents, git

    for path in git_paths:
        found = git.repositories(path)
        if not found:
            raise click.UsageError(f"{path}: no git repository here or below")
        for git_dir in found:
            try:
                yield documents.of_git(git_dir, licence)
            except CorpusError as error:
                say(f"left out: {error}")
    for path in folders:
        yield documents.of_folder(path, name, licence)
