"""The first suggestion never waits long for the others, and nothing is decoded that nobody will see."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from python_slm.checks.base import Candidate, Place, Verdict
from python_slm.engine.decode import Decoder
from python_slm.settings import CompletionSettings
from python_slm.tasks.complete import Answer, complete
from python_slm.text import Document
from tests.e2e.scripted_server import AlternativesModel

if TYPE_CHECKING:
    from python_slm.checks.base import Check

TEXT = "def area(width, height):\n    "
SAYS = ["return width * height", "raise NotImplementedError", "pass"]
FORWARD_MS = 10.0


class Slow:
    """A clock that a forward pass moves on by ``FORWARD_MS``; seconds."""

    def __init__(self, model: AlternativesModel) -> None:
        self.now = 0.0
        model.on_forward = self.forward

    def forward(self) -> None:
        self.now += FORWARD_MS / 1000

    def __call__(self) -> float:
        return self.now


class Nothing:
    """Shows nothing."""

    name = "nothing"

    def examine(self, _candidate: Candidate, _place: Place) -> Verdict:
        return Verdict.drop("as told")


def ask(others_ms: float, show: Check | None = None) -> tuple[Answer, int]:
    """The answer, and how many forward passes it took."""
    model = AlternativesModel({TEXT: SAYS})
    clock = Slow(model)
    answer = complete(
        Document("", TEXT),
        len(TEXT),
        decoder=Decoder(model, clock),
        settings=CompletionSettings(deadline_ms=60_000, recall=False),
        cancelled=lambda: False,
        count=3,
        others_ms=others_ms,
        show=show,
        clock=clock,
    )
    return answer, model.forwards


@pytest.fixture(scope="module")
def one() -> int:
    """Forward passes for the first suggestion alone."""
    answer, forwards = ask(0)
    assert [found.text for found in answer.completions] == SAYS[:1]
    assert answer.trace.hurried
    return forwards


def test_all_are_there_when_there_is_time(one: int) -> None:
    answer, forwards = ask(math.inf)
    assert {found.text for found in answer.completions} == set(SAYS)
    assert not answer.trace.hurried
    assert forwards > one


def test_alternatives_are_left_out_once_they_would_be_late(one: int) -> None:
    answer, forwards = ask(FORWARD_MS * (one + 1))
    assert len(answer.completions) < 3
    assert answer.completions[0].text == SAYS[0]
    assert answer.trace.hurried
    assert forwards < ask(math.inf)[1]


def test_nothing_more_is_decoded_behind_what_is_not_worth_showing(one: int) -> None:
    answer, forwards = ask(math.inf, Nothing())
    assert answer.completions == ()
    assert forwards == one
