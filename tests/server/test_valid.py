"""Suggestions use names, arguments and imports that exist; what cannot be known passes."""

from __future__ import annotations

import random
import sysconfig
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_slm.checks.base import Candidate, Place, Verdict
from python_slm.checks.calls import PossibleArguments
from python_slm.checks.imports import InstalledImports
from python_slm.checks.names import ExistingNames
from python_slm.checks.written import Reader
from python_slm.engine.decode import Generation
from python_slm.project.surroundings import NOTHING_KNOWN, Chunk, Definition, Parameter, Surroundings
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document
from tests.server.test_blocks_property import source

if TYPE_CHECKING:
    from python_slm.project.surroundings import DefinitionKind

STDLIB = Path(sysconfig.get_path("stdlib"))
GENERATION = Generation("", (), (), 0.0, 0, 0, 0.0, 0.0, "stop")


def place_of(buffer: str, around: Surroundings = NOTHING_KNOWN, **changed: object) -> Place:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    chosen = CompletionSettings(**changed)  # type: ignore[arg-type]
    return Place(Document("", text), offset, BlockIndex.of(text), chosen, "package/m.py", around)


def judge(buffer: str, says: str, around: Surroundings = NOTHING_KNOWN, **changed: object) -> Verdict:
    """What is left of ``says`` at ``|`` after the three checks, and what the last one that changed it said."""
    place, reader = place_of(buffer, around, **changed), Reader()
    verdict = Verdict.keep(Candidate(says, place.offset, place.offset, GENERATION))
    for check in (ExistingNames(reader), PossibleArguments(reader), InstalledImports(reader)):
        assert verdict.candidate is not None
        found = check.examine(verdict.candidate, place)
        verdict = verdict if found.outcome == "kept" else found
        if found.candidate is None:
            break
    return verdict


def check(buffer: str, says: str, want: str | None, around: Surroundings = NOTHING_KNOWN) -> None:
    found = judge(buffer, says, around).candidate
    assert (found.text if found else None) == want


def imported(buffer: str, says: str, around: Surroundings = NOTHING_KNOWN) -> str:
    """The buffer after the suggestion, whole, is accepted with the import that it brings."""
    verdict = judge(buffer, says, around)
    assert verdict.outcome == "mended"
    assert verdict.candidate is not None
    assert verdict.candidate.text == says
    text, place = place_of(buffer).with_edit(verdict.candidate), verdict.candidate.start
    for edit in sorted(verdict.candidate.additional, key=lambda one: -one.start):
        assert edit.end < place
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def knowing(name: str, kind: DefinitionKind, **known: object) -> Surroundings:
    definition = Definition(name, kind, "m", "m.py", 0, "", "", **known)  # type: ignore[arg-type]
    return Surroundings(definitions=MappingProxyType({name: definition}))


# Names


@pytest.mark.parametrize(
    ("buffer", "says"),
    [
        ("def f(items):\n    return |\n", "len(items)"),
        ("def f(items):\n    |\n", "total = sum(items)\n    return total"),
        ("from m import *\nx = |\n", "whatever(1)"),
        ("def f():\n    return |\n\n\ndef g(): ...\n", "g()"),
        ("def f():\n    return _('x'), |\n", "_('y')"),
        ("x = |\n", "[y for y in range(3)]"),
        ("class A:\n    def f(self):\n        self.a = 1\n        return self.|\n", "a"),
        ("class A(B):\n    def f(self):\n        return self.|\n", "whatever"),
        ("try:\n    |\nexcept NameError:\n    pass\n", "unicode"),
        ("def f(a):\n    return a.b(|\n", "a.c)"),
        ("print(|\n", "f'{1 + 1}')"),
    ],
)
def test_keeps_what_exists_or_cannot_be_known(buffer: str, says: str) -> None:
    check(buffer, says, says)
    assert judge(buffer, says).outcome == "kept"


def test_ends_before_the_line_that_uses_what_is_not_there() -> None:
    check("def f(a):\n    |\n", "b = a + 1\n    return c + b", "b = a + 1")


def test_ends_before_the_operand_that_is_not_there() -> None:
    check("def f(a):\n    x = |\n", "a + b", "a")


def test_ends_before_the_call_whose_argument_is_not_there() -> None:
    check("def f(a):\n    |\n", "a.append(item)", "a.append")


def test_says_nothing_where_nothing_is_left() -> None:
    check("def f(a):\n    return |\n", "value", None)
    check("def f(a):\n    |\n", "return value", None)
    check("class A:\n    def f(self):\n        |\n", "self.absent = absent", None)


def test_a_half_typed_name_that_becomes_one_that_is_not_there_is_dropped() -> None:
    check("def f(value):\n    return val|\n", "ues", None)
    check("def f(value):\n    return val|\n", "ue", "ue")


def test_names_are_looked_at_while_the_line_is_broken() -> None:
    check("def f(a):\n    g(a, |\n    return a\n\n\ndef g(a, b): ...\n", "missing", None)


def test_what_the_buffer_uses_without_binding_it_is_its_own_affair() -> None:
    check("c.Widget = 1\n|\n", "c.Other = 2", "c.Other = 2")
    check("|\n", "c.Other = 2", None)


def test_attributes_of_self_are_those_that_the_class_knows() -> None:
    text = "class A:\n    def f(self):\n        self.size = 1\n\n    def g(self):\n        return self.|\n"
    check(text, "size", "size")
    check(text, "f()", "f()")
    check(text, "__dict__", "__dict__")
    check(text, "sise", None)
    check(text.replace("class A:", "class A(Unknown):"), "sise", "sise")
    check("class B:\n    sise = 1\n\n\n" + text.replace("class A:", "class A(B):"), "sise", "sise")
    check("class B:\n    pass\n\n\n" + text.replace("class A:", "class A(B):"), "sise", None)


def test_self_is_whose_it_is() -> None:
    text = "class A(Unknown):\n    def f(self):\n        class B:\n            def g(self_):\n                self.|\n"
    check(text, "whatever", "whatever")
    check(text.replace("self.|", "self_.|"), "whatever", "whatever")
    check("class Mixin:\n    def f(self):\n        return self.|\n", "whatever", "whatever")


def test_a_name_in_an_open_bracket_may_be_bound_by_a_comprehension() -> None:
    check("def f(a):\n    x = [|\n", "g(item)", "g(item)")
    check("def f(a):\n    x = any(|\n", "item == a", "item == a")
    check("def f(a):\n    x = print(|\n", "item == a", None)
    check("def f(a):\n    x = [|]\n", "item", None)


def test_attributes_of_modules_are_those_that_are_known() -> None:
    known = knowing("m", "module", members=frozenset({"made"}))
    check("import m\nx = m.|\n", "made()", "made()", known)
    check("import m\nx = m.|\n", "mad()", None, known)
    check("import m\nx = m.mad\ny = m.|\n", "mad()", "mad()", known)
    check("import m\nx = m.|\n", "mad()", "mad()", knowing("m", "module"))
    check("m = 1\nx = m.|\n", "mad()", "mad()", known)


def test_what_stands_right_of_the_cursor_stays_if_what_replaced_it_is_cut_off() -> None:
    place, reader = place_of("def f(a):\n    g = [|]\n"), Reader()
    whole = Candidate("a, b] + c", place.offset, place.offset + 1, GENERATION)
    found = ExistingNames(reader).examine(whole, place).candidate
    assert found is not None
    assert place.with_edit(found) == "def f(a):\n    g = [a]\n"


# Imports that are missing


def test_a_module_of_the_standard_library_is_imported() -> None:
    assert (
        imported("def f(a):\n    return |\n", "json.loads(a)") == "import json\n\ndef f(a):\n    return json.loads(a)\n"
    )


def test_an_import_goes_where_isort_would_put_it() -> None:
    text = (
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\nfrom typing import Any\n\nimport a\n\nx = |\n'
    )
    assert imported(text, "json.loads('')") == text.replace("import os\n", "import json\nimport os\n").replace(
        "|", "json.loads('')"
    )
    assert imported(text, "sys.argv[0]") == text.replace("import os\n", "import os\nimport sys\n").replace(
        "|", "sys.argv[0]"
    )
    assert imported(text, "Path('a')") == text.replace("from typing", "from pathlib import Path\nfrom typing").replace(
        "|", "Path('a')"
    )


def test_an_import_goes_below_the_docstring() -> None:
    text = '#!/usr/bin/env python\n"""Doc."""\n\nx = |\n'
    want = '#!/usr/bin/env python\n"""Doc."""\n\nimport os\n\nx = os.getcwd()\n'
    assert imported(text, "os.getcwd()").replace("\n\n\n", "\n\n") == want


def test_an_import_of_another_section_stands_apart() -> None:
    around = Surroundings(installed=frozenset({"numpy"}))
    text = "import os\n\nx = |\n"
    assert imported(text, "np.zeros(3)", around) == "import os\n\nimport numpy as np\n\nx = np.zeros(3)\n"
    text = "import numpy\n\nx = |\n"
    assert imported(text, "os.getcwd()") == "import os\n\nimport numpy\n\nx = os.getcwd()\n"


def test_names_are_imported_as_other_files_do() -> None:
    tab = Surroundings(chunks=(Chunk("tab", "other.py", "from .. import a\nfrom deep.inside import thing, other\n"),))
    assert imported("import os\nx = |\n", "thing(1)", tab).startswith("import os\n\nfrom deep.inside import thing\n")
    project = Surroundings(imports=MappingProxyType({"thing": "from project import thing"}))
    assert "from project import thing\n" in imported("import os\nx = |\n", "thing(1)", project)


@pytest.mark.parametrize("says", ["np.zeros(3)", "token.value", "json.nothing()", "json", "requests.get('')"])
def test_nothing_is_imported_that_is_not_certain(says: str) -> None:
    assert judge("x = |\n", says).candidate is None


def test_nothing_is_imported_where_the_settings_say_not_to() -> None:
    assert judge("x = |\n", "json.loads('')", auto_import=False).candidate is None


def test_nothing_is_looked_at_where_the_settings_say_not_to() -> None:
    assert judge("x = |\n", "missing(1)", validate=False).outcome == "kept"


def test_nothing_is_looked_at_once_it_is_late() -> None:
    text = "x = missing"
    place = Place(Document("", "x = "), 4, BlockIndex.of("x = "), CompletionSettings(), late=lambda: True)
    assert ExistingNames(Reader()).examine(Candidate(text[4:], 4, 4, GENERATION), place).outcome == "kept"


# Calls

DEFINED = """\
def two(a, b=1, *, c=2): ...


def must(a, b): ...


def any_(*a, **k): ...


class P:
    def __init__(self, a): ...

    def m(self, a): ...

    @staticmethod
    def s(a): ...

    def n(self):
        """


@pytest.mark.parametrize(
    "says",
    [
        "two(1)", "two(1, 2, c=3)", "two(*x, 1, 2, 3)", "two(**x)", "must(1, b=2)", "must(*x)", "any_(1, 2, z=3)",
        "P(1)", "P(a=1)", "self.m(1)", "self.s(1)", "print(1, 2, sep='')",
    ],
)  # fmt: skip
def test_keeps_calls_that_can_be(says: str) -> None:
    check(f"x = []\n{DEFINED}|\n", says, says)


@pytest.mark.parametrize(
    "says",
    ["two(1, 2, 3)", "two(1, d=4)", "two(1, a=4)", "must(1)", "P()", "P(1, 2)", "self.m(1, 2)", "self.s()", "P(b=1)"],
)
def test_ends_before_arguments_that_cannot_be(says: str) -> None:
    found = judge(f"x = []\n{DEFINED}x = |\n", says)
    assert found.outcome == "cut"
    assert found.candidate is not None
    assert found.candidate.text == says.partition("(")[0]


def test_a_call_that_somebody_else_closes_may_lack_arguments() -> None:
    check("def must(a, b): ...\n\n\nmust(|)\n", "1", "1")
    check("def must(a, b): ...\n\n\nmust(|\n", "1, 2, 3)", "1, 2")


@pytest.mark.parametrize(
    "text",
    [
        "@wraps\ndef f(a): ...\n\n\nf(|)\n",
        "if x:\n    def f(a): ...\nelse:\n    def f(a, b, c): ...\nf(|)\n",
        "class f(B):\n    def __init__(self, a): ...\n\n\nf(|)\n",
        "@dataclass\nclass f:\n    a: int\n\n\nf(|)\n",
    ],
)
def test_functions_that_may_be_another_are_not_counted(text: str) -> None:
    check(text, "1, 2, 3", "1, 2, 3")


def test_functions_of_other_files_are_counted() -> None:
    known = knowing("f", "function", parameters=(Parameter("a", "either", required=True),))
    check("from m import f\nx = f(|)\n", "1, 2", "1", known)
    check("from m import f\nx = f(|)\n", "1, 2", "1, 2", knowing("f", "function"))
    check("f = 1\nx = f(|)\n", "1, 2", "1, 2", known)


# Imports


def test_imports_are_of_what_is_installed() -> None:
    around = Surroundings(installed=frozenset({"numpy"}))
    check("|\n", "import numpy.linalg", "import numpy.linalg", around)
    check("|\n", "import nunpy", None, around)
    check("|\n", "import os, nunpy", "import os", around)
    check("|\n", "from nunpy import a", None, around)
    check("|\n", "from package import a", "from package import a", around)
    check("|\n", "from . import a", "from . import a", around)
    check("import nunpy\n|\n", "from nunpy import a", "from nunpy import a", around)
    check("try:\n    |\nexcept ImportError:\n    pass\n", "import nunpy", "import nunpy", around)
    check("|\n", "import nunpy", "import nunpy")


def test_names_are_imported_from_modules_that_have_them() -> None:
    known = knowing("m", "module", members=frozenset({"made"}))
    check("import m\nfrom m import |\n", "made", "made", known)
    check("import m\nfrom m import |\n", "made, mad", "made", known)
    check("import m\nfrom m import |\n", "mad", None, known)
    check("from __future__ import |\n", "annotations", "annotations")
    check("from __future__ import |\n", "annotation", None)


# Everything

SAYS = (
    "x",
    "return y",
    "a.b(c)",
    "for i in j:",
    "import k",
    "self.l = m",
    "f(1, 2, n=3)",
    "f'{o}'",
    "(",
    "json.loads(p)",
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(source, st.floats(0, 1), st.one_of(st.sampled_from(SAYS), st.text(max_size=6)))
def test_nothing_raises_and_what_is_left_is_a_beginning(text: str, at: float, says: str) -> None:
    offset = round(at * len(text))
    place, reader = Place(Document("", text), offset, BlockIndex.of(text), CompletionSettings()), Reader()
    candidate: Candidate | None = Candidate(says, offset, offset, GENERATION)
    for one in (ExistingNames(reader), PossibleArguments(reader), InstalledImports(reader)):
        if candidate is not None:
            candidate = one.examine(candidate, place).candidate
    assert candidate is None or says.startswith(candidate.text)


def test_real_lines_of_real_files_pass_within_milliseconds() -> None:
    """Lines of the standard library, taken out and suggested: all are kept, within milliseconds."""
    choose = random.Random(0)
    spent = []
    for module in ("argparse", "dataclasses", "configparser", "textwrap", "heapq", "csv"):
        text = (STDLIB / f"{module}.py").read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        index = BlockIndex.of(text)
        for number in choose.sample(range(len(lines)), 40):
            line = lines[number].rstrip("\n")
            said = line.lstrip()
            start = sum(map(len, lines[:number])) + len(line) - len(said)
            if not said or said.startswith(("#", '"')):
                continue
            without = text[:start] + text[start + len(said) :]
            place, reader = Place(Document("", without), start, index.updated(without), CompletionSettings()), Reader()
            assert place.index.problems is not None
            begun = time.process_time()
            for one in (ExistingNames(reader), PossibleArguments(reader), InstalledImports(reader)):
                assert one.examine(Candidate(said, start, start, GENERATION), place).outcome == "kept", (module, line)
            spent.append(1000 * (time.process_time() - begun))
    spent.sort()
    print(f"{len(spent)} lines: p50 {spent[len(spent) // 2]:.1f} ms, p95 {spent[len(spent) * 95 // 100]:.1f} ms")
    assert len(spent) > 150
    assert spent[len(spent) // 2] < 10
