"""LSP's kinds of our actions, and which are asked for by which. Light: the handshake needs it."""

from __future__ import annotations

QUICK_FIX = "quickfix"
REFACTOR = "refactor"
REWRITE = "refactor.rewrite"
DOCSTRING = "refactor.rewrite.docstring"
FIX_ALL = "source.fixAll.python-slm"
FIX_ALL_RUFF = "source.fixAll.ruff"
ORGANIZE = "source.organizeImports.ruff"
ADD_DOCSTRINGS = "source.addDocstrings.python-slm"
EXPLAIN = "source.explain.python-slm"
EXPLAIN_COMMAND = "python-slm.explain"
"""Our command: a function or class in plain words."""
DISABLE = "python-slm.disableRule"
"""Our command: never show findings of a code again."""
KINDS = (QUICK_FIX, REFACTOR, FIX_ALL, FIX_ALL_RUFF, ORGANIZE, ADD_DOCSTRINGS, EXPLAIN)
"""What the server says that it has."""
BY_NAME = (FIX_ALL_RUFF, ADD_DOCSTRINGS)
"""For who names the kind itself: what ruff fixes is part of all that is fixed, and not to be fixed twice on saving."""


def wanted(kind: str, only: tuple[str, ...] | None) -> bool:
    """Whether a kind is asked for: ``refactor`` asks for ``refactor.extract``, never the reverse; None for a menu."""
    if kind in BY_NAME:
        return kind in (only or ())
    return only is None or any(not one or kind == one or kind.startswith(f"{one}.") for one in only)


def may_hold(kind: str, only: tuple[str, ...] | None) -> bool:
    """Whether a kind, one below it or one above it is asked for."""
    return only is None or any(_related(kind, one) for one in only)


def _related(one: str, other: str) -> bool:
    return not other or one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
