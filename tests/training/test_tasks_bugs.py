"""Injected bugs: each sort where it belongs, nowhere else, and always a different program that still runs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from python_slm_training.tasks.bugs import KINDS, Mutant, inject, kind_of, mutants
from python_slm_training.tasks.functions import functions

SOURCES = sorted((Path(__file__).parents[2] / "server" / "python_slm").rglob("*.py"))


def changed(source: str, kind: str) -> set[str]:
    """The lines that all bugs of ``kind`` leave, stripped."""
    return {each.after.splitlines()[each.line - 1].strip() for each in mutants(source) if each.kind == kind}


@pytest.mark.parametrize(
    ("kind", "source", "wanted"),
    [
        ("swapped-arguments", "move(a.x, b)\n", {"move(b, a.x)"}),
        ("swapped-arguments", "f(width=w, height=h)\n", {"f(width=h, height=w)"}),
        ("swapped-arguments", "resize(640, 480)\n", {"resize(480, 640)"}),
        ("wrong-variable", "def f(a, b):\n    return a.size\n", {"return b.size"}),
        ("wrong-operator", "x = a - b\n", {"x = a + b"}),
        ("wrong-operator", "x = a and b\n", {"x = a or b"}),
        ("wrong-operator", "x += 1\n", {"x -= 1"}),
        ("off-by-one", "x = a < b\n", {"x = a <= b"}),
        ("off-by-one", "x = xs[i + 1]\n", {"x = xs[i]"}),
        ("off-by-one", "for i in range(n):\n    pass\n", {"for i in range(n - 1):", "for i in range(1, n):"}),
        ("off-by-one", "x = xs[1:]\n", {"x = xs[2:]", "x = xs[0:]"}),
        ("negated-condition", "if ready:\n    go()\n", {"if not ready:"}),
        ("negated-condition", "x = a == b\n", {"x = a != b"}),
        ("missing-not", "if not ready:\n    go()\n", {"if ready:"}),
        ("missing-not", "x = a is not b\n", {"x = a is b"}),
        ("missing-await", "async def f():\n    return await g()\n", {"return g()"}),
        ("missing-return", "def f():\n    return g()\n", {"g()"}),
        ("missing-self", "def f(self, size):\n    return self.size + size\n", {"return size + size"}),
        (
            "copy-paste-slip",
            "def f(self, width, height):\n    self.width = width\n    self.height = height\n",
            {"self.height = width"},
        ),
        ("copy-paste-slip", "def f(x0, y0):\n    a = min(x0, 1)\n    b = min(y0, 1)\n", set()),
    ],
)
def test_puts_a_bug_of_the_kind(kind: str, source: str, wanted: set[str]) -> None:
    assert changed(source, kind) == wanted


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(a: Dict[x, y] = None) -> A[b, c]: ...\n", id="annotations"),
        pytest.param("@deco(a, b)\ndef f(): ...\n", id="decorator"),
        pytest.param("x = f'{a - b} {f(a, b)}'\n", id="f-string, whose positions Python 3.11 gets wrong"),
        pytest.param("log.debug('x', a, b)\n", id="log"),
        pytest.param("raise E(a, b)\n", id="raise"),
        pytest.param("max(a, b)\n", id="symmetric call"),
        pytest.param("x = 'a' + 'b' * 3\n", id="text"),
        pytest.param("def f(self):\n    return self.size\n", id="self whose bare name means nothing"),
        pytest.param("def f(a):\n    b = g(\n        a\n    )\n", id="a name that this very statement binds"),
        pytest.param("x = 1 - 0\n", id="nothing that the compiler would keep"),
    ],
)
def test_leaves_alone_what_would_be_no_bug(source: str) -> None:
    assert list(mutants(source)) == []


def test_positions_hold_beside_characters_of_many_bytes() -> None:
    assert changed("x = 'é→' if a == b else 1\n", "negated-condition") == {"x = 'é→' if a != b else 1"}


def test_code_without_a_place_for_a_bug_gives_none() -> None:
    assert inject("import os\n", 1) is None
    assert inject("def f(:\n", 1) is None


def test_the_same_seed_gives_the_same_bug_and_others_differ() -> None:
    source = SOURCES[0].parent.joinpath("text.py").read_text("utf-8")
    found = [inject(source, seed) for seed in range(8)]
    assert found == [inject(source, seed) for seed in range(8)]
    assert len(set(found)) > 4


def test_only_the_kinds_that_are_asked_for() -> None:
    source = "def f(a, b):\n    return g(a, b) if a == b else a - b\n"
    kinds = {mutant.kind for seed in range(20) if (mutant := inject(source, seed, kinds={"wrong-operator"}))}
    assert kinds == {"wrong-operator"}


def injected() -> list[Mutant]:
    found = []
    for path in SOURCES[::4]:
        text = path.read_text("utf-8")
        for function in functions(text, ast.parse(text)):
            mutant = inject(function.text, f"{path.name}{function.line}")
            if mutant is not None:
                found.append(mutant)
    return found


def test_in_real_code_every_bug_parses_keeps_its_lines_and_names_nothing_unknown() -> None:
    made = injected()
    assert len(made) > 60
    assert len({each.kind for each in made}) >= 6
    for each in made:
        before, after = each.before.splitlines(), each.after.splitlines()
        assert len(before) == len(after)
        assert before[each.line - 1] != after[each.line - 1]
        assert ast.dump(ast.parse(each.before)) != ast.dump(ast.parse(each.after))
        assert names(each.after) <= names(each.before)
        assert each.kind in KINDS


def names(source: str) -> set[str]:
    """Variables that are read."""
    tree = ast.walk(ast.parse(source))
    bare = {node.id for node in tree if isinstance(node, ast.Name)}
    return bare | {node.arg for node in ast.walk(ast.parse(source)) if isinstance(node, ast.arg)}


def test_repairs_of_injected_bugs_are_recognised_as_their_kind() -> None:
    told = [(each.kind, kind_of(each.after, each.before)) for each in injected()]
    right = sum(kind == found for kind, found in told)
    assert right >= 0.75 * len(told), sorted(set(told))


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("if a < b: pass", "if a <= b: pass", "off-by-one"),
        ("f(a, b)", "f(b, a)", "swapped-arguments"),
        ("x = size", "x = length", "wrong-variable"),
        ("if x: pass", "if not x: pass", "missing-not"),
        ("return f(x)", "return f(x, timeout=3)", "other"),
        ("f()\ng(a, b)\n", "g(a, b)\nf()\n", "other"),
        ("if x:\n    f()\n", "if x:\n    return f()\n", "missing-return"),
        ("if x:\n    f()\n", "if x:\n    f()\n    return\n", "other"),
    ],
)
def test_names_what_a_real_fix_mended(before: str, after: str, kind: str) -> None:
    assert kind_of(before, after) == kind
