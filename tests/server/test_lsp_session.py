"""The session: documents as the client has them, settings, paths."""

from __future__ import annotations

import pytest

from python_slm.errors import SettingsError
from python_slm.lsp.session import MAX_CHARACTERS, Session
from python_slm.settings import ModelSettings, Settings
from python_slm.text import Change, Document, Position

URI = "file:///srv/project/src/pkg/mod.py"


def opened(text: str, **fields: object) -> Session:
    session = Session(**fields)  # type: ignore[arg-type]
    session.open(Document(URI, text, 1))
    return session


def text_of(session: Session) -> str | None:
    snapshot = session.snapshot(URI)
    return None if snapshot is None else snapshot.document.text


def test_changes_apply_in_order() -> None:
    session = opened("ab\n")
    first = Change("x", Position(0, 1), Position(0, 1))
    session.change(URI, [first, Change("y", Position(0, 2), Position(0, 3))], 2)
    assert text_of(session) == "axy\n"


def test_snapshot_does_not_change() -> None:
    session = opened("a")
    before = session.snapshot(URI)
    session.change(URI, [Change("b")], 2)
    assert before is not None
    assert before.document.text == "a"


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_characters_count_in_the_negotiated_encoding(encoding: str, character: int) -> None:
    session = opened("🐍x", encoding=encoding)
    session.change(URI, [Change("-", Position(0, character), Position(0, character))], 2)
    assert text_of(session) == "🐍-x"


def test_lost_document_comes_back_with_its_whole_text() -> None:
    session = opened("a")
    session.lose(URI)
    session.change(URI, [Change("b", Position(0, 0), Position(0, 0))], 2)
    assert text_of(session) is None
    insert = Change("2", Position(0, 0), Position(0, 0))
    session.change(URI, [insert, Change("c"), insert], 3)
    assert text_of(session) == "2c"


def test_closed_and_large_documents_have_no_snapshot() -> None:
    session = opened("x" * MAX_CHARACTERS)
    assert text_of(session) is not None
    session.change(URI, [Change("x", Position(0, 0), Position(0, 0))], 2)
    assert text_of(session) is None
    session.close(URI)
    session.change(URI, [Change("x")], 3)
    assert text_of(session) is None


@pytest.mark.parametrize(
    ("roots", "uri", "path"),
    [
        (("/srv/project",), URI, "src/pkg/mod.py"),
        (("/srv", "/srv/project/src"), URI, "pkg/mod.py"),
        ((), URI, "mod.py"),
        (("/elsewhere",), "file:///a/%C3%BC%20b.py", "ü b.py"),
        (("/srv",), "untitled:Untitled-1", ""),
    ],
)
def test_path_is_relative_to_the_nearest_workspace_folder(roots: tuple[str, ...], uri: str, path: str) -> None:
    session = Session(roots=roots)
    assert session.open(Document(uri, "")).path == path


def test_wrong_settings_leave_the_former_ones() -> None:
    session = Session()
    session.configure({"completion": {"suggestions": 2}})
    with pytest.raises(SettingsError):
        session.configure({"completion": {"suggestions": "x"}})
    assert session.settings.completion.suggestions == 2


def test_model_named_on_the_command_line_stays_unless_the_client_names_one() -> None:
    session = Session(Settings(model=ModelSettings(path="/models/a")))
    session.configure({"completion": {"suggestions": 2}})
    assert session.settings.model.path == "/models/a"
    session.configure({"model": {"path": "/models/b"}})
    assert session.settings.model.path == "/models/b"
