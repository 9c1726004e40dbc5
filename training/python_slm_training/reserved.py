"""Projects that are kept for evaluation: they, and copies of them inside others, never reach a corpus."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def load_reserved(path: Path) -> frozenset[str]:
    """Normalised project names, one a line as ``owner/name`` or ``name``; ``//`` and ``#`` start a comment line."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return frozenset(normalised(line) for line in lines if line and not line.startswith(("//", "#")))


def normalised(name: str) -> str:
    """Project name without owner, in the manner of PEP 503: ``Owner/My_Project.x`` → ``my-project-x``."""
    return re.sub(r"[-_.]+", "-", name.rsplit("/", 1)[-1]).lower().strip("-")


def is_reserved_project(repo: str, reserved: frozenset[str]) -> bool:
    """Whether ``repo`` (owner/name, or a distribution) is reserved, whoever owns this copy."""
    return normalised(repo) in reserved


def is_reserved_path(path: str, reserved: frozenset[str]) -> bool:
    """Whether a folder or module on ``path`` is named like a reserved project: a vendored copy."""
    return any(normalised(part) in reserved for part in PurePosixPath(path).with_suffix("").parts)
