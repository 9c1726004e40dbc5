"""What each rule says of itself: the docstring of its file, as Markdown for hovers and ``slm check --explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from python_slm.rules import catalog
from python_slm.rules.base import rules_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.rules.base import Rule


def explanation(code: str, rules: Iterable[Rule] | None = None) -> str | None:
    """The documentation of the rule with ``code``, in Markdown under its code; None where there is no such rule."""
    for rule in rules_in(catalog) if rules is None else rules:
        if rule.code == code:
            text = sys.modules[type(rule).__module__].__doc__ or ""
            return f"# {code}\n\n{text.strip()}\n"
    return None
