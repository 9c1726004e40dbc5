"""The codes of what is found about docstrings: how loud each is, why it is told, and what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from python_slm.findings import Severity

Code = Literal[
    "missing-docstring", "missing-parameter", "extra-parameter", "renamed-parameter", "parameter-order",
    "missing-returns", "extra-returns", "missing-yields", "extra-yields", "returns-for-yields", "missing-raises",
    "missing-attribute", "extra-attribute", "stale-type", "stale-default",
]  # fmt: skip
SEVERITIES: dict[Code, Severity] = {
    "missing-docstring": "information", "missing-parameter": "information", "missing-returns": "information",
    "missing-yields": "information", "missing-raises": "information", "missing-attribute": "information",
    "parameter-order": "hint",
}  # fmt: skip
"""Of codes that are no warnings: what a docstring does not say is no lie."""

_ABOUT: dict[Code, str] = {
    "missing-docstring": "public definitions without a docstring",
    "missing-parameter": "parameters that a docstring leaves out of those it describes",
    "extra-parameter": "documented parameters that the signature does not have",
    "renamed-parameter": "documented parameters that the signature has under another name",
    "parameter-order": "parameters documented in another order than that of the signature",
    "missing-returns": "results that a docstring with sections does not tell of",
    "extra-returns": "documented results of functions that return nothing",
    "missing-yields": "yielded values that a docstring with sections does not tell of",
    "extra-yields": "documented values of functions that yield nothing",
    "returns-for-yields": "generators whose docstring says that they return what they yield",
    "missing-raises": "exceptions that leave a function, and are not among those that its docstring tells of",
    "missing-attribute": "attributes that a class declares, and its docstring leaves out of those it describes",
    "extra-attribute": "documented attributes that nothing in a class sets",
    "stale-type": "documented types that the annotation excludes",
    "stale-default": "documented defaults that the signature does not have",
}
_UNFIXED = frozenset({"extra-returns", "extra-yields"})


def explanation(code: str) -> str | None:
    """Markdown under ruff's headings; None for a code that is not of docstrings."""
    known = next((each for each in _ABOUT if each == code), None)
    if known is None:
        return None
    fix = (
        "There is none: what is written may belong elsewhere."
        if known in _UNFIXED
        else "Safe: nothing but the docstring changes, and the prose of everything that still exists stays."
    )
    return (
        f"# {code}\n\n## What it does\nLooks for {_ABOUT[known]}.\n\n## Why is this bad\n{REASONS[known]} "
        f"Readers and tools believe docstrings.\n\n## Fix safety\n{fix}\n"
    )


REASONS: dict[Code, str] = {
    "missing-docstring": "It is public, and nothing says what it is for.",
    "missing-parameter": "The docstring describes other parameters of this signature, and this one with no word.",
    "extra-parameter": "The signature has no parameter of this name, and no `**kwargs` that could take it.",
    "renamed-parameter": "One documented parameter is gone and one new one is not documented, at the same place.",
    "parameter-order": "The entries stand in another order than the parameters of the signature.",
    "missing-returns": "The body returns a value, the docstring has sections, and nothing in it tells of that.",
    "extra-returns": "No `return` of the body has a value, and no annotation promises one. What is written there may "
    "belong elsewhere, so it is left to you.",
    "missing-yields": "The body yields, the docstring has sections, and nothing in it tells of that.",
    "extra-yields": "There is no `yield` in the body.",
    "returns-for-yields": "The body has `yield` and returns nothing: callers get a generator of what is described.",
    "missing-raises": "A `raise` that nothing around it catches leaves this function, and no word of a docstring that "
    "tells of exceptions names it.",
    "missing-attribute": "The class declares it beside attributes that are documented.",
    "extra-attribute": "Nothing in the class sets it, it inherits from no other, and makes no attributes at run time.",
    "stale-type": "Docstring and annotation name built-in types that exclude each other; the annotation is what type "
    "checkers hold callers to.",
    "stale-default": "The signature has another default than the docstring tells.",
}
