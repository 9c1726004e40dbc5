"""A learned profile as its file: TOML whose comments hold the evidence."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING

from python_slm.style.learn import place_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from python_slm.style.conventions import Value
    from python_slm.style.evidence import Evidence
    from python_slm.style.profile import Profile

MARK = "# Learned by 'slm style learn'"
"""How a file begins that may be learned anew: nobody wrote in it, or they took this line out."""
_MOST_EXCEPTIONS = 4
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(evidence: Sequence[Evidence], name: str, *, extends: str, files: int, lines: int) -> str:
    """The file of a learned profile: conventions with their evidence, then what was too weak, as comments."""
    head = [
        f"{MARK} from {files} files with {lines:,} lines.",
        '# Take this line out once you change the file, and it is never written over. Each value can be "off".',
        f"name = {_string(name)}",
        *([f"extends = {_string(extends)}"] if extends else []),
    ]
    strong = [one for one in evidence if one.adopted]
    weak = [one for one in evidence if not one.adopted and not one.subject]
    body = [line for section, ones in _sections(strong) for line in ["", f"[{section}]", *ones]]
    tail = ["", "# Seen, but not strongly enough to hold anybody to it:"] if weak else []
    tail += [f"# {one.name} = {value_text(one.wanted)}: {one.told}" for one in weak]
    return "\n".join([*head, *body, *tail]) + "\n"


def shown(profile: Profile) -> str:
    """A profile as the one file that says all that it and those below it want."""
    lines = [f"name = {_string(profile.name)}"]
    flat = {key: value for key, value in profile.values.items() if not isinstance(value, dict)}
    for section, keys in groupby(sorted(flat), key=lambda key: key.partition(".")[0]):
        lines += ["", f"[{section}]", *(f"{key.partition('.')[2]} = {value_text(flat[key])}" for key in keys)]
    for key, value in sorted(profile.values.items()):
        if isinstance(value, dict):
            entries = (f"{_key(name)} = {_string(word)}" for name, word in sorted(value.items()))
            lines += ["", f"[{key}]", *entries]
    if profile.severities:
        lines += ["", "[severity]", *(f"{code} = {_string(one)}" for code, one in sorted(profile.severities.items()))]
    return "\n".join(lines) + "\n"


def value_text(value: Value) -> str:
    """A value as TOML writes it."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_string, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_string(word)}' for name, word in value.items())} }}"
    return f"{value:g}"


def _sections(strong: Iterable[Evidence]) -> Iterator[tuple[str, list[str]]]:
    """Sections with their lines; those of tables come last, each a section of its own."""
    plain = [one for one in strong if not one.subject]
    for section, ones in groupby(sorted(plain, key=_section), key=_section):
        yield section, [line for one in ones for line in (*_told(one), f"{_own(one)} = {value_text(one.wanted)}")]
    entries = sorted((one for one in strong if one.subject), key=lambda one: one.name)
    for key, ones in groupby(entries, key=lambda one: one.key):
        yield key, [f"{_key(one.subject)} = {value_text(one.wanted)}  # {one.kept} of {one.total}" for one in ones]


def _told(one: Evidence) -> Iterator[str]:
    yield f"# {one.what}: {one.told}"
    if one.others:
        yield f"#   else: {', '.join(f'{_line(word)} {count}' for word, count in one.others.items())}"
    for place in one.exceptions[:_MOST_EXCEPTIONS]:
        yield f"#   {_line(place_text(place))}"
    more = one.total - one.kept - _MOST_EXCEPTIONS
    if more > 0:
        yield f"#   and {more} more"


def _line(text: str) -> str:
    """Text as it can stand in a comment."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _section(one: Evidence) -> str:
    return one.key.partition(".")[0]


def _own(one: Evidence) -> str:
    return one.key.partition(".")[2]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    literal = "'" not in text and "\\" in text and text.isprintable()
    return f"'{text}'" if literal else json.dumps(text)
