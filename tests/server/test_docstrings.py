# ruff: noqa: E501, ISC004 - docstrings within strings
"""Docstrings written and mended: BEFORE → AFTER through the same functions as the command."""

import ast
import json
import os
import random
import re
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from python_slm.cli.docstring import docstring
from python_slm.docstrings.entries import STYLES, StyleName
from python_slm.docstrings.facts import Facts, facts_of
from python_slm.docstrings.raising import raised_by
from python_slm.docstrings.stale import Finding, applied, edits_of, find, seen_in, unchanged
from python_slm.docstrings.style import Style, detect
from python_slm.errors import DocumentError
from python_slm.text import Document


def findings(source: str, style: Style | None = None) -> list[Finding]:
    found = find(Document("file:///app.py", source), "app", style=style)
    return [one for one in found if one.message != "the module has no docstring"]


def mended(source: str, style: Style | None = None) -> str:
    after = applied(source, edits_of(findings(source, style)))
    assert unchanged(source, after)
    assert applied(after, edits_of(findings(after, style))) == after, "a second run changes something"
    return after


def facts(source: str) -> Facts:
    node = ast.parse(dedent(source)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return facts_of(node, name=node.name, in_class=False)


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


def docstring_of(signature: str, text: str, body: str = "pass") -> str:
    return f"def f({signature}):\n    {text}\n    {body}\n"


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
    assert [(one.code, one.line, one.edits) for one in findings(source)] == [("extra-returns", 4, ())]


SILENT = [
    'class A:\n    """An a."""\n\n    @property\n    def view(self):\n        """The view.\n\n        :param n: Of a call.\n        """\n        return f\n',
    docstring_of("a, b", '"""Do it with a."""', "return a"),
    docstring_of("a, **rest", '"""Do it.\n\n    Args:\n        a: First.\n        colour: Of the rest.\n    """'),
    docstring_of("a, *args, _b=1", '"""Do it.\n\n    Args:\n        a: First.\n    """'),
    docstring_of("a", '"""Returns the sum.\n\n    :param a: First.\n    """', "return a"),
    docstring_of(
        "a",
        '"""Do it.\n\n    Parameters\n    ----------\n    a\n        First.\n\n    Examples\n    ========\n    x\n    """',
    ),
    docstring_of("a", '"""Do it.\n\n    Args:\n        what this line is nobody knows\n    """'),
    docstring_of("a", '"""Do it.\n\n    Raises:\n        OSError: From below.\n    """'),
    docstring_of("a", '"Do it.\\n\\n" "Args:\\n    b: Second."'),
    'class A(B):\n    """An a.\n\n    Args:\n        x: Of b.\n    """\n',
]


@pytest.mark.parametrize("source", SILENT)
def test_says_nothing_where_nobody_can_tell(source: str) -> None:
    assert findings(source) == []


def test_every_style_and_its_evidence_is_told() -> None:
    source = (
        docstring_of("a", '"""Do it.\n\n    :param a: First.\n    :type a: int\n    """')
        + 'def g(b):\n    """Plain."""\n'
    )
    found = detect(seen_in(Document("file:///app.py", source), "app"))
    assert (found.name, found.typed, dict(found.evidence)) == ("sphinx", True, {"plain": 1, "sphinx": 1})


def test_a_file_of_plain_summaries_gets_plain_summaries() -> None:
    plain = "".join(f'def f{number}(a):\n    """Do {number}."""\n' for number in range(5))
    assert mended(plain + "def load_file(name):\n    return name\n").endswith('"""Load file."""\n    return name\n')


def test_a_broken_file_is_mended_around_the_breakage() -> None:
    source = "def broken(:\n    pass\n\n\ndef run(a):\n    return 1\n"
    assert '"""Run.' in applied(source, edits_of(findings(source)))


RAISES = [
    ("if a:\n  raise ValueError", {"ValueError"}),
    ("try:\n  raise KeyError\nexcept LookupError:\n  pass", set()),
    ("try:\n  g()\nexcept KeyError as e:\n  raise", {"KeyError"}),
    ("try:\n  g()\nexcept KeyError as e:\n  raise e", {"KeyError"}),
    ("try:\n  raise KeyError\nexcept KeyError as e:\n  raise errors.Bad() from e", {"errors.Bad"}),
    ("def g():\n  raise OSError\ng()", {"OSError"}),
    ("def g():\n  raise OSError\nreturn g", set()),
    ("def g():\n  g()\n  raise OSError\ntry:\n  g()\nexcept OSError:\n  pass", set()),
    ("with suppress(ValueError):\n  raise ValueError", set()),
    ("error = make()\nraise error", set()),
]


@pytest.mark.parametrize(("body", "want"), RAISES)
def test_only_what_leaves_a_function_is_raised_by_it(body: str, want: set[str]) -> None:
    function = ast.parse("def f(a):\n" + "".join(f" {line}\n" for line in body.splitlines())).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert {one.name for one in raised_by(function)} == want


def test_facts_of_a_signature() -> None:
    found = facts("async def f(a: 'int', /, b=(1, 2), *args, c: str = 'x', **kw) -> AsyncIterator[int]:\n  yield a")
    assert [(one.starred, one.annotation, one.default) for one in found.parameters] == [
        ("a", "int", ""), ("b", "", "(1, 2)"), ("*args", "", ""), ("c", "str", "'x'"), ("**kw", "", ""),
    ]  # fmt: skip
    assert (found.yields, found.yielded, found.returns_value) == (True, "int", False)


def test_a_dataclass_is_made_of_its_fields() -> None:
    found = facts("@dataclass\nclass A:\n  x: int\n  y: ClassVar[int] = 1\n  z: str = field(init=False)")
    assert [one.name for one in found.parameters] == ["x"]
    assert [one.name for one in found.attributes] == ["x", "y", "z"]


def test_attributes_are_those_set_in_init() -> None:
    found = facts("class A:\n  n: int\n  def __init__(self, a: str):\n    self.a = a\n    self._b = a")
    assert [(one.name, one.annotation) for one in found.attributes] == [("n", "int"), ("a", "str")]


def test_a_summary_of_somebody_else_is_quoted_as_it_must_be() -> None:
    source = "def f():\n    pass\n"
    for said in ('Say "hello"', r"Match \d", 'End """ here.', "Two.\n\nLines."):
        found = find(Document("file:///a.py", source), "app", style=Style(), summarize=lambda _, said=said: said)  # type: ignore[misc]
        after = applied(source, edits_of(found))
        function = next(node for node in ast.parse(after).body if isinstance(node, ast.FunctionDef))
        assert (ast.get_docstring(function) or "").strip() == said


def library_files(count: int, seed: int) -> list[Path]:
    found = sorted(path for path in Path(os.__file__).parent.glob("*.py") if path.stat().st_size < 60_000)
    return random.Random(seed).sample(found, count)


@pytest.mark.parametrize("style", STYLES)
def test_the_standard_library_documented_is_the_same_program(style: StyleName) -> None:
    for path in library_files(5, STYLES.index(style)):
        mended(path.read_text(encoding="utf-8"), Style(style, typed=style in ("numpy", "epydoc")))


@pytest.mark.parametrize("style", STYLES)
def test_no_word_is_lost_but_those_of_parameters_that_are_gone(style: StyleName) -> None:
    """Docstrings made from one signature, mended for another: what describes neither's lost parameters stays."""
    for seed in range(30):
        source, changed, lost = _drifted(random.Random(seed), style)
        after = mended(changed, Style(style))
        words = set(re.findall(r"word\w+", source)) - lost
        assert words <= set(re.findall(r"word\w+", after)), changed


def _drifted(chance: random.Random, style: StyleName) -> tuple[str, str, set[str]]:
    names = [f"p{number}" for number in range(chance.randint(1, 5))]
    bare = f"def f({', '.join(names)}):\n    return 1\n"
    source = mended(bare, Style(style, typed=chance.random() < 0.5))
    for number in range(20):  # every sentence gets a word of its own
        source = re.sub(r"(?<=[a-z])\.$", f" word{number}q!", source, count=1, flags=re.MULTILINE)
    source = source.replace("!", ".")
    kept = [name for name in names if chance.random() < 0.6]
    new = chance.sample([*kept, *(f"n{number}" for number in range(chance.randint(0, 3)))], k=len(kept)) if kept else []
    changed = source.replace(f"def f({', '.join(names)})", f"def f({', '.join(new)})")
    lost = {
        word
        for line in source.splitlines()
        for name in names
        if name not in new and re.search(rf"\b{name}\b", line)
        for word in re.findall(r"word\w+", line)
    }
    if style == "numpy":
        lines = source.splitlines()
        for place, line in enumerate(lines[:-1]):
            if re.match(r" {4}p\d", line) and line.split()[0] not in new:
                lost |= set(re.findall(r"word\w+", lines[place + 1]))
    return source, changed, lost


def test_an_edit_is_only_offered_for_what_it_mends() -> None:
    text = '"""Do it.\n\n    :param b: Second.\n    :note: Between.\n    :param a: First.\n    """'
    found = findings(docstring_of("a, b", text, "return a"))
    assert [(one.code, bool(one.edits)) for one in found] == [("parameter-order", False), ("missing-returns", True)]


STALE = 'def run(a):\r\n    """Do it.\r\n\r\n    Args:\r\n        b: Gone.\r\n        c: Too.\r\n    """\r\n'


def run(*arguments: str) -> Result:
    return CliRunner().invoke(docstring, arguments)


def test_check_lists_what_is_wrong_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(STALE.encode())
    result = run("--check", "--stale", str(tmp_path))
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        1, f"{file}:5: missing-parameter [*] run documents parameters, but not a",
    )  # fmt: skip
    assert file.read_bytes() == STALE.encode()


def test_write_mends_a_file_so_that_check_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(b"\xef\xbb\xbf" + STALE.encode())
    assert run("--write", str(file)).exit_code == 0
    written = file.read_bytes().decode("utf-8-sig")
    assert '        a: The a.\r\n    """' in written
    assert "\n" not in written.replace("\r\n", "")
    assert run("--check", str(file)).exit_code == 0


def test_a_diff_is_shown_and_nothing_written(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("def run(a):\n    return a\n")
    result = run("--missing", "--style", "sphinx", str(file))
    assert result.exit_code == 0
    assert "+    :param a: The a.\n" in result.stdout
    assert file.read_text() == "def run(a):\n    return a\n"


def test_json_has_a_finding_a_line_with_its_edit(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(STALE.encode())
    rows = [json.loads(line) for line in run("--json", "--stale", str(file)).stdout.splitlines()]
    assert {row["code"] for row in rows} == {"missing-parameter", "extra-parameter"}
    edit = rows[0]["edits"][0]
    assert STALE[edit["start"] : edit["end"]].startswith('"""Do it.')


def test_what_is_not_text_is_left_alone_in_a_folder_and_an_error_by_name(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(b"x = '\xff'\n")
    assert run("--check", str(tmp_path)).exit_code == 0
    assert isinstance(run("--check", str(file)).exception, DocumentError)
