"""``slm data collect pypi``: distributions of the Python Package Index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import EXISTING, cache_of, client_of, lines_of, out_option, reserved_option, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.collect import Source
    from python_slm_training.collect.pypi import PyPI


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME[==VERSION]]…")
@out_option
@reserved_option
@click.option("--list", "listed", type=EXISTING, help="More names, one a line, as in requirements.txt without ranges.")
@click.option("--index", default="https://pypi.org/pypi", show_default=True, help="Of another index with a JSON API.")
def pypi(names: tuple[str, ...], out: Path, reserved: Path | None, listed: Path | None, index: str) -> None:
    """The README and the sdist of distributions, with version, upload time, author and topics.

    An sdist is read after its sha256 agrees with the index; nothing of it is unpacked on the disk or run.

    \b
    Examples:
      slm data collect pypi --out raw requests flask==3.0.3
      slm data collect pypi --out raw --list names.txt
    """
    from python_slm_training.collect.pypi import PyPI

    wanted = [*names, *(lines_of(listed) if listed else [])]
    if not wanted:
        raise click.UsageError("which distributions? Give names, or --list FILE")
    run(_sources(PyPI(client_of(out), cache_of(out) / "pypi", index.rstrip("/")), wanted), out, reserved)


def _sources(index: PyPI, names: list[str]) -> Iterator[Source | Exception]:
    from python_slm.errors import SourceError

    for name in names:
        try:
            yield index.distribution(name)
        except SourceError as error:
            yield error
