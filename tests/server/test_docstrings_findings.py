# ruff: noqa: E501 - docstrings within strings
"""What is found stale, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from python_slm.docstrings.codes import Code, explanation
from python_slm.docstrings.findings import find
from python_slm.docstrings.stale import disagreements
from python_slm.syntax.blocks import BlockIndex
from tests.server.documented import docstring_of, findings, mended, stale

if TYPE_CHECKING:
    from python_slm.docstrings.style import Style
    from python_slm.docstrings.targets import Target
    from python_slm.findings import Finding
    from python_slm.text import Document

SILENT = [
    'class A:\n    """An a."""\n\n    @property\n    def view(self):\n        """The view.\n\n        :param n: Of a call.\n        """\n        return f\n',
    docstring_of("a, b", '"""Do it with a."""', "return a"),
    docstring_of("a, **rest", '"""Do it.\n\n    Args:\n        a: First.\n        colour: Of the rest.\n    """'),
    docstring_of("a, *args, _b=1", '"""Do it.\n\n    Args:\n        a: First.\n    """'),
    'class A:\n    """An a.\n\n    Args:\n        x: Of a call.\n    """\n\n    def __init__(self): ...\n\n    def __call__(self, x): ...\n',
    docstring_of("verbose", '"""Do it.\n\n    :param verbose bool: How.\n    """'),
    docstring_of("a, b", '"""Do it.\n\n    Args:\n        - a: First.\n        - b: Second.\n    """'),
    docstring_of("a", '"""Do it.\n\n    Args:\n        a: First.\n    """', "return g(a)").replace(
        "(a):", "(a) -> None:"
    ),
    docstring_of("a", '"""Get the sum.\n\n    Args:\n        a: First.\n    """', "return a"),
    docstring_of(
        "a", '"""Do it.\n\n    Args:\n        a: First.\n\n    Return:\n        The sum.\n    """', "return a"
    ),
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


def google(signature: str, entries: str, body: str = "pass") -> str:
    return docstring_of(signature, f'"""Do it.\n\n    Args:\n{entries}    """', body)


TYPES = [
    ("a: str", "        a (int): First.\n", [("stale-type", "int")], "a (str): First."),
    (
        "a: str | None",
        "        a (int, optional): First.\n",
        [("stale-type", "int")],
        "a (str | None, optional): First.",
    ),
    ("a: list[int]", "        a (list of int): First.\n", [], ""),
    ("a: int | None", "        a (int): First.\n", [], ""),
    ("a: float", "        a (int or float): First.\n", [], ""),
    ("a: Thing", "        a (int): First.\n", [], ""),
    ("a: tuple[float, float]", "        a ((float, float)): First.\n", [], ""),
]


@pytest.mark.parametrize(("signature", "entries", "want", "after"), TYPES)
def test_a_documented_type_that_the_annotation_excludes(
    signature: str, entries: str, want: list[tuple[str, str]], after: str
) -> None:
    source = google(signature, entries)
    assert stale(source) == want
    assert after in mended(source)


DEFAULTS = [
    ("a=5", "        a: First. Defaults to 3.\n", [("stale-default", "3")], "First. Defaults to 5."),
    ("a='x'", '        a: First (default: "y").\n', [("stale-default", '"y"')], 'First (default: "x").'),
    ("a=False", "        a: Defaults to ``True``.\n", [("stale-default", "True")], "Defaults to ``False``."),
    ("a=None", "        a: Defaults to 3.\n", [], ""),
    ("a=600", "        a: Defaults to 10 minutes.\n", [], ""),
    ("a=_UNSET", "        a: Defaults to 3.\n", [], ""),
    ("a=1.0", "        a: Defaults to 1.\n", [], ""),
]


@pytest.mark.parametrize(("signature", "entries", "want", "after"), DEFAULTS)
def test_a_default_in_the_text_that_changed(
    signature: str, entries: str, want: list[tuple[str, str]], after: str
) -> None:
    source = google(signature, entries)
    assert stale(source) == want
    assert after in mended(source)


FIELDS = {
    "sphinx, a type of its own": ('"""Do it.\n\n    :param a: First.\n    :type a: int\n    """', ":type a: str"),
    "sphinx, before the name": ('"""Do it.\n\n    :param int a: First.\n    """', ":param str a: First."),
    "numpy": ('"""Do it.\n\n    Parameters\n    ----------\n    a : int\n        First.\n    """', "a : str\n"),
    "epydoc": ('"""Do it.\n\n    @param a: First.\n    @type a: int\n    """', "@type a: str"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_types_are_put_right_in_every_style(case: str) -> None:
    text, want = FIELDS[case]
    source = docstring_of("a: str", text)
    assert [code for code, _ in stale(source)] == ["stale-type"]
    assert want in mended(source)


def test_a_documented_result_of_another_type() -> None:
    text = '"""Do it.\n\n    Args:\n        a: First.\n\n    Returns:\n        int: The sum.\n    """'
    source = docstring_of("a", text, "return a").replace("(a):", "(a) -> str:")
    assert stale(source) == [("stale-type", "int")]
    assert "        str: The sum." in mended(source)


CLASSES = [
    ("@dataclass\nclass A:", "x: int\n    y: str", ["missing-attribute"]),
    ("class A(NamedTuple):", "x: int\n    y: str", ["missing-attribute"]),
    ("class A(TypedDict):", "x: int\n    y: str", ["missing-attribute"]),
    ("class A:", "z: int\n", ["extra-attribute"]),
    ("class A:", '__slots__ = ("x",)', []),
    ("class A:", "def f(self):\n        self.x = 1", []),
    ("class A(Base):", "z: int", []),
    ("class A:", "def __getattr__(self, name):\n        return 1", []),
    ("class A:", 'x: int\n    y: str\n    """Said here."""', []),
    ("class A(Enum):", "x = 1", []),
]


@pytest.mark.parametrize(("head", "body", "want"), CLASSES)
def test_attributes_are_held_against_the_class(head: str, body: str, want: list[str]) -> None:
    source = f'{head}\n    """An a.\n\n    Attributes:\n        x: First.\n    """\n\n    {body}\n'
    assert [code for code, _ in stale(source)] == want


def test_a_missing_attribute_is_added_where_it_is_declared() -> None:
    source = '@dataclass\nclass A:\n    """An a.\n\n    Attributes:\n        x: First.\n        z: Last.\n    """\n\n    x: int\n    y: str\n    z: int\n'
    assert "        x: First.\n        y: The y.\n        z: Last.\n" in mended(source)


HELPERS = '''def fail(text):
    if text:
        log(text)
    raise KeyError(text)


class A:
    def _stop(self):
        raise OSError

    def run(self, a):
        """Run.

        Raises:
            ValueError: Never.
        """
        CALL
'''


@pytest.mark.parametrize(
    ("call", "want"),
    [
        ("fail(a)", ["missing-raises"]),
        ("self._stop()", ["missing-raises"]),
        ("print(fail)", []),
        ("try:\n            fail(a)\n        except KeyError:\n            pass", []),
        ("fail = print\n        fail(a)", []),
    ],
)
def test_what_a_function_of_the_file_raises_that_never_returns(call: str, want: list[str]) -> None:
    assert [code for code, _ in stale(HELPERS.replace("CALL", call))] == want


def test_a_long_class_is_read_with_all_its_members() -> None:
    body = "".join(f"    def m{number}(self):\n        return {number}\n\n" for number in range(40))
    head = 'class A:\n    """An a.\n\n    Args:\n        x: First.\n        z: Gone.\n    """\n\n    y = 1\n\n'
    source = head + body + "    def __init__(self, x):\n        self.x = x\n"
    assert len(BlockIndex.of(source).blocks[0].members) > 1
    assert stale(source) == [("extra-parameter", "z")]
    broken = source.replace("self, x):", "self, x:")
    assert stale(broken) == []


def test_a_finding_stays_where_the_file_breaks_elsewhere() -> None:
    source = google("a", "        b: Second.\n        c: Third.\n")
    assert stale(source + "\n\ndef broken(:\n    pass\n") == stale(source) != []


def test_a_keystroke_reads_one_block_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "".join(google("a", "        b: Second.\n").replace("f(", f"f{number}(") + "\n\n" for number in range(9))
    index = BlockIndex.of(source)
    before = find(index)
    read: list[str] = []

    def noting(document: Document, target: Target, style: Style) -> list[Finding]:
        read.append(target.name)
        return disagreements(document, target, style)

    monkeypatch.setattr("python_slm.docstrings.findings.disagreements", noting)
    after = find(index.updated("x = 1\n\n\n" + source.replace("f4(a)", "f4(aa)")))
    assert read == ["f4"]
    assert len(after) == len(before)
    assert after[-1].start == before[-1].start + len("x = 1\n\n\n") + 1


def test_a_cancelled_search_finds_nothing() -> None:
    assert find(BlockIndex.of(google("a", "        b: Second.\n")), cancelled=lambda: True) == []


def test_a_finding_points_at_the_signature_and_says_why() -> None:
    source = google("a, b: str", "        b (int): Second.\n")
    missing, wrong = find(BlockIndex.of(source))
    assert [source[one.start : one.end] for one in missing.related] == ["a"]
    assert [source[one.start : one.end] for one in wrong.related] == ["b"]
    assert missing.reasoning
    assert wrong.reasoning
    assert missing.fixes == wrong.fixes
    assert missing.fixes[0].title == "Update the docstring of f"


def test_where_init_documents_construction_the_class_is_not_asked_to() -> None:
    known = "".join(
        f'class A{number}:\n    """An a."""\n\n    def __init__(self, x):\n        """Make it.\n\n        Args:\n            x: First.\n        """\n\n\n'
        for number in range(3)
    )
    after = mended(known + "class B:\n    def __init__(self, y):\n        self.y = y\n")
    assert 'class B:\n    """A b.\n\n    Attributes:' not in after.replace("        y: The y.\n", "")
    assert "        Args:\n            y: The y.\n" in after.partition("class B:")[2].partition("def __init__")[2]


def test_stars_and_defaults_are_written_as_the_project_does() -> None:
    known = "".join(
        google("a=1, *args", "        a: First. Defaults to 1.\n        args: Rest.\n").replace("f(", f"f{number}(")
        for number in range(3)
    )
    after = mended(known + "def g(b=2, *args):\n    print(b)\n")
    assert "        b: The b. Defaults to 2.\n        args: Further" in after


def test_every_code_is_explained() -> None:
    for code in get_args(Code):
        assert "## Fix safety" in (explanation(code) or "")
    assert explanation("F401") is None
