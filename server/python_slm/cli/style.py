"""``slm style``: profiles of style, learned from code or shown."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.style.evidence import Evidence
    from python_slm.style.learn import Breach, Survey
    from python_slm.style.profile import Profile

_MOST_BYTES = 1_000_000_000
_SPLITS = 5
_MOST_SHOWN = 8


@click.group()
def style() -> None:
    """Profiles of style: what your team writes, learned from its code and held against new code.

    \b
    slm style learn .            what this code base does, and how surely
    slm style learn . --check    what it would be told under that
    slm style learn . --write    keep it: .slm-style.toml, which 'slm check' and the editor then follow
    slm style show google        a profile with all its values; google, numpy, strict or a file
    """


@style.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--write", is_flag=True, help="Write the profile: .slm-style.toml in the folder of all PATHs.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Another file to write. Needs --write.")
@click.option("--extends", default="", metavar="PROFILE", help="Build on google, numpy, strict or a file.")
@click.option("--check", is_flag=True, help="List what the code would be told, and exit with 1 if anything is.")
@click.option("--halves", is_flag=True, help="Learn from random halves of the files: do both say the same?")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="A page with the evidence."
)
@click.option("--json", "as_json", is_flag=True, help="Evidence, and findings of --check, as one JSON object.")
def learn(
    paths: tuple[Path, ...],
    write: bool,
    output: Path | None,
    extends: str,
    check: bool,
    halves: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Derive a style profile from code: how names are chosen, docstrings written, modules imported, hints given.

    A convention is adopted where, with certainty (Wilson's lower bound), seven of eight places keep it, of at least 20
    in three files; for limits of size 49 of 50. The rest is shown and left open. Files that git ignores, and those with
    secrets, are not read; nothing is changed without --write.

    \b
    Exit status: 0 done, 1 --check found something, 2 it could not be done.
    Example: slm style learn src/ tests/ --check
    """
    from python_slm.cli.checking import failing_as_ruff

    with failing_as_ruff():
        found = _learn(paths, extends)
        if html:
            html.write_text(found.page(), encoding="utf-8")
        if as_json:
            click.echo(json.dumps(found.as_dict(check=check), indent=2))
        else:
            _print(found, check=check, halves=halves)
        if write:
            click.echo(f"wrote {_written(found, output or _root(paths) / '.slm-style.toml')}", err=True)
    if check and found.breaches:
        raise click.exceptions.Exit(1)


@style.command()
@click.argument("profile", default="", metavar="[PROFILE]")
def show(profile: str) -> None:
    """Print a profile with all that it extends: google, numpy, strict or a file; by default .slm-style.toml here.

    \b
    Example: slm style show google > .slm-style.toml
    """
    from python_slm.cli.checking import failing_as_ruff
    from python_slm.errors import SettingsError
    from python_slm.style.profile import BUILT_IN, FILE_NAME, load
    from python_slm.style.written import shown

    with failing_as_ruff():
        found = load(profile, Path.cwd())
        if found is None:
            known = ", ".join(BUILT_IN)
            raise SettingsError(
                f"{FILE_NAME}: not in this folder; name a profile ({known}), or run 'slm style learn .'"
            )
        click.echo(shown(found), nl=False)


class _Found:
    """What was learned from a code base."""

    def __init__(self, name: str, survey: Survey, base: Profile | None, extends: str) -> None:
        from python_slm.style.learn import learned

        self.name, self.survey, self.extends = name, survey, extends
        self.evidence: Sequence[Evidence] = survey.evidence()
        self.profile = learned(self.evidence, name, base)
        self.breaches: Sequence[Breach] = sorted(survey.breaches(self.profile))
        self.files, self.lines = len(survey.lines), sum(survey.lines.values())

    @property
    def rate(self) -> float:
        """Findings per 1,000 lines."""
        return 1000 * len(self.breaches) / max(1, self.lines)

    def toml(self) -> str:
        """The profile's file."""
        from python_slm.style.written import toml

        return toml(self.evidence, self.name, extends=self.extends, files=self.files, lines=self.lines)

    def page(self) -> str:
        """The report."""
        from python_slm.style.report import page

        return page(self.evidence, self.name, files=self.files, lines=self.lines)

    def as_dict(self, *, check: bool) -> dict[str, object]:
        """For machines."""
        rows = [{**asdict(one), "lower": one.lower, "adopted": one.adopted} for one in self.evidence]
        found: dict[str, object] = {"name": self.name, "files": self.files, "lines": self.lines, "evidence": rows}
        return {**found, "findings": [asdict(one) for one in self.breaches]} if check else found


def _learn(paths: tuple[Path, ...], extends: str) -> _Found:
    from python_slm.errors import DocumentError
    from python_slm.style.learn import Surveyor
    from python_slm.style.profile import load

    folder = _root(paths)
    base = load(extends, folder) if extends else None
    surveyor = Surveyor()
    for name, text in _texts(paths, folder):
        surveyor.add(name, text)
    survey = surveyor.survey()
    if not survey.lines:
        raise DocumentError(f"{paths[0]}: no Python files that can be read; name a folder that has some")
    return _Found(folder.name, survey, base, extends)


def _root(paths: tuple[Path, ...]) -> Path:
    """The folder that all of them are in."""
    folders = [(path if path.is_dir() else path.parent).resolve() for path in paths]
    return Path(os.path.commonpath(folders))


def _texts(paths: tuple[Path, ...], root: Path) -> Iterator[tuple[str, str]]:
    """Paths from ``root`` and texts; a bar on stderr where there is a terminal."""
    from python_slm.project.files import ProjectFile, source_files
    from python_slm.project.secret import is_secret

    listed: dict[Path, ProjectFile] = {}
    for one in paths:
        if one.is_dir():
            listed |= {file.path: file for file in source_files(one, most_bytes=_MOST_BYTES)}
        elif not is_secret(one.name):
            listed[one.resolve()] = ProjectFile(one.resolve(), one.name, 0, one.stat().st_size)
    files = [listed[path] for path in sorted(listed)]
    with click.progressbar(files, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for file in bar:
            text = file.text()
            if text is not None:
                yield file.path.relative_to(root).as_posix(), text


def _print(found: _Found, *, check: bool, halves: bool) -> None:
    if check:
        for one in found.breaches:
            click.echo(f"{one.path}:{one.line}: {one.code} {one.message}")
    elif not halves:
        for line in _told(found.evidence):
            click.echo(line)
    if halves:
        _print_halves(found.survey)
    adopted = sum(one.adopted for one in found.evidence)
    click.echo(
        f"{adopted} conventions adopted from {found.files} files with {found.lines:,} lines; "
        f"they find {len(found.breaches)} places there, {found.rate:.2f} per 1,000 lines.",
        err=True,
    )


def _told(evidence: Sequence[Evidence]) -> Iterator[str]:
    from python_slm.style.learn import place_text
    from python_slm.style.written import value_text

    for one in sorted(evidence, key=lambda each: not each.adopted):
        yield f"{'adopted' if one.adopted else 'open   '} {one.name} = {value_text(one.wanted)}"
        yield f"        {one.what}: {one.told}"
        if one.adopted and one.exceptions:
            places = [place_text(place) for place in one.exceptions[:_MOST_SHOWN]]
            more = ", …" if len(places) < one.total - one.kept else ""
            yield f"        {one.total - one.kept} differ: {', '.join(places)}{more}"


def _print_halves(survey: Survey) -> None:
    from python_slm.style.learn import compared

    click.echo("seed  adopted by either  by both alike  by both unlike  findings per 1,000 lines of the other half")
    for seed in range(1, _SPLITS + 1):
        one = compared(survey, seed)
        click.echo(
            f"{seed:>4}  {one.adopted:>17}  {one.agreed:>13}  {one.opposed:>14}  {one.findings_per_1000_lines:>8.2f}"
        )


def _written(found: _Found, path: Path) -> Path:
    """Write the profile; a file that somebody has made their own is left alone."""
    from python_slm.errors import SettingsError
    from python_slm.style.written import MARK

    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise SettingsError(f"{path}: is there, and not as it was learned; move it away, or name another with --output")
    path.write_text(found.toml(), encoding="utf-8")
    return path
