"""Every refactoring on its own examples: it does what it says, and both sides behave alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst
import pytest

from python_slm_training.tasks.refactor import REFACTORINGS, examples, rewritten
from python_slm_training.tasks.source import SourceFile

if TYPE_CHECKING:
    from python_slm_training.tasks.refactor.base import Refactoring

CASES = [
    pytest.param(each, *example, id=f"{each.KIND}-{'undone-' * each.TARGET_IS_REAL}{number}")
    for each in REFACTORINGS
    for number, example in enumerate(each.EXAMPLES)
]


def outcome(code: str, call: str) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)  # our own examples
    return eval(call, names)


@pytest.mark.parametrize(("refactoring", "before", "after", "call"), CASES)
def test_rewrites_its_example_and_keeps_behaviour(refactoring: Refactoring, before: str, after: str, call: str) -> None:
    assert rewritten(refactoring, cst.parse_module(after if refactoring.TARGET_IS_REAL else before)) == (
        before,
        after,
    )
    assert outcome(before, call) == outcome(after, call)
    assert refactoring.HINT.search(before) or refactoring.HINT.search(after)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(a, b):\n    if a:\n        return a,\n    else:\n        return b\n", id="bare tuple"),
        pytest.param("def f(a):\n    if(not a):\n        return 1\n    else:\n        return 2\n", id="no blank"),
        pytest.param(
            "def f(xs):\n    out = []\n    for x in xs:\n        out.append(len(out))\n    return x\n", id="leaks"
        ),
        pytest.param("def f(a):\n    return '%s' % a\n", id="may be a tuple"),
        pytest.param("def f(a):\n    return '%d' % (a,)\n", id="truncates"),
        pytest.param("def f(a):\n    return '{a[0]}'.format(a=a)\n", id="index"),
        pytest.param("def f(xs):\n    for i in range(len(xs)):\n        xs[i] = xs[i] + 1\n", id="changes the list"),
        pytest.param("def f(d, k):\n    return d[k] if k in d else g()\n", id="default with effects"),
        pytest.param("def f(p):\n    f = open(p)\n    x = f.read()\n    f.close()\n    return f, x\n", id="used later"),
        pytest.param("def f(p):\n    return os.path.join(p, 'x')\n", id="text wanted"),
        pytest.param("@deco\ndef f(x: int) -> int:\n    return x\n", id="decorator reads annotations"),
    ],
)
def test_leaves_alone_what_it_could_break(text: str) -> None:
    found = {example.kind: example.target for example in examples(SourceFile(text, "x", {}))}
    assert all(kind in {"ternary", "invert-if"} for kind in found), found
    for after in found.values():
        assert [outcome(after, f"f({a}, 2)" if "a, b" in text else f"f({a})") for a in (0, 1)] == [
            outcome(text, f"f({a}, 2)" if "a, b" in text else f"f({a})") for a in (0, 1)
        ]


def test_says_which_refactoring_is_asked_for() -> None:
    text = "def f(names):\n    for i in range(len(names)):\n        print(i, names[i])\n"
    (example,) = examples(SourceFile(text, "owner/p:a.py", {"path": "a.py"}))
    assert (example.kind, example.source) == ("enumerate", f"# refactor: enumerate\n{text}")
