"""Everything that is found in one file without ruff and without waiting: what the server and the command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.docstrings.findings import find as find_in_docstrings
from python_slm.rules.find import find as find_by_rules
from python_slm.rules.suppress import settled
from python_slm.style.find import find as find_by_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.findings import Finding
    from python_slm.settings import DiagnosticsSettings
    from python_slm.style.profile import Profile
    from python_slm.syntax.blocks import BlockIndex


def analyze(
    index: BlockIndex,
    *,
    path: str,
    settings: DiagnosticsSettings,
    profile: Profile | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Finding]:
    """What rules, docstrings and the style profile find, as ``settings`` ask; ``path`` is the file's in its project."""
    if settings.rules:
        yield from find_by_rules(index, cancelled=cancelled)
    if settings.docstrings:
        yield from settled(index, find_in_docstrings(index, path=path, cancelled=cancelled))
    if profile is not None:
        yield from find_by_style(index, profile, path=path, cancelled=cancelled)
