"""``slm review``: what a change brings: findings that its base did not have, and those that it mends."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.cli.check import FORMATS, common_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.cli.checking import Source
    from python_slm.cli.reports.rows import Row
    from python_slm.findings import Finding
    from python_slm.text import Document

_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")


@dataclass(frozen=True)
class Changed:
    """A Python file that the change touches: what it was called and said at the base, nothing for a new one."""

    path: Path
    old_path: Path
    before: str


@click.command()
@click.option(
    "--diff", "base", required=True, metavar="BASE", help="Commit or branch to compare the working tree with."
)
@common_options
@click.option("--output-format", type=click.Choice((*FORMATS, "markdown")), default="concise", show_default=True)
def review(
    base: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: tuple[str, ...],
    profile: str,
    bugs: bool,
    output_format: str,
) -> None:
    """Look at a change as a reviewer does: only what it brings is told, and how much it mends.

    The working tree is compared with where it left BASE (git merge-base). A finding that stood there before, on
    another line or not, is no news. '--output-format markdown' is a comment for a pull request.

    \b
    Exit status: 0 nothing new, 1 something new, 2 it could not be done.
    Example: slm review --diff origin/main --output-format github
    """
    from python_slm.cli.check import report
    from python_slm.cli.checking import Wanted, examined, failing_as_ruff, settings_of, source_of, sources
    from python_slm.cli.reports.markdown import markdown
    from python_slm.cli.reports.rows import in_order

    with failing_as_ruff():
        wanted = Wanted(settings_of(severity, profile, bugs=bugs), select, ignore)
        root = Path(_git("rev-parse", "--show-toplevel").strip())
        files = list(_changed(base, root))
        now = dict(_by_path(examined(sources(file.path for file in files), wanted, root)))
        then = dict(_by_path(examined([source_of(file.old_path, file.before) for file in files], wanted, root)))
        rows: list[Row] = []
        mended = 0
        for file in files:
            source, findings = now[file.path]
            old_source, old = then[file.old_path]
            new, gone = _news(old_source.document, old, source.document, findings)
            rows += in_order(source.shown, source.document, new)
            mended += gone
    written = markdown(rows, len(files), mended) if output_format == "markdown" else report(rows, output_format)
    for line in written:
        click.echo(line)
    if output_format in {"concise", "full"}:
        click.echo(f"{len(rows)} new, {mended} mended, in {len(files)} changed files.", err=True)
    raise SystemExit(bool(rows))


def _by_path(examined: Iterable[tuple[Source, list[Finding]]]) -> Iterator[tuple[Path, tuple[Source, list[Finding]]]]:
    for source, findings in examined:
        yield source.path, (source, findings)


def _news(before: Document, old: list[Finding], after: Document, new: list[Finding]) -> tuple[list[Finding], int]:
    """What was not found before, and how many findings are gone. The same is what says the same of the same line."""
    left = Counter(_key(before, one) for one in old)
    news = []
    for one in new:
        key = _key(after, one)
        if left[key]:
            left[key] -= 1
        else:
            news.append(one)
    return news, left.total()


def _key(document: Document, finding: Finding) -> tuple[str, str, str]:
    start, end = document.line_span(document.line_at(finding.start))
    return finding.code, finding.message, " ".join(document.text[start:end].split())


def _changed(base: str, root: Path) -> Iterator[Changed]:
    """The Python files that differ from where the working tree left ``base``, those that are gone left out."""
    start = _git("merge-base", base, "HEAD").strip()
    listed = _git("diff", "--name-status", "-z", "--find-renames", "--diff-filter=AMR", start, "--").split("\0")
    fields = iter(listed[:-1])
    for status in fields:
        old = new = next(fields)
        if status.startswith("R"):
            new = next(fields)
        if new.endswith((".py", ".pyi")):
            before = "" if status == "A" else _git("show", f"{start}:{old}")
            yield Changed(root / new, root / old, before)
    for name in filter(None, _git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/").split("\0")):
        if name.endswith((".py", ".pyi")):
            yield Changed(root / name, root / name, "")


def _git(*arguments: str) -> str:
    from python_slm.errors import DocumentError

    try:
        done = subprocess.run([*_GIT, *arguments], capture_output=True, check=True)  # noqa: S603 - our own arguments
    except FileNotFoundError:
        raise DocumentError("git is not installed, and a review compares commits; install git") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DocumentError(f"git {arguments[0]}: {said[-1] if said else 'failed'}; name a commit or branch") from None
    return str(done.stdout.decode("utf-8", "replace"))
