"""Which names are visible where, by Python's rules, and that none is called missing that ruff accepts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.scope import Names
from python_slm.text import Document

STDLIB = Path(sysconfig.get_path("stdlib"))
SCOPED = (
    "ast", "cgi", "codecs", "configparser", "contextlib", "csv", "dataclasses", "difflib", "enum", "functools",
    "gettext", "locale", "pickle", "shutil", "statistics", "tempfile", "types", "warnings", "json/decoder",
    "asyncio/tasks", "email/message",
)  # fmt: skip


def missing(text: str) -> list[str]:
    """Names of a whole buffer that nothing binds."""
    names = Names(BlockIndex.of(text))
    return [use.name for reading in names.read(0, len(text) + 1) for use in names.missing(reading)]


def visible(buffer: str) -> set[str]:
    """Names visible at ``|``."""
    offset = buffer.index("|")
    return set(Names(BlockIndex.of(buffer.replace("|", "", 1))).visible_at(offset))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("print(len([1]))\n", []),
        ("print(nothing)\n", ["nothing"]),
        ("import os.path as p, sys\nfrom a import b as c, d\nprint(p, sys, c, d, b)\n", ["b"]),
        ("from a import *\nprint(whatever)\n", []),
        ("def f(a, /, b=1, *c, d, **e):\n    return a, b, c, d, e, g\n", ["g"]),
        ("def f():\n    return later\n\n\nlater = 1\n", []),
        ("print(later)\nlater = 1\n", ["later"]),
        ("def f():\n    print(later)\n    later = 1\n", ["later"]),
        ("def f(items):\n    for item in items:\n        if item:\n            print(last)\n        last = item\n", []),
        ("x = x + 1\n", ["x"]),
        ("x += 1\n", ["x"]),
        ("class A:\n    x = 1\n    y = x\n\n    def f(self):\n        return x, __class__\n", ["x"]),
        ("class A:\n    x = [1]\n    y = [n for n in x]\n", []),
        ("[n for n in range(3)]\nprint(n)\n", ["n"]),
        ("print([y for x in (1, 2) if (y := x)], y)\n", []),
        ("f = lambda a, *b: (a, b, c)\n", ["c"]),
        ("try:\n    pass\nexcept OSError as error:\n    print(error)\nprint(error)\n", ["error"]),
        ("try:\n    unicode\nexcept NameError:\n    unicode = str\n", []),
        ("def f():\n    global made\n    made = 1\n\n\nprint(made)\n", []),
        ("def f():\n    n = 0\n\n    def g():\n        nonlocal n\n        n += 1\n    return g\n", []),
        ("match x:\n    case {'a': [first, *rest], **others}:\n        print(first, rest, others)\n", ["x"]),
        ("with open('f') as a, a.b() as (c, d):\n    print(a, c, d)\n", []),
        ("if True:\n    import json\nelse:\n    json = None\nprint(json)\n", []),
        ("def f(x: Later) -> Later: ...\n\n\nclass Later: ...\n", []),
        ("@later\ndef f(a=later): ...\n\n\nlater = 1\n", ["later", "later"]),
        ("print(f'{missing!r:>{width}}')\n", ["missing", "width"]),
        ("globals()['made'] = 1\nprint(made)\n", []),
        ("print(__file__, __name__, __doc__)\n", []),
    ],
)
def test_names_are_missing_by_pythons_rules(text: str, want: list[str]) -> None:
    assert missing(text) == want


def test_a_line_that_does_not_parse_may_bind_every_word_on_it() -> None:
    assert missing("def f():\n    some words = here\n    return words, others\n") == ["others"]


def test_members_of_a_long_class_know_each_other() -> None:
    text = "class Long:\n    limit = 3\n" + "".join(
        f"    def m{n}(self, a=limit):\n        return a\n    x{n} = m{n}, x{n - 1 if n else n + 1}\n\n"
        for n in range(30)
    )
    assert missing(text) == ["x1"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="written in a later Python")
def test_type_parameters_are_names() -> None:
    assert missing("type Pair[T] = tuple[T, T]\n\n\ndef first[U: int](a: U) -> U:\n    return a\n\n\nprint(U)\n") == [
        "U"
    ]


def test_the_names_at_a_place_are_those_of_its_scopes() -> None:
    text = (
        "import os\n\n\nclass A:\n    x = 1\n\n    def f(self, a):\n        b = a\n        |\n        c = b\n\n\n"
        "def later():\n    local = 1\n"
    )
    assert visible(text) == {"os", "A", "later", "self", "a", "b"}
    assert "x" in visible("class A:\n    x = 1\n    |\n")
    assert visible("def f(a):\n    return a.b(|") == {"f", "a"}


def test_a_name_is_read_in_the_middle_of_a_word() -> None:
    assert visible("value = 1\n\n\ndef f(a):\n    return val|\n") == {"value", "f", "a"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_offsets_of_names_are_the_buffers(newline: str) -> None:
    text = newline.join(["é = 'ü'", "def f():", "    'ß'; print(é, missing)", ""])
    names = Names(BlockIndex.of(text))
    found = {
        use.name: text[reading.offset_of(use.start) : reading.offset_of(use.end)]
        for reading in names.read(0, len(text))
        for use in reading.uses
    }
    assert found == {"print": "print", "é": "é", "missing": "missing"}


def accepted_by_ruff(paths: list[Path]) -> dict[Path, set[tuple[int, str]]]:
    """(line, name) of what ruff calls undefined, by file."""
    command = ["check", "--isolated", "--select=F821", "--output-format=json", "--no-cache", "--ignore-noqa"]
    done = subprocess.run([sys.executable, "-m", "ruff", *command, *paths], capture_output=True, text=True, check=False)
    found: dict[Path, set[tuple[int, str]]] = {path: set() for path in paths}
    for one in json.loads(done.stdout):
        name = re.search("`(.*?)`", one["message"])
        if one["code"] == "F821" and name:
            found[Path(one["filename"])].add((one["location"]["row"], name[1]))
    return found


def test_no_name_of_real_files_is_missing_that_ruff_accepts() -> None:
    paths = [path for name in SCOPED if (path := STDLIB / f"{name}.py").exists()]
    uses = 0
    for path, theirs in accepted_by_ruff(paths).items():
        text = path.read_text(encoding="utf-8")
        names, lines = Names(BlockIndex.of(text)), Document("", text)
        for reading in names.read(0, len(text) + 1):
            uses += len(reading.uses)
            ours = {(lines.line_at(reading.offset_of(use.start)) + 1, use.name) for use in names.missing(reading)}
            assert ours <= theirs, path
    assert uses > 10_000


def test_most_names_that_are_misspelt_in_real_files_are_missing() -> None:
    """A letter more at the end of every 40th name: ruff calls as many undefined, give or take a tenth."""
    wanted = seen = 0
    for module in ("argparse", "dataclasses", "configparser", "textwrap"):
        text = (STDLIB / f"{module}.py").read_text(encoding="utf-8")
        index = BlockIndex.of(text)
        names = Names(index)
        every = [
            (reading.offset_of(use.end), use)
            for reading in names.read(0, len(text) + 1)
            for use in reading.uses
            if not use.quoted
        ]
        for end, use in every[::40]:
            broken = Names(index.updated(f"{text[:end]}zz{text[end:]}"))
            found = [one.name for reading in broken.read(end, end + 2) for one in broken.missing(reading)]
            wanted += 1
            seen += found == [f"{use.name}zz"]
    print(f"misspelt names found: {seen} of {wanted}")
    assert wanted > 80
    assert seen >= 0.9 * wanted
