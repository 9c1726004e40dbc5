"""``slm check``: what is wrong with files: ruff's findings, our own rules', stale docstrings', the style profile's."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_slm.cli.reports.rows import Row

FORMATS = ("concise", "full", "json", "sarif", "github")


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of everything that looks for findings."""
    options = (
        click.option("--select", multiple=True, metavar="CODE", help="Only these: F, F401, unreachable-code, rules …"),
        click.option("--ignore", multiple=True, metavar="CODE", help="All but these."),
        click.option("--severity", multiple=True, metavar="CODE=LEVEL", help="error, warning, information, hint, off."),
        click.option(
            "--profile", default="", metavar="NAME|FILE", help="Style profile: google, numpy, strict or a file."
        ),
        click.option("--bugs", is_flag=True, help="Ask the model for bugs too: seconds for a thousand lines."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path, allow_dash=True), metavar="[PATH]...")
@common_options
@click.option("--output-format", type=click.Choice(FORMATS), default="concise", show_default=True)
@click.option("--statistics", is_flag=True, help="How many of each code, instead of each.")
@click.option("--explain", "code", default="", metavar="CODE", help="Print what a code is about, and nothing else.")
@click.option("--stdin-filename", default="stdin.py", metavar="FILE", help="What '-' is called.")
@click.option("--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes.  [default: one a core]")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
def check(
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: tuple[str, ...],
    profile: str,
    bugs: bool,
    output_format: str,
    statistics: bool,
    code: str,
    stdin_filename: str,
    jobs: int,
    exit_zero: bool,
) -> None:
    """Look for bugs and breaches of style in files and folders, by default the current one.

    ruff's findings come by the project's own configuration; '# noqa: F401' silences one of them, '# slm: ignore[code]'
    one of ours. A file that does not parse is examined all the same, around what is broken.

    \b
    Exit status, as ruff's: 0 nothing found, 1 something found, 2 it could not be done.
    Example: slm check src/ --output-format sarif > findings.sarif
    """
    from python_slm.cli.checking import Wanted, examined, failing_as_ruff, settings_of, source_of, sources
    from python_slm.cli.reports.rows import in_order

    with failing_as_ruff():
        if code:
            click.echo(_explained(code))
            return
        wanted = Wanted(settings_of(severity, profile, bugs=bugs), select, ignore)
        if paths == (Path("-"),):
            text = sys.stdin.buffer.read().decode("utf-8", "replace")
            listed = [source_of(Path(stdin_filename).absolute(), text)]
        else:
            listed = sources(paths or (Path(),))
        found = examined(listed, wanted, Path.cwd(), jobs=jobs)
        rows = [row for source, findings in found for row in in_order(source.shown, source.document, findings)]
    for line in _statistics(rows) if statistics else report(rows, output_format):
        click.echo(line)
    if output_format in {"concise", "full"} and not statistics:
        click.echo(_summary(rows, len(listed)), err=True)
    raise SystemExit(bool(rows) and not exit_zero)


def report(rows: Iterable[Row], output_format: str) -> Iterator[str]:
    """Findings in one of FORMATS, line by line."""
    from python_slm.cli.reports.github import github
    from python_slm.cli.reports.machine import as_json
    from python_slm.cli.reports.sarif import sarif
    from python_slm.cli.reports.text import concise, full
    from python_slm.tasks.explanation import explanation

    writers: dict[str, Callable[[Iterable[Row]], Iterator[str]]] = {
        "concise": concise,
        "full": full,
        "json": as_json,
        "sarif": partial(sarif, explain=explanation),
        "github": github,
    }
    return writers[output_format](rows)


def _explained(code: str) -> str:
    from python_slm.errors import SettingsError
    from python_slm.tasks.explanation import explanation

    found = explanation(code)
    if found is None:
        raise SettingsError(f"{code}: no such code; 'slm check --statistics' lists those that are found here")
    return found


def _statistics(rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter(row.finding.code for row in rows)
    fixable = Counter(row.finding.code for row in rows if row.mark == " [*]")
    width = len(str(max(counts.values(), default=0)))
    for code, count in counts.most_common():
        yield f"{count:>{width}}  {code}{f'  [*] {fixable[code]}' if fixable[code] else ''}"


def _summary(rows: Sequence[Row], files: int) -> str:
    fixable = sum(row.mark == " [*]" for row in rows)
    if not rows:
        return f"All checks passed: {files} files."
    way = f" [*] {fixable} are fixed by 'slm fix'." if fixable else ""
    return f"Found {len(rows)} in {len({row.path for row in rows})} of {files} files.{way}"
