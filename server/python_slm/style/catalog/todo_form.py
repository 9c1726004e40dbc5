"""Notes of work to be done in another form than the profile's.

## What it does
Looks at comments that begin with ``TODO``, ``FIXME``, ``XXX`` or ``HACK``: with an owner or a link,
with a colon, or bare.

## Why is this bad
A note that nobody owns is one that nobody finds again. (ruff's TD rules ask for author, link and colon of everybody.)

## Example
```python
# TODO retry
```

## Use instead
```python
# TODO(ann): retry
```

## Fix safety
Only a comment changes: a missing colon is added; an owner is for people to add.
"""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, ClassVar

from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.conventions import Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.located import Located

PROFILE = {"comments.todo": "colon"}
VALID = ("a = 1  # TODO: more\n", "a = '# TODO more'\n", "# todos are many\na = 1\n")
INVALID = ("a = 1  # ⟦TODO more⟧\n", "# ⟦FIXME(ann): more⟧\na = 1\n", "def f():\n    # ⟦XXX why⟧\n    pass\n")
MENDED = ("a = 1  # TODO: more\n", None, "def f():\n    # XXX: why\n    pass\n")
_WORDS = "TODO|FIXME|XXX|HACK"
_NOTE = re.compile(
    rf"#\s*(?P<note>(?:{_WORDS})\b(?P<owner>\s*[(\[@][^)\]\s]+[)\]]?|:?\s*(?:https?://\S+|#\d+|\w+/\d+))?(?P<colon>\s*:)?.*)"
)


class TodoForm(StyleRule):
    """In capitals, as everybody writes them."""

    code = "todo-form"
    conventions: ClassVar = (
        Choice(
            "comments.todo",
            "notes of work to be done",
            {"owned": "TODO(owner): text, or a link", "colon": "TODO: text", "bare": "TODO text"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        text = block.code.block.text
        if not re.search(_WORDS, text):
            return
        for start, comment in _comments(text):
            found = _NOTE.match(comment)
            if found:
                form = "owned" if found["owner"] else "colon" if found["colon"] else "bare"
                at = block.code.block.start + start
                yield Sight("comments.todo", form, at + found.start("note"), at + found.end("note"))

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        found = re.compile(_WORDS).match(code.text, sight.start, sight.end)
        if not found or (sight.value, wanted) != ("bare", "colon"):
            return None
        return Fix("Add the colon", (Edit(found.end(), found.end(), ":"),))


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Comments and their offsets; those before the first place that cannot be read."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]
    source = re.sub(r"\r(?!\n)", "\n", text)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield starts[token.start[0] - 1] + token.start[1], token.string
    except (tokenize.TokenError, SyntaxError):  # a member of a class ends dedented, or is not all there
        return


RULE = TodoForm()
