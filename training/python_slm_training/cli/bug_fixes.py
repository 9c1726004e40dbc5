"""``slm data bug-fixes``: small real bug fixes out of commit history, with the whole files."""

from __future__ import annotations

from pathlib import Path

import click

_EXISTING = click.Path(path_type=Path, exists=True)


@click.command(name="bug-fixes")
@click.option(
    "--git", "git_paths", type=_EXISTING, multiple=True, required=True, help="Git repository, or a folder of them."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder; a file each.")
@click.option("--reserved", type=_EXISTING, help="List of projects to leave out, one owner/name a line.")
@click.option("--limit", type=click.IntRange(1), default=60_000, show_default=True, help="Newest commits a repository.")
def bug_fixes(git_paths: tuple[Path, ...], out: Path, reserved: Path | None, limit: int) -> None:
    """Mine commit history for fixes of a few tokens: what the thresholds of bug findings are calibrated on.

    Both versions of a file are kept whole, since names and calls elsewhere in it decide much. Repositories that OUT has
    already are not read again.

    \b
    Example:
      slm data bug-fixes --git ~/mirrors --out fixes --reserved reserved.txt
    """
    from tqdm import tqdm

    from python_slm.errors import CorpusError
    from python_slm_training import jsonlines
    from python_slm_training.collect import git
    from python_slm_training.collect.record import SUFFIX
    from python_slm_training.reserved import is_reserved_project, load_reserved
    from python_slm_training.tasks.bugs.mine import fixes

    found = [repository for path in git_paths for repository in git.repositories(path)]
    if not found:
        raise click.UsageError("no git repository at or below the --git paths")
    names = load_reserved(reserved) if reserved else frozenset[str]()
    count = 0
    for git_dir in tqdm(found, unit="repository"):
        try:
            source = git.GitSource.of(git_dir)
        except CorpusError as error:
            tqdm.write(f"left out: {error}")
            continue
        path = out / f"{source.repo.replace('/', '+')}{SUFFIX}"
        if path.exists() or is_reserved_project(source.repo, names):
            continue
        with jsonlines.writing(path) as put:
            for fix in fixes(source, limit=limit):
                put(fix)
                count += 1
    print(f"{len(found)} repositories: {count} new small fixes → {out}")
