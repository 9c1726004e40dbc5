"""What ruff says of its own rules: asked of it once, and kept in the user's cache for as long as ruff is the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.places import cache_folder
from python_slm.project.ruff import installed_ruff

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMIT_S = 10.0


@dataclass(frozen=True)
class RuleDocs:
    """One of ruff's rules; ``text`` is Markdown."""

    code: str
    name: str
    text: str


def explanation(code: str, *, program: str | None = None, folder: Path | None = None) -> str | None:
    """What a rule is about, in Markdown under its code and name; None for what is no rule of this ruff, or without one.

    ``program`` is the installed ruff unless another is named, ``folder`` the user's cache.
    """
    rule = rules(program=program, folder=folder).get(code)
    return None if rule is None else f"# {rule.code} ({rule.name})\n\n{rule.text.strip()}\n"


def codes(*, program: str | None = None, folder: Path | None = None) -> dict[str, str]:
    """Name → code of every rule: where a project has ruff's preview on, that speaks of its rules by name."""
    return {rule.name: rule.code for rule in rules(program=program, folder=folder).values()}


def rules(*, program: str | None = None, folder: Path | None = None) -> Mapping[str, RuleDocs]:
    """Every rule by its code; none where there is no ruff, or it fails."""
    program = program or installed_ruff()
    if program is None:
        return {}
    try:
        file = (folder or cache_folder()) / f"ruff-rules-{_identity(Path(program))}.json"
        kept = _read(file)
        if not kept:
            kept = _asked(program)
            _keep(file, kept)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return {}
    return {rule.code: rule for rule in kept}


def _identity(program: Path) -> str:
    """Of the version of an executable, without running it."""
    stat = program.stat()
    return hashlib.sha256(f"{program}\n{stat.st_size}\n{stat.st_mtime_ns}".encode()).hexdigest()[:16]


def _read(file: Path) -> list[RuleDocs]:
    try:
        return [RuleDocs(**one) for one in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _asked(program: str) -> list[RuleDocs]:
    done = subprocess.run(  # noqa: S603 - ruff, our own dependency
        [program, "rule", "--all", "--output-format", "json"], capture_output=True, check=True, timeout=_LIMIT_S
    )
    return [RuleDocs(one["code"], one["name"], one["explanation"]) for one in json.loads(done.stdout)]


def _keep(file: Path, kept: list[RuleDocs]) -> None:
    """Write the list in one step; where that cannot be done it is asked for again."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as new:
            json.dump([asdict(rule) for rule in kept], new)
        Path(new.name).replace(file)
    except OSError:
        return
