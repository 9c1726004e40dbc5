"""``slm data history``: edits, fixes and docstrings out of commit history."""

from __future__ import annotations

from pathlib import Path

import click

_EXISTING = click.Path(path_type=Path, exists=True)


@click.command()
@click.option(
    "--git", "git_paths", type=_EXISTING, multiple=True, required=True, help="Git repository, or a folder of them."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder; one file a repository."
)
@click.option("--reserved", type=_EXISTING, help="List of projects to leave out, one owner/name a line.")
@click.option(
    "--benchmarks", type=_EXISTING, help="Folder of benchmark problems; edits that overlap them are left out."
)
@click.option("--limit", type=click.IntRange(1), default=20_000, show_default=True, help="Newest commits a repository.")
def history(git_paths: tuple[Path, ...], out: Path, reserved: Path | None, benchmarks: Path | None, limit: int) -> None:
    """Mine commit history for small real fixes, docstring additions and other edits of one file.

    Repositories may be bare, and partial: what is missing is left out. Merges, reverts, vendored and generated files,
    sweeps over many files and pure reformatting do not count. Interrupted, run the same command again: finished
    repositories, and finished chunks of the current one, are not read twice.

    \b
    Examples:
      slm data history --git ~/src/django --out raw-history
      slm data history --git ~/mirrors --out raw-history --limit 5000 --reserved reserved.txt
    """
    from tqdm import tqdm

    from python_slm.errors import CorpusError
    from python_slm_training.collect import git
    from python_slm_training.collect.history import Options, mine
    from python_slm_training.curate.contamination import Benchmarks
    from python_slm_training.reserved import load_reserved

    found = [repository for path in git_paths for repository in git.repositories(path)]
    if not found:
        raise click.UsageError("no git repository at or below the --git paths")
    try:
        names = load_reserved(reserved) if reserved else frozenset[str]()
        options = Options(limit, names, Benchmarks.of(benchmarks) if benchmarks else Benchmarks())
    except CorpusError as error:
        raise click.ClickException(str(error)) from error
    totals: dict[str, int] = {}
    outcomes: dict[str, int] = {}
    with tqdm(unit="commit", unit_scale=True) as bar:
        for git_dir in found:
            try:
                source = git.GitSource.of(git_dir)
                bar.set_postfix_str(source.repo)
                mined = mine(source, out, options, progress=bar.update)
            except CorpusError as error:
                tqdm.write(f"left out: {error}")
                continue
            outcomes[mined.outcome] = outcomes.get(mined.outcome, 0) + 1
            for kind, count in {"commits": mined.commits, **mined.edits}.items():
                totals[kind] = totals.get(kind, 0) + count
    print(f"{len(found)} repositories ({_listed(outcomes)}): {_listed(totals)} → {out}")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
