# ruff: noqa: E501 - docstrings within strings
"""``\"\"\"`` typed below a definition: what is inserted at ``|``, and where nothing is."""

from __future__ import annotations

import ast
import re

import pytest

from python_slm.docstrings.opening import begins
from python_slm.docstrings.style import Evidence, Seen
from python_slm.docstrings.typed import typed_at
from python_slm.syntax.blocks import BlockIndex


def typed(source: str, project: Evidence | None = None) -> str:
    """``source`` after the docstring at ``|`` was accepted; empty where none is offered."""
    offset = source.index("|")
    text = source.replace("|", "")
    found = typed_at(BlockIndex.of(text), offset, path="app.py", project=project)
    assert found is None or begins(text, offset)
    return "" if found is None else text[:offset] + found.text + text[offset + found.replaces :]


BODY = '"""Load file.\n\n    Args:\n        name: The name.\n\n    Returns:\n        The result.\n    """'

OFFERED = {
    "closed by the editor": ('def load_file(name):\n    """|"""\n    return name\n', f"def load_file(name):\n    {BODY}\n    return name\n"),
    "not closed": ('def load_file(name):\n    """|\n    return name\n', f"def load_file(name):\n    {BODY}\n    return name\n"),
    "each quote paired by the editor": ('def load_file(name):\n    """|"\n    return name\n', f"def load_file(name):\n    {BODY}\n    return name\n"),
    "no body yet": ('def load_file(name):\n    """|"""\n', 'def load_file(name):\n    """Load file.\n\n    Args:\n        name: The name.\n    """\n'),
    "not closed, other docstrings behind": (
        'def load_file(name):\n    """|\n    return name\n\n\ndef g():\n    """Other."""\n',
        f'def load_file(name):\n    {BODY}\n    return name\n\n\ndef g():\n    """Other."""\n',
    ),
    "after Enter": ('def run(a):\n    """\n    |"""\n', 'def run(a):\n    """\n    Run.\n\n    Args:\n        a: The a.\n    """\n'),
    "after Enter, closing quotes below": ('def run(a):\n    """\n    |\n    """\n', 'def run(a):\n    """\n    Run.\n\n    Args:\n        a: The a.\n    """\n'),
    "after Enter, no indent, not closed": ('def run():\n    """\n|\n    x = 1\n', 'def run():\n    """\n    Run.\n    """\n    x = 1\n'),
    "raw": ('def run():\n    r"""|"""\n', 'def run():\n    r"""Run."""\n'),
    "other quotes": ("def run():\n    '''|'''\n", "def run():\n    '''Run.'''\n"),
    "method": (
        'class A:\n    def run(self, a):\n        """|"""\n',
        'class A:\n    def run(self, a):\n        """Run.\n\n        Args:\n            a: The a.\n        """\n',
    ),
    "nested": ('def f():\n    """F."""\n\n    def run():\n        """|\n        x = 1\n', 'def f():\n    """F."""\n\n    def run():\n        """Run."""\n        x = 1\n'),
    "class": ('class HTTPServer:\n    """|"""\n', 'class HTTPServer:\n    """An HTTP server."""\n'),
    "one line": ('def run(): """|"""\n', 'def run(): """Run."""\n'),
    "one line, many": ('def run(a): """|"""\n', 'def run(a): """Run.\n\n    Args:\n        a: The a.\n    """\n'),
    "module": ('"""|"""\n\nimport os\n', '"""App."""\n\nimport os\n'),
    "Windows": ('def run(a):\r\n    """|"""\r\n', 'def run(a):\r\n    """Run.\r\n\r\n    Args:\r\n        a: The a.\r\n    """\r\n'),
    "signature over lines": ('def run(\n    a,\n):\n    """|"""\n', 'def run(\n    a,\n):\n    """Run.\n\n    Args:\n        a: The a.\n    """\n'),
    "the body is broken": ('def run(a):\n    """|"""\n    return (\n', 'def run(a):\n    """Run.\n\n    Args:\n        a: The a.\n    """\n    return (\n'),
    "the file is broken elsewhere": ('def broken(:\n    pass\n\n\ndef run():\n    """|"""\n', 'def broken(:\n    pass\n\n\ndef run():\n    """Run."""\n'),
    "a comment between": ('def run():  # noqa\n    # why\n    """|"""\n', 'def run():  # noqa\n    # why\n    """Run."""\n'),
}  # fmt: skip


@pytest.mark.parametrize("case", OFFERED)
def test_the_docstring_goes_on_from_the_quotes(case: str) -> None:
    source, want = OFFERED[case]
    assert typed(source) == want


SILENT = [
    'x = """|"""\n',
    'def f():\n    x = 1\n    """|"""\n',
    'def f():\n    """Said."""|\n',
    'def f():\n    """|\n    """Said."""\n',
    'def f():\n    """S|"""\n',
    'call("""|""")\n',
    'if x:\n    """|"""\n',
    'def f():\n    ""|""\n',
    'def f():\n    """|" "\n',
    'def f():\n    """|\'\n',
]


@pytest.mark.parametrize("source", SILENT)
def test_nothing_is_offered_where_no_docstring_begins(source: str) -> None:
    assert typed(source) == ""


STYLES = {
    "google": ["Do.", "", "Args:", "    a: First."],
    "numpy": ["Do.", "", "Parameters", "----------", "a", "    First."],
    "sphinx": ["Do.", "", ":param a: First."],
    "epydoc": ["Do.", "", "@param a: First."],
}


@pytest.mark.parametrize("style", STYLES)
def test_the_project_says_the_style_where_the_file_does_not(style: str) -> None:
    project = Evidence.of([Seen(STYLES[style], parameters=True, columns=60)] * 5)
    after = typed('def run(a):\n    """|"""\n    return a\n', project)
    marks = {"google": "Args:", "numpy": "Parameters\n    ---", "sphinx": ":param a:", "epydoc": "@param a:"}
    assert marks[style] in after
    ast.parse(after)


def test_a_snippet_has_places_to_fill_in() -> None:
    text = 'def run(cost):\n    """"""\n'
    found = typed_at(BlockIndex.of(text), text.index('"""') + 3)
    assert found is not None
    assert found.snippet == "${1:Run.}\n\n    Args:\n        cost: ${2:The cost.}\n    "
    assert re.sub(r"\$\{\d+:([^}]*)\}", r"\1", found.snippet) == found.text


def test_what_a_default_says_cannot_end_the_docstring() -> None:
    project = Evidence.of(
        [
            Seen(
                ["Do.", "", "Args:", "    a: First. Defaults to 1."],
                parameters=True,
                columns=60,
                defaults=frozenset("a"),
            )
        ]
        * 5
    )
    for default in ('\'"""\'', '"\\\\"', "'${x}'"):
        after = typed(f'def run(a={default}):\n    """|"""\n    return a\n', project)
        function = ast.parse(after).body[0]
        assert isinstance(function, ast.FunctionDef)
        assert len(function.body) == 2
