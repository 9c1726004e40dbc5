"""What the collect commands share: options, the client, and the run over sources."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from python_slm_training.collect.collect import Source
    from python_slm_training.collect.http import Client

FOLDER = click.Path(path_type=Path, file_okay=False)
EXISTING = click.Path(path_type=Path, exists=True)
_MAX_FAILURES = 3  # in a row: the network is down, not a source

out_option = click.option("--out", type=FOLDER, required=True, help="Folder for the raw files; one a source.")
reserved_option = click.option(
    "--reserved", type=EXISTING, help="List of projects to leave out, one owner/name a line."
)
licence_option = click.option(
    "--licence", default="NOASSERTION", metavar="SPDX", help="Licence of what names none itself, such as PSF-2.0."
)


def cache_of(out: Path) -> Path:
    """Answers, clones and archives: may be deleted when a collection is complete."""
    return out / ".cache"


def say(line: str) -> None:
    """A line above the progress bar."""
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)


def client_of(out: Path, interval_s: float = 0.0) -> Client:
    """A client that keeps its answers below ``out``."""
    from python_slm_training.collect.answers import AnswerStore
    from python_slm_training.collect.http import Client

    return Client(AnswerStore(cache_of(out) / "answers"), say, interval_s)


def run(
    sources: Iterable[Source | Exception], out: Path, reserved: Path | None, max_age: timedelta | None = None
) -> None:
    """Collect every source; one that fails, or was an error already, is reported and the next one is tried.

    Ends with status 1 if any failed, at once when three in a row did.
    """
    from tqdm import tqdm

    from python_slm.errors import CorpusError
    from python_slm_training.collect.collect import collect
    from python_slm_training.reserved import load_reserved

    names = load_reserved(reserved) if reserved else frozenset[str]()
    outcomes: Counter[str] = Counter()
    files = size = in_a_row = 0
    try:
        with tqdm(sources, unit="source") as progress:
            for source in progress:
                try:
                    if isinstance(source, Exception):
                        raise source
                    progress.set_postfix_str(source.repo)
                    done = collect(source, out, names, max_age=max_age)
                except CorpusError as error:
                    say(f"failed: {error}")
                    outcomes["failed"] += 1
                    in_a_row += 1
                    if in_a_row == _MAX_FAILURES:
                        break
                    continue
                in_a_row = 0
                outcomes[done.outcome] += 1
                files += done.files
                size += done.bytes
    except CorpusError as error:  # of the list of sources itself
        raise click.ClickException(str(error)) from error
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{outcomes.total()} sources ({counts}): {files} files, {size / 1e6:.1f} MB → {out}")
    if in_a_row == _MAX_FAILURES:
        raise click.ClickException("three sources in a row failed; run the same command again when that is mended")
    if outcomes["failed"]:
        raise click.ClickException(f"{outcomes['failed']} sources failed; run the same command again to try them")


def lines_of(path: Path) -> list[str]:
    """Lines of a list, without blank ones and those that start with #."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
