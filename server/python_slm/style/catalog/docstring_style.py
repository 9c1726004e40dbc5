"""Docstrings of another style than the profile's.

## What it does
Looks for docstrings whose sections are written in another of the four styles (Google, NumPy, Sphinx, Epydoc).

## Why is this bad
Tools read one style and readers look for one shape; a docstring of another renders as running text.

## Example
`:param side: in metres`, where the other docstrings have a section `Args:`.

## Use instead
The style of the profile; `slm docstring --style` writes new docstrings in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from python_slm.docstrings.entries import STYLES
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"docstrings.style": "google"}
VALID = (
    'def f(a):\n    """Sum.\n\n    Args:\n        a: one.\n    """\n',
    'def f(a):\n    """Sum of a."""\n',
)
INVALID = (
    'def f(a):\n    ⟦"""Sum.\n\n    :param a: one\n    """⟧\n',
    'def f(a):\n    ⟦"""Sum.\n\n    Parameters\n    ----------\n    a : int\n        One.\n    """⟧\n',
)
_NAMES = {"google": "Google", "numpy": "NumPy", "sphinx": "Sphinx", "epydoc": "Epydoc"}


class DocstringStyle(StyleRule):
    """What has no sections has no style."""

    code = "docstring-style"
    conventions: ClassVar = (
        Choice("docstrings.style", "docstrings with sections", {one: f"{_NAMES[one]} style" for one in STYLES}),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for _, string, layout in block.documented():
            if layout:
                yield Sight("docstrings.style", layout.style, *block.code.span(string))


RULE = DocstringStyle()
