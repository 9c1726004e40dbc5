"""Ruff as a process of its own, for the files of a command line at once, and for a buffer without a server.

The project's own configuration holds, with its exclusions: ruff looks for it beside each file.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.errors import LinterError
from python_slm.linter.convert import NOT_PYTHON, from_report
from python_slm.linter.held import Held
from python_slm.project.ruff import installed_ruff
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.repair import shadow_of
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from python_slm.findings import Finding
    from python_slm.linter.held import Intact

_LIMIT_S = 600.0
_TEXT_LIMIT_S = 5.0
_MOST_CHARACTERS = 25_000
_OPTIONS = ("--force-exclude", "--exit-zero", "--quiet", "--no-fix", "--output-format", "json")


def check(
    texts: Mapping[Path, str], *, options: Sequence[str] = (), find: Callable[[], str | None] = installed_ruff
) -> dict[Path, list[Finding]]:
    """What ruff finds in files, by path, in one process; ``texts`` are what lies on disk, line ends as they are there.

    A file that does not parse is read once more with what is broken replaced, and has no syntax errors here.
    ``options`` are ruff's own, as in ``["--select", "D"]``. Raises LinterError where ruff is missing or refuses.
    """
    found: dict[Path, list[Finding]] = {path: [] for path in texts}
    places = {str(path.resolve()): path for path in texts}
    documents = {name: Document(name, texts[path]) for name, path in places.items()}
    broken: set[str] = set()
    for names in _batches(places):
        for raw in _report(["--", *names], options, find, _LIMIT_S):
            name = str(raw["filename"])
            if raw.get("code") in (None, NOT_PYTHON):
                broken.add(name)
            found[places[name]].append(from_report(raw, documents[name]))
    for name in broken:
        index = BlockIndex.of(documents[name].text)
        if index.problems:
            found[places[name]] = check_text(documents[name], index, Path(name), options=options, find=find)
    return found


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    """Names of files, as many together as a command line takes on every OS."""
    batch: list[str] = []
    for name in names:
        if batch and sum(map(len, batch)) + len(name) > _MOST_CHARACTERS:
            yield batch
            batch = []
        batch.append(name)
    if batch:
        yield batch


def check_text(
    document: Document,
    index: BlockIndex,
    path: Path | None,
    *,
    options: Sequence[str] = (),
    find: Callable[[], str | None] = installed_ruff,
    intact: Intact | None = None,
) -> list[Finding]:
    """What ruff finds in one text, which need not parse, as if it were the file ``path``; ``index`` is the text's.

    ``intact`` is what is known of the version before it broke. Raises LinterError where ruff is missing, refuses or is
    late.
    """
    held = Held.of(document, index, shadow_of(index), intact)
    return held.findings(check_shadow(held.shadow_document, path, options=options, find=find))


def check_shadow(
    document: Document,
    path: Path | None,
    *,
    options: Sequence[str] = (),
    find: Callable[[], str | None] = installed_ruff,
) -> list[Finding]:
    """What ruff finds in a text that parses, places as there. Raises LinterError as above."""
    named = ["--stdin-filename", str(path)] if path else []
    where = path.parent if path and path.parent.is_dir() else None
    reported = _report([*named, "-"], options, find, _TEXT_LIMIT_S, text=document.text, folder=where)
    return [from_report(raw, document) for raw in reported]


def _report(
    arguments: Sequence[str],
    options: Sequence[str],
    find: Callable[[], str | None],
    limit_s: float,
    *,
    text: str = "",
    folder: Path | None = None,
) -> list[dict[str, Any]]:
    program = find()
    if program is None:
        raise LinterError("ruff is not installed, so there is nothing of its rules; pip install ruff")
    try:
        done = subprocess.run(  # noqa: S603 - ruff, our own dependency
            [program, "check", *_OPTIONS, *options, *arguments],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            check=False,
            timeout=limit_s,
            cwd=folder,
        )
        if done.returncode:
            raise LinterError(f"{program}: ruff refused: {done.stderr.decode('utf-8', 'replace').strip()}")
        found: list[dict[str, Any]] = json.loads(done.stdout or b"[]")
    except subprocess.TimeoutExpired as error:
        raise LinterError(f"ruff had no answer within {limit_s:.0f} s") from error
    except (OSError, ValueError) as error:
        raise LinterError(f"{program}: ruff cannot be run or understood: {error}") from error
    return found
