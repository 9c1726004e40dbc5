"""A team's style profile in the editor, over the real protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.test_diagnostics import Editor, codes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import StartScripted

TEXT = 'def empty(rows):\n    """Say whether there are none"""\n    return rows == []\n'


def test_the_folder_s_profile_is_followed_and_read_anew(scripted: StartScripted, tmp_path: Path) -> None:
    profile = tmp_path / ".slm-style.toml"
    profile.write_text("[naming]\nboolean-function = 'is_.*'\n", encoding="utf-8")
    editor = Editor(scripted(), tmp_path, TEXT, diagnostics={"ruff": False})
    found = editor.pushed_codes("boolean-name")
    assert found[0]["range"]["start"] == {"line": 0, "character": 4}
    profile.write_text('[docstrings]\nsummary-end = "period"\n', encoding="utf-8")
    editor.type(2, 4, "  ")
    editor.type(2, 4, "", over=2)
    assert codes(editor.pushed_codes("docstring-ending")) == ["docstring-ending"]
