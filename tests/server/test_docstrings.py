# ruff: noqa: E501, ISC004 - docstrings within strings
"""Docstrings written and mended: BEFORE → AFTER through the same functions as the command."""

import ast

import pytest

from python_slm.docstrings.findings import evidence_in, find
from python_slm.docstrings.proof import applied, edits_of
from python_slm.docstrings.style import Style
from python_slm.syntax.blocks import BlockIndex
from tests.server.documented import docstring_of, findings, mended

PARSE = """
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    if not line:
        raise ValueError("empty")
    return line.split()
"""

NEW = {
    Style("google"): '''
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    """Parse line.

    Args:
        line: The line.
        strict: The strict flag.

    Returns:
        The result.

    Raises:
        ValueError: If ``not line``.
    """
''',
    Style("numpy", typed=True): '''
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    """Parse line.

    Parameters
    ----------
    line : str
        The line.
    strict : bool
        The strict flag.

    Returns
    -------
    list[str]
        The result.

    Raises
    ------
    ValueError
        If ``not line``.
    """
''',
    Style("sphinx", typed=True): '''
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    """Parse line.

    :param line: The line.
    :type line: str
    :param strict: The strict flag.
    :type strict: bool
    :returns: The result.
    :rtype: list[str]
    :raises ValueError: If ``not line``.
    """
''',
    Style("epydoc"): '''
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    """Parse line.

    @param line: The line.
    @param strict: The strict flag.
    @return: The result.
    @raise ValueError: If ``not line``.
    """
''',
    Style("google", sections=False): '''
def parse_line(line: str, *, strict: bool = False) -> list[str]:
    """Parse line."""
''',
}


@pytest.mark.parametrize(("style", "want"), list(NEW.items()), ids=[f"{one.name}-{one.sections}" for one in NEW])
def test_a_new_docstring_says_what_the_code_says(style: Style, want: str) -> None:
    assert mended(PARSE, style).startswith(want)


INSERTED = [
    (
        "def area(): return 3\n",
        'def area():\n    """Return the area.\n\n    Returns:\n        The area.\n    """\n    return 3\n',
    ),
    ("def run():\r\n\tx = 1\r\n", 'def run():\r\n\t"""Run."""\r\n\tx = 1\r\n'),
    ("class HTTPServer:\n    x = 1\n", 'class HTTPServer:\n    """An HTTP server."""\n\n    x = 1\n'),
    (
        "def run():  # noqa: D103\n    # why\n    x = 1\n",
        'def run():  # noqa: D103\n    """Run."""\n    # why\n    x = 1\n',
    ),
    (
        "class _A:\n    x = 1\n\nclass B:\n    @property\n    def is_on(self): return 1\n",
        'class _A:\n    x = 1\n\nclass B:\n    """A b."""\n\n    @property\n    def is_on(self):\n'
        '        """Whether it is on."""\n        return 1\n',
    ),
]


@pytest.mark.parametrize(("before", "after"), INSERTED)
def test_a_new_docstring_stands_where_python_looks_for_it(before: str, after: str) -> None:
    assert mended(before, Style()) == after


UPDATED = {
    "missing, in the signature's order, with a type as the others": (
        "a: int, b: str, c=1",
        '"""Do it.\n\n    Args:\n        b (str): Bee,\n            at length.\n\n    Note:\n        Stays.\n    """',
        '"""Do it.\n\n    Args:\n        a (int): The a.\n        b (str): Bee,\n            at length.\n        c: The c.'
        '\n\n    Note:\n        Stays.\n    """',
    ),
    "extra": (
        "a",
        '"""Do it.\n\n    Parameters\n    ----------\n    a : int\n        First.\n    b\n        Gone.\n\n    Notes\n    -----\n    Text.\n    """',
        '"""Do it.\n\n    Parameters\n    ----------\n    a : int\n        First.\n\n    Notes\n    -----\n    Text.\n    """',
    ),
    "the last extra takes the title with it": (
        "",
        '"""Do it.\n\n    Args:\n        a: Gone.\n\n    Example:\n        f()\n    """',
        '"""Do it.\n\n    Example:\n        f()\n    """',
    ),
    "renamed, types too": (
        "path, mode",
        "r'''Do \\d.\n\n    :param name: Where.\n    :type name: str\n    :param mode: How.\n    '''",
        "r'''Do \\d.\n\n    :param path: Where.\n    :type path: str\n    :param mode: How.\n    '''",
    ),
    "renamed, not the type of that name": (
        "key",
        '"""Do it.\n\n    :param name name: Which name.\n    """',
        '"""Do it.\n\n    :param name key: Which name.\n    """',
    ),
    "disordered": (
        "a, b",
        '"""Do it.\n\n    @param b: Second.\n        More.\n    @param a: First.\n    @author: Me"""',
        '"""Do it.\n\n    @param a: First.\n    @param b: Second.\n        More.\n    @author: Me"""',
    ),
    "blank lines between entries stay": (
        "a, b, c",
        '"""Do it.\n\n    Args:\n      a: First.\n\n      c: Third.\n    """',
        '"""Do it.\n\n    Args:\n      a: First.\n\n      b: The b.\n\n      c: Third.\n    """',
    ),
}


@pytest.mark.parametrize("case", UPDATED)
def test_an_existing_docstring_is_mended_line_by_line(case: str) -> None:
    signature, before, after = UPDATED[case]
    assert mended(docstring_of(signature, before)) == docstring_of(signature, after)


RESULTS = [
    ("return a", "missing-returns", "    Returns:\n        The f.\n"),
    ("yield a", "missing-yields", "    Yields:\n        The next value.\n"),
]


@pytest.mark.parametrize(("body", "code", "section"), RESULTS)
def test_a_result_that_is_not_documented_gets_its_section(body: str, code: str, section: str) -> None:
    source = docstring_of("a", '"""Do it.\n\n    Args:\n        a: First.\n    """', body)
    assert [one.code for one in findings(source)] == [code]
    assert section in mended(source)


def test_a_missing_exception_joins_those_that_are_documented() -> None:
    text = '"""Do it.\n\n    Raises:\n        KeyError: Now and then.\n    """'
    source = docstring_of("a", text, "if a > 1:\n        raise ValueError\n    raise KeyError")
    want = "        KeyError: Now and then.\n        ValueError: If ``a > 1``.\n"
    assert want in mended(source)


def test_returns_of_a_generator_become_yields_with_their_text() -> None:
    source = docstring_of("a", '"""Do it.\n\n    Returns\n    -------\n    int\n        Each.\n    """', "yield a")
    assert "    Yields\n    ------\n    int\n        Each.\n" in mended(source)


def test_a_documented_result_that_never_comes_is_told_and_left_to_a_person() -> None:
    source = docstring_of("a", '"""Do it.\n\n    Returns:\n        The sum.\n    """', "print(a)")
    (found,) = findings(source)
    assert (found.code, source[found.start : found.end], found.fixes) == ("extra-returns", "The sum.", ())


def test_an_edit_is_only_offered_for_what_it_mends() -> None:
    text = '"""Do it.\n\n    :param b: Second.\n    :note: Between.\n    :param a: First.\n    """'
    found = findings(docstring_of("a, b", text, "return a"))
    assert [(one.code, bool(one.fixes)) for one in found] == [("missing-returns", True), ("parameter-order", False)]


def test_every_style_and_its_evidence_is_told() -> None:
    source = (
        docstring_of("a", '"""Do it.\n\n    :param a: First.\n    :type a: int\n    """')
        + 'def g(b):\n    """Plain."""\n'
    )
    found = evidence_in(BlockIndex.of(source)).style
    assert (found.name, found.typed, dict(found.evidence)) == ("sphinx", True, {"plain": 1, "sphinx": 1})


def test_a_file_of_plain_summaries_gets_plain_summaries() -> None:
    plain = "".join(f'def f{number}(a):\n    """Do {number}."""\n' for number in range(5))
    assert mended(plain + "def load_file(name):\n    return name\n").endswith('"""Load file."""\n    return name\n')


def test_a_broken_file_is_mended_around_the_breakage() -> None:
    source = "def broken(:\n    pass\n\n\ndef run(a):\n    return 1\n"
    assert '"""Run.' in applied(source, edits_of(findings(source)))


def test_a_summary_of_somebody_else_is_quoted_as_it_must_be() -> None:
    source = "def f():\n    pass\n"
    for said in ('Say "hello"', r"Match \d", 'End """ here.', "Two.\n\nLines."):
        found = find(BlockIndex.of(source), missing=True, style=Style(), summarize=lambda _, said=said: said)  # type: ignore[misc]
        after = applied(source, edits_of(found))
        function = next(node for node in ast.parse(after).body if isinstance(node, ast.FunctionDef))
        assert (ast.get_docstring(function) or "").strip() == said
