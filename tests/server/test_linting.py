"""What of ruff's answers is used again."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from python_slm.lsp.linting import Linting
from python_slm.text import Document

TEXT = "import os\n"


class Counted:
    """Stands for ruff's process: one unused import, and how often it was asked."""

    pid = 1

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.asked = 0
        self._meanwhile = meanwhile

    async def diagnostics(self, _: Document) -> list[dict[str, Any]]:
        self.asked += 1
        await asyncio.sleep(0)
        self._meanwhile()
        ends = {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 9}}
        return [{"code": "F401", "message": "`os` is unused", "range": ends}]

    def close(self, uri: str) -> None:
        assert uri


def asked(*steps: str | Callable[[Linting], None], meanwhile: Callable[[Linting], None] = lambda _: None) -> int:
    """How often ruff is asked while texts are looked at, each step's findings being there."""
    linting = Linting(tuple, lambda _: None, lambda: "ruff")
    child = Counted(lambda: meanwhile(linting))

    async def run() -> None:
        for step in steps:
            if callable(step):
                step(linting)
            else:
                assert [one.code for one in await linting.found(Document("file:///a.py", step))] == ["F401"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linting, "child", child)
        asyncio.run(run())
    return child.asked


def test_a_text_is_asked_about_once() -> None:
    assert asked(TEXT, TEXT) == 1


def test_another_text_is_asked_about() -> None:
    assert asked(TEXT, TEXT + "\n", TEXT) == 3


def test_a_change_of_configuration_asks_again() -> None:
    assert asked(TEXT, Linting.forget, TEXT) == 2


def test_an_answer_of_before_a_change_of_configuration_is_not_kept() -> None:
    assert asked(TEXT, TEXT, meanwhile=Linting.forget) == 2


def test_a_document_opened_again_is_asked_about() -> None:
    assert asked(TEXT, lambda linting: linting.close("file:///a.py"), TEXT) == 2
