"""The interface of a rule: the tree of one block in, findings out. A rule is a file that has a ``RULE``."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from python_slm.findings import Finding, Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located


class Rule(Protocol):
    """One thing that can be wrong. ``code`` is in kebab case, and no two rules share it.

    Its file's docstring is its documentation, in ruff's headings: What it does, Why is this bad, Example, Use instead,
    Fix safety. ``VALID`` and ``INVALID`` beside it are its tests: ⟦…⟧ in an invalid example is what is found.
    """

    @property
    def code(self) -> str:
        """What it is called wherever it is spoken of."""

    @property
    def severity(self) -> Severity:
        """How loudly it speaks where nobody says otherwise."""

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """Findings in ``code``, one block of ``file``; offsets are the buffer's.

        What is found is kept with the block as long as its text stays and ``file`` answers what it was asked the same.
        Raise RefusedError to find nothing.
        """


def rules_in(catalog: ModuleType) -> Iterator[Rule]:
    """Every rule of a package, by name of its file."""
    for module in pkgutil.iter_modules(catalog.__path__):
        found: Rule = import_module(f"{catalog.__name__}.{module.name}").RULE
        yield found
