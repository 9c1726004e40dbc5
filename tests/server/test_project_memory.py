"""The project's n-grams follow its files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.project.files import source_files
from python_slm.project.memory import ProjectMemory
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKENIZER = byte_tokenizer()
NAMES = st.sampled_from(["a.py", "b.py", "c.py"])
TEXTS = st.text("ab\n", max_size=12)


def said(memory: ProjectMemory, text: str, without: str = "") -> str:
    """What is known to have followed ``text``, each character once."""
    followers, _ = memory.memory(without).followers(TOKENIZER.encode(text))
    return TOKENIZER.decode(np.unique(followers).tolist())


def known(*texts: tuple[str, str]) -> ProjectMemory:
    memory = ProjectMemory(TOKENIZER)
    for path, text in texts:
        memory.update(path, text)
    return memory


def test_knows_what_followed_in_every_file() -> None:
    assert said(known(("a.py", "self.x"), ("b.py", "self.y")), "self.") == "xy"


def test_a_newer_text_takes_the_older_ones_place() -> None:
    memory = known(("a.py", "self.x"))
    assert said(memory, "self.") == "x"
    memory.update("a.py", "self.z")
    assert said(memory, "self.") == "z"
    assert memory.paths == {"a.py"}


def test_forgets_a_file_indexed_or_not() -> None:
    memory = known(("a.py", "self.x"))
    memory.forget("a.py")
    assert said(memory, "self.") == ""
    memory.update("a.py", "self.x")
    memory.forget("a.py")
    assert said(memory, "self.") == ""
    assert memory.paths == set()


def test_the_open_file_is_left_out_and_only_there() -> None:
    memory = known(("a.py", "self.x"), ("b.py", "self.y"))
    assert said(memory, "self.", without="a.py") == "y"
    assert said(memory, "self.", without="elsewhere.py") == "xy"


def test_a_memory_that_was_handed_out_stays_as_it_is() -> None:
    memory = known(("a.py", "self.x"))
    before = memory.memory()
    memory.update("a.py", "self.z")
    memory.memory()
    assert TOKENIZER.decode(before.followers(TOKENIZER.encode("self."))[0].tolist()) == "x"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, st.none() | TEXTS), max_size=25), NAMES, st.text("ab\n", max_size=4))
def test_any_history_ends_in_the_memory_of_what_is_there(
    history: list[tuple[str, str | None]], opened: str, question: str
) -> None:
    memory, texts = ProjectMemory(TOKENIZER), dict[str, str]()
    for step, (path, text) in enumerate(history):
        if text is None:
            memory.forget(path)
            texts.pop(path, None)
        else:
            memory.update(path, text)
            texts[path] = text
        if step % 3 == 0:
            memory.memory()
    assert said(memory, question, opened) == said(known(*texts.items()), question, opened)
    assert memory.paths == set(texts)


def test_dead_tokens_do_not_pile_up() -> None:
    memory = known(("b.py", "kept"))
    for step in range(50):
        memory.update("a.py", f"x = {step}\n" * 100)
        assert len(memory.memory().tokens) < 5000
    assert said(memory, "kep") == "t"


def test_a_text_told_again_is_tokenized_where_it_changed() -> None:
    def text(number: int) -> str:
        return "".join(f"def f{each}():\n    return {each}\n\n\n" for each in range(100)) + f"changed = {number}\n"

    memory = ProjectMemory(TOKENIZER)
    memory.update("a.py", text(1))
    before = TOKENIZER.encode_kept.cache_info().misses
    memory.update("a.py", text(2))
    assert TOKENIZER.encode_kept.cache_info().misses == before + 1
    assert said(memory, "changed = ") == "2"
    assert said(memory, "():\n    return 5") == "0123456789\n"


def test_a_large_file_is_read_in_pieces_and_whole() -> None:
    text = "".join(f"def function_{number}():\n    return {number}\n" for number in range(3000))
    memory = known(("a.py", text))
    assert memory.tokens == len(text) - 1
    assert said(memory, "ion_2999") == "("


def test_a_file_with_a_private_key_is_not_remembered() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 16
    assert said(known(("a.py", f"KEY = '''{key}'''\n")), "KE") == ""


# Files on disk


def write(folder: Path, name: str, text: str | bytes = "x = 1\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refreshed(memory: ProjectMemory, folder: Path, cancelled: Callable[[], bool] = lambda: False) -> bool:
    return memory.refresh(source_files(folder, most_bytes=10**6), cancelled)


def test_refresh_reads_what_changed_and_forgets_what_went(tmp_path: Path) -> None:
    first, second = write(tmp_path, "a.py", "self.x\n"), write(tmp_path, "b.py", "self.y\n")
    memory = ProjectMemory(TOKENIZER)
    assert refreshed(memory, tmp_path)
    assert said(memory, "self.") == "xy"
    write(tmp_path, "a.py", "self.z\n")
    os.utime(first, ns=(1, 1))
    second.unlink()
    assert refreshed(memory, tmp_path)
    assert said(memory, "self.") == "z"


def test_refresh_leaves_alone_what_did_not_change(tmp_path: Path) -> None:
    path = write(tmp_path, "a.py", "self.x\n")
    memory = ProjectMemory(TOKENIZER)
    refreshed(memory, tmp_path)
    status = path.stat()
    write(tmp_path, "a.py", "self.z\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    refreshed(memory, tmp_path)
    assert said(memory, "self.") == "x"


def test_refresh_after_an_update_from_the_editor_takes_what_is_on_disk(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "self.x\n")
    memory = ProjectMemory(TOKENIZER)
    refreshed(memory, tmp_path)
    memory.update("a.py", "self.unsaved\n")
    assert said(memory, "self.") == "u"
    refreshed(memory, tmp_path)
    assert said(memory, "self.") == "x"


def test_cancelled_refresh_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(10):
        write(tmp_path, f"m{number}.py", f"self.x{number}\n")
    memory, looks = ProjectMemory(TOKENIZER), 0

    def after_some() -> bool:
        nonlocal looks
        looks += 1
        return looks > 9

    assert not refreshed(memory, tmp_path, after_some)
    some = len(memory.paths)
    assert 0 < some < 10
    assert said(memory, "self.x") == "", "a request does not wait for the index"
    assert refreshed(memory, tmp_path)
    assert len(memory.paths) == 10
    assert said(memory, "self.x") == "0123456789"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00bad", b"x\0y", b"caf\xe9 = 1"])
def test_what_is_no_text_is_not_read_and_does_no_harm(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, "a.py", data)
    write(tmp_path, "b.py", "self.y\n")
    memory = ProjectMemory(TOKENIZER)
    assert refreshed(memory, tmp_path)
    assert said(memory, "self.") == "y"
