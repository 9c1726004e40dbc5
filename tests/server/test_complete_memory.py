"""What other files say changes a completion, and what is guessed from them shows in its trace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from python_slm.engine.decode import Decoder
from python_slm.project.memory import ProjectMemory
from python_slm.project.surroundings import NOTHING_KNOWN, Surroundings
from python_slm.settings import CompletionSettings
from python_slm.tasks.complete import Answer, complete
from python_slm.text import Document
from tests.fakes import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SETTINGS = CompletionSettings(deadline_ms=60_000, prompt_tokens=2048, suggestions=1)
TEXT = "v = 1\nv.reg"
OTHER = "def setup(w):\n    w.register(1, 2)\n    return w\n"


class UnsureModel(ScriptedModel):
    """What it says is barely likelier than the rest."""

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        return super().forward(ids, past=past) / np.float32(20)


def ask(
    model: ScriptedModel, settings: CompletionSettings = SETTINGS, *, text: str = TEXT, known: bool = True
) -> Answer:
    memory = ProjectMemory(model.tokenizer)
    memory.update("other.py", OTHER)
    return complete(
        Document("", text),
        len(text),
        decoder=Decoder(model),
        settings=settings,
        cancelled=lambda: False,
        path="m.py",
        surroundings=Surroundings(memory=memory.memory(without="m.py")) if known else NOTHING_KNOWN,
    )


def said(answer: Answer) -> list[str]:
    return [one.text for one in answer.completions]


def test_an_unsure_model_says_what_the_project_says() -> None:
    assert said(ask(UnsureModel({"v.reg": "ion\n"}))) == ["ister(1, 2)"]
    assert said(ask(UnsureModel({"v.reg": "ion\n"}), known=False)) == ["ion"]


def test_a_sure_model_says_what_it_says() -> None:
    assert said(ask(ScriptedModel({"v.reg": "ion\n"}))) == ["ion"]


def test_memory_and_recall_can_be_switched_off() -> None:
    for off in (replace(SETTINGS, memory=False), replace(SETTINGS, recall=False)):
        assert said(ask(UnsureModel({"v.reg": "ion\n"}), off)) == ["ion"]


def test_the_trace_counts_what_was_guessed_and_what_was_right() -> None:
    model = ScriptedModel({"v.reg": "ister(1, 2)\n"})
    [fate] = ask(model).trace.fates
    assert 8 < fate.accepted == fate.drafted < fate.new_tokens
    assert model.forwards < fate.new_tokens


def test_drafts_can_be_switched_off() -> None:
    model = ScriptedModel({"v.reg": "ister(1, 2)\n"})
    [fate] = ask(model, replace(SETTINGS, draft_tokens=0)).trace.fates
    assert (fate.drafted, fate.accepted, model.forwards) == (0, 0, fate.new_tokens)
