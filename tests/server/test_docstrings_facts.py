"""What the code of a definition says that its docstring may repeat."""

import ast

import pytest

from python_slm.docstrings.raising import raised_by
from tests.server.documented import facts

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
