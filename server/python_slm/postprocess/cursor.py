"""The lines around the cursor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cursor:
    """The line around the cursor and what follows it."""

    before: str
    """The cursor's line up to the cursor."""
    after: str
    """The rest of the cursor's line, without its line ending."""
    above: str
    """The last non-blank line above the cursor's; empty at the top."""
    below: str
    """The first non-blank line below the cursor's; empty at the bottom."""
    below_docstring: bool = False
    """The last thing above is a string right below a line that ends in a colon."""

    @classmethod
    def at(cls, text: str, offset: int) -> Cursor:
        """The cursor at ``offset`` of ``text``; looks at most 20,000 characters each way."""
        head, tail = text[max(0, offset - 20_000) : offset], text[offset : offset + 20_000]
        above, _, before = head.rpartition("\n")
        after, _, below = tail.partition("\n")
        return cls(
            before,
            after.rstrip("\r"),
            next((line for line in reversed(above.splitlines()) if line.strip()), ""),
            next((line for line in below.splitlines() if line.strip()), ""),
            _ends_docstring(above),
        )

    @property
    def opens_block(self) -> bool:
        """Nothing but a new block's body can come here: the line above, or this one, ends in a colon."""
        if self.after.strip():
            return False
        opener = self.before if self.before.strip() else self.above
        return opener.rstrip().endswith(":") and not opener.lstrip().startswith("#")

    @property
    def begins_body(self) -> bool:
        """The cursor is at the start of a block that has no code yet: below its header, or below its docstring."""
        if self.below and indent(self.below) >= self.body_indent:
            return False
        return self.opens_block or (self.below_docstring and not (self.before + self.after).strip())

    @property
    def body_indent(self) -> int:
        """Least indentation, in characters, of lines that still belong to the block at the cursor."""
        if not self.before.strip() and self.before:
            return len(self.before)
        opener = self.before if self.before.strip() else self.above
        return indent(opener) + 1


def _ends_docstring(above: str) -> bool:
    """Whether the text above ends in a triple-quoted string that is the first thing of a block."""
    text = above.rstrip()
    quote = text[-3:]
    start = text.rfind(quote, 0, -3) if quote in ('"""', "'''") else -1
    head = text[: max(0, start)].rstrip("rRuU").rstrip()
    return head.endswith(":") and "#" not in head[head.rfind("\n") + 1 :]


def indent(line: str) -> int:
    """Blanks at the start of a line, in characters."""
    return len(line) - len(line.lstrip(" \t"))
