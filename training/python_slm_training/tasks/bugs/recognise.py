"""Which sort of bug a real fix mended: the same names that injection uses, found from the tokens that changed."""

from __future__ import annotations

import io
import tokenize
from difflib import SequenceMatcher

OTHER = "other"
_MAX_MOVED = 12  # tokens, on both sides together
_SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
_WORDS = {
    ("not",): "missing-not",
    ("await",): "missing-await",
    ("return",): "missing-return",
    ("self", "."): "missing-self",
}
_ARITHMETIC = {
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "<<",
    ">>",
    "|",
    "&",
    "^",
    "and",
    "or",
    "+=",
    "-=",
    "*=",
    "/=",
    "|=",
    "&=",
}
_ORDER = {"<", "<=", ">", ">="}
_EQUALITY = {"==", "!=", "is", "in"}
_EDGES = ({"<", "<="}, {">", ">="})


def kind_of(before: str, after: str) -> str:
    """The sort of bug that is in ``before`` and mended in ``after``: one of ``KINDS``, or ``other``."""
    old, new = _tokens(before), _tokens(after)
    if old is None or new is None:
        return OTHER
    changes = [
        (tuple(old[i1:i2]), tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    if sorted(old) == sorted(new) and _is_swap(before, after, changes):
        return "swapped-arguments"
    if len(changes) != 1:
        return OTHER
    return _of_change(*changes[0])


def _is_swap(before: str, after: str, changes: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> bool:
    """Whether few tokens of one line changed places, around a comma."""
    lines = list(zip(before.splitlines(), after.splitlines(), strict=False))
    touched = [one for one, other in lines if one != other]
    moved = sum(len(gone) + len(come) for gone, come in changes)
    return len(touched) == 1 and "," in touched[0] and 0 < moved <= _MAX_MOVED


def _of_change(gone: tuple[str, ...], come: tuple[str, ...]) -> str:
    """The sort of a bug where ``gone`` stood and ``come`` stands now."""
    if not gone:
        return _WORDS.get(come) or ("off-by-one" if come in {("+", "1"), ("-", "1")} else OTHER)
    if not come:
        plain = {
            ("not",): "negated-condition",
            ("+", "1"): "off-by-one",
            ("-", "1"): "off-by-one",
        }
        return plain.get(gone, OTHER)
    return _of_token(gone[0], come[0]) if len(gone) == len(come) == 1 else OTHER


def _of_token(gone: str, come: str) -> str:
    pair = {gone, come}
    if pair in _EDGES or (gone.isdigit() and come.isdigit() and abs(int(gone) - int(come)) == 1):
        return "off-by-one"
    if pair <= _ARITHMETIC or pair <= _ORDER:
        return "wrong-operator"
    if pair <= _EQUALITY:
        return "negated-condition" if pair == {"==", "!="} else OTHER
    return "wrong-variable" if gone.isidentifier() and come.isidentifier() else OTHER


def _tokens(text: str) -> list[str] | None:
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    return [each.string for each in found if each.type not in _SKIPPED]
