"""Ruff's findings as ours: of files, of buffers that do not parse, with their fixes and what silences them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from python_slm.errors import LinterError
from python_slm.linter import rule_docs, syntax
from python_slm.linter.convert import noqa
from python_slm.linter.held import Intact
from python_slm.linter.run import check, check_text
from python_slm.project.ruff import installed_ruff
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.findings import Finding


def found_in(text: str, select: str = "F,E7", path: Path | None = None) -> list[Finding]:
    options = ["--isolated", "--select", select] if path is None else []
    return check_text(Document("file:///a.py", text), BlockIndex.of(text), path, options=options)


def words(text: str, found: list[Finding]) -> list[tuple[str, str]]:
    """(code, the text that it is about)."""
    return [(one.code, text[one.start : one.end]) for one in found]


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def test_a_finding_says_where_what_and_how_to_mend_it() -> None:
    text = 'é = "😀"; import os\n'
    [one] = found_in(text, "F")
    assert words(text, [one]) == [("F401", "os")]
    assert (one.origin, one.message, one.severity) == ("ruff", "`os` imported but unused", "warning")
    assert one.url == "https://docs.astral.sh/ruff/rules/unused-import"
    assert one.tags == ("unnecessary",)
    [fix] = one.fixes
    assert fix.safe
    assert applied(text, fix.edits) == 'é = "😀"; \n'
    assert applied(text, one.suppress) == 'é = "😀"; import os  # noqa: F401\n'


def test_what_would_change_the_program_is_not_safe() -> None:
    [one] = found_in("def f(x=[]):\n    return x\n", "B006")
    assert [fix.safe for fix in one.fixes] == [False]


def test_lines_may_end_as_they_like() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = end.join(["import sys", "", 'x = "😀"; y = undefined', ""])
        assert words(text, found_in(text)) == [("F401", "sys"), ("E702", ";"), ("F821", "undefined")]


def test_a_line_that_is_silenced_for_one_rule_is_silenced_for_one_more() -> None:
    document = Document("", "import os  # noqa: E401  because\nx = 1  # why\n")
    assert applied(document.text, (noqa(document, 0, "F401"),)).startswith("import os  # noqa: E401, F401  because\n")
    assert applied(document.text, (noqa(document, 1, "F401"),)).endswith("x = 1  # why  # noqa: F401\n")


def test_a_broken_block_hides_nothing_outside_it() -> None:
    text = "import os\n\n\ndef broken(:\n    return undefined\n\n\ndef whole():\n    return missing\n"
    assert words(text, found_in(text)) == [("F401", "os"), ("F821", "undefined"), ("F821", "missing")]


def test_a_broken_line_uses_the_names_on_it() -> None:
    text = "import os\nimport sys\n\n\ndef f(path):\n    y = 1\n    return os.path.join(path, y +\n"
    assert words(text, found_in(text)) == [("F401", "sys")]


def test_a_broken_line_defines_the_names_on_it() -> None:
    text = "def f():\n    total = = 3\n    return total\n\n\nprint(lost)\n"
    assert words(text, found_in(text)) == [("F821", "lost")]


def test_what_the_repair_takes_from_a_function_is_no_finding() -> None:
    text = "def f(x):\n    if x:\n        return 1\n    return 2 +* 3\n\n\ndef g(x):\n    if x:\n        return 1\n"
    [one] = found_in(text, "RET503")
    assert one.start >= text.index("def g")


def test_offsets_below_a_shorter_line_of_the_shadow_are_the_buffers() -> None:
    text = "def f(x):\n    call(x, [1, 2, 'three'\n\n\nprint(lost)\n"
    [one] = found_in(text)
    assert text[one.start : one.end] == "lost"
    assert applied(text, one.suppress).endswith("print(lost)  # noqa: F821\n")


def test_a_fix_that_would_touch_a_broken_line_is_not_offered() -> None:
    text = "def f():\n    x = 1; y = (\n"
    for one in found_in(text, "F,E7"):
        assert all(text.index("x") > edit.end for fix in one.fixes for edit in fix.edits)


def test_syntax_errors_are_where_the_parser_gave_up() -> None:
    text = "x = 1\n\n\ndef f(:\n    pass\n\n\ndef g():\n    return (1,\n\n\nclass C\n    pass\n"
    found = syntax.find(Document("", text), BlockIndex.of(text))
    assert [(one.message, text[one.start : one.end], one.severity) for one in found] == [
        ("invalid syntax", ":", "error"),
        ("'(' was never closed", "(", "error"),
        ("expected ':'", "C", "error"),
    ]


def test_an_error_at_the_end_of_a_line_is_at_its_last_character() -> None:
    text = "x = \r\ny = 1\r\n"
    [one] = syntax.find(Document("", text), BlockIndex.of(text))
    assert "\r" not in text[one.start : one.end]
    assert one.end > one.start


def test_many_files_are_read_at_once_each_by_its_own_configuration(tmp_path: Path) -> None:
    files = {}
    for name, rules in (("strict", '["F", "I"]'), ("lenient", '["E7"]')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ruff.toml").write_text(f"lint.select = {rules}\n")
        path = tmp_path / name / "a.py"
        path.write_text("import sys\nimport os\n")
        files[path] = path.read_text()
    broken = tmp_path / "strict" / "broken.py"
    broken.write_text("import os\n\n\ndef f(:\n    pass\n")
    files[broken] = broken.read_text()
    found = check(files)
    assert {path.parent.name + "/" + path.name: sorted({one.code for one in ones}) for path, ones in found.items()} == {
        "strict/a.py": ["F401", "I001"],
        "lenient/a.py": [],
        "strict/broken.py": ["F401"],
    }


def test_files_that_the_project_leaves_out_have_no_findings(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('exclude = ["generated"]\n')
    (tmp_path / "generated").mkdir()
    path = tmp_path / "generated" / "a.py"
    path.write_text("import os\n")
    assert check({path: path.read_text()}) == {path: []}
    assert found_in(path.read_text(), path=path) == []


def test_a_wrong_configuration_is_told_in_ruffs_words(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('lint.select = ["NOPE"]\n')
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(LinterError, match="NOPE"):
        check({tmp_path / "a.py": "x = 1\n"})


def test_without_ruff_there_is_a_way_out() -> None:
    with pytest.raises(LinterError, match="pip install ruff"):
        check_text(Document("", "x"), BlockIndex.of("x"), None, find=lambda: None)


def test_a_program_that_is_no_ruff_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinterError, match="python"):
        check_text(Document("", "x"), BlockIndex.of("x"), None, find=lambda: sys.executable)


def test_rules_explain_themselves(tmp_path: Path) -> None:
    told = rule_docs.explanation("F401", folder=tmp_path) or ""
    assert told.startswith("# F401 (unused-import)\n\n## What it does\n")
    assert rule_docs.explanation("no-such-rule", folder=tmp_path) is None
    assert rule_docs.codes(folder=tmp_path)["undefined-name"] == "F821"


def test_rules_are_asked_for_once_and_again_when_the_list_is_damaged(tmp_path: Path) -> None:
    rule_docs.explanation("F401", folder=tmp_path)
    [kept] = tmp_path.iterdir()
    kept.write_text(json.dumps([{"code": "F401", "name": "kept", "text": "from the cache"}]))
    assert "from the cache" in (rule_docs.explanation("F401", folder=tmp_path) or "")
    kept.write_text("{")
    assert "## What it does" in (rule_docs.explanation("F401", folder=tmp_path) or "")


def test_a_ruff_that_fails_explains_nothing(tmp_path: Path) -> None:
    assert rule_docs.explanation("F401", program=sys.executable, folder=tmp_path) is None
    assert rule_docs.explanation("F401", program=str(tmp_path / "gone"), folder=tmp_path) is None


def test_ruff_came_with_the_product() -> None:
    assert installed_ruff()


def after(whole: str, broken: str, select: str = "F,E4,I") -> list[tuple[str, str]]:
    """What is kept of a buffer that has just broken, with what was known when it was whole."""
    options = ["--isolated", "--select", select]
    before = check_text(Document("", whole), BlockIndex.of(whole), None, options=options)
    intact = Intact(Document("", whole), tuple(before))
    return words(broken, check_text(Document("", broken), BlockIndex.of(broken), None, options=options, intact=intact))


def test_what_was_there_before_stays_although_a_broken_line_has_its_name() -> None:
    whole = "import os\n\n\ndef f(os):\n    y = os\n    return y\n"
    assert ("F401", "os") in after(whole, whole.replace("return y", "return (y"))


def test_what_was_there_before_goes_with_the_name_that_is_typed() -> None:
    whole = "import os\n\n\ndef f(x):\n    y = x\n    return y\n"
    assert after(whole, whole.replace("return y", "return os.path.join(y")) == []


def test_an_import_that_is_being_changed_makes_no_name_undefined_or_unused() -> None:
    whole = "from os import (\n    path,\n    sep,\n)\n\nprint(path, sep)\n"
    assert after(whole, whole.replace("    sep,\n)", "    se'")) == []


def test_imports_below_a_broken_one_are_not_late() -> None:
    whole = "import os\nimport sys\nimport time\n\nprint(os, sys, time)\n"
    assert after(whole, whole.replace("import sys\n", "from sys import\n"), "E402") == []
    late = "print(1)\nimport os\nimport sys\nimport time\n\nprint(os, sys, time)\n"
    assert after(late, late.replace("import sys\n", "from sys import\n"), "E402") == [
        ("E402", "import os"),
        ("E402", "import time"),
    ]
