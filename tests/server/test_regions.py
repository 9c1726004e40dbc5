"""Code, comment or string at a cursor, also in text that is not finished."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_slm.syntax import regions
from python_slm.syntax.regions import Region, region

UNFINISHED_DOCSTRING = '''
class Shape:
    def area(self):
        """Square {cursor}

    def width(self):
        """Metres."""
        return self.w {after}
'''


def at(marked: str) -> Region:
    """The region at ``|``."""
    return region(marked.replace("|", "", 1), marked.index("|"))


@pytest.mark.parametrize(
    ("marked", "want"),
    [
        ("|", "code"),
        ("x = |1", "code"),
        ("x = 1  #|", "comment"),
        ("x = 1  # a|b", "comment"),
        ("x = 1  |# ab", "code"),
        ("# ab\n|", "code"),
        ("# ab|\n", "comment"),
        ("x = '|", "string"),
        ("x = |'", "code"),
        ("x = 'a|b'", "string"),
        ("x = 'ab|'", "string"),
        ("x = 'ab'|", "code"),
        ("x = 'it\\'|", "string"),
        ("x = '# a|", "string"),
        ("x = ''|", "code"),
        ("x = f('a|)", "string"),
        ("x = 'a\\\n b|'", "string"),
        ("x = 'unclosed\ny = |", "code"),
        ('x = """|', "string"),
        ('x = """a\n# b|\n"""', "string"),
        ('x = """a\n"""|', "code"),
        ('x = """a""|"', "string"),
        ('x = """it\'s\n|', "string"),
        ("# it's\nx = |", "code"),
        ("x = f'{a|}'", "code"),
        ("x = f'{a}|'", "string"),
        ("x = f'{{a|'", "string"),
        ("x = rf'''{\na.|", "code"),
        ("x = if'{a|'", "string"),
        ("x = '{a|'", "string"),
        ("x = 1\r\ny = 'a|", "string"),
        ("x = 1\r# a\ry|", "code"),
    ],
)
def test_region_at_a_cursor(marked: str, want: Region) -> None:
    assert at(marked) == want


def test_an_unfinished_docstring_ends_before_the_next_definition() -> None:
    inside = UNFINISHED_DOCSTRING.replace("{cursor}", "|").replace("{after}", "")
    after = UNFINISHED_DOCSTRING.replace("{cursor}", "").replace("{after}", "|")
    assert (at(inside), at(after)) == ("string", "code")


def test_every_token_of_a_real_module_is_told_as_python_tells_it() -> None:
    text = Path(regions.__file__).read_text(encoding="utf-8")
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    wanted: dict[int, Region] = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NAME: "code"}
    seen = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in wanted and not token.string.lower().startswith(("f", "rf")):
            offset = starts[token.start[0] - 1] + token.start[1] + len(token.string) // 2 + 1
            want = wanted[token.type] if offset < starts[token.end[0] - 1] + token.end[1] else None
            assert want is None or region(text, offset) == want, token
            seen += want is not None
    assert seen > 100


@given(st.text(alphabet="ab'\"#\\\n\r{}f (", max_size=60), st.integers(min_value=0, max_value=60))
def test_any_text_has_regions(text: str, offset: int) -> None:
    assert region(text, min(offset, len(text))) in {"code", "comment", "string"}
