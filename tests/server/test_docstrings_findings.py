# ruff: noqa: E501 - docstrings within strings
"""What is found stale, and what is not."""

import pytest

from tests.server.documented import docstring_of, findings

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
