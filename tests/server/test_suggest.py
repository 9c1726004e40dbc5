"""The suggester on an event loop of its own: what is asked of the worker, and what is not."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.engine.decode import Decoder
from python_slm.lsp.gate import Gate
from python_slm.lsp.models import LoadedModel
from python_slm.lsp.session import Session
from python_slm.lsp.suggest import Suggester, distinct
from python_slm.lsp.worker import Worker
from python_slm.project.surroundings import NOTHING_KNOWN, Surroundings
from python_slm.tasks.complete import Answer, Completion, Fate, Trace
from python_slm.text import Document
from tests.fakes import ScriptedModel, byte_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.settings import CompletionSettings

URI = "file:///a.py"
TEXT = "def f():\n    "


class Asked:
    """A completer that says one thing, and counts; ``hurried`` is what it says of its alternatives."""

    def __init__(self) -> None:
        self.others_ms: list[float] = []
        self.hurried = False
        self.says = "return 1"
        self.likely = True
        self.slow = False

    def __call__(
        self,
        document: Document,
        offset: int,
        *,
        others_ms: float,
        settings: CompletionSettings,
        cancelled: Callable[[], bool],
        **_: Any,
    ) -> Answer:
        while self.slow and not cancelled():
            time.sleep(0.001)
        assert document.text
        self.others_ms.append(others_ms)
        worth = self.likely or not settings.show_filter
        found = (Completion(self.says, offset, offset, -1.0),) if worth else ()
        return Answer(found, Trace(fates=(Fate(1, "stop", -1.0, 1, ()),), hurried=self.hurried))


class Known:
    """Surroundings that change when a test says so."""

    now = 0

    def of(self, _snapshot: object) -> Surroundings:
        return NOTHING_KNOWN

    def stamp(self, _uri: str) -> int:
        return self.now


class Bench:
    """A suggester with all its parts."""

    def __init__(self, worker: Worker) -> None:
        self.session, self.asked, self.known = Session(), Asked(), Known()
        self.session.model = LoadedModel(self.asked, "asked", byte_tokenizer(), Decoder(ScriptedModel({})))
        self.outcomes: list[str] = []
        gate, known = Gate(self.session), self.known
        self.suggester = Suggester(
            self.session,
            worker,
            gate,
            known,  # type: ignore[arg-type]
            lambda trace: self.outcomes.append(trace.request.outcome),
        )
        self.session.open(Document(URI, TEXT))

    async def suggest(self, typed: str = "", trigger: Any = "typing") -> list[str] | None:
        self.session.open(Document(URI, TEXT + typed))
        snapshot = self.session.snapshot(URI)
        assert snapshot is not None
        found = await self.suggester.suggest(snapshot, len(TEXT + typed), "m", trigger)
        await asyncio.sleep(0)
        return None if found is None else [one.text for one in found]


@pytest.fixture
def bench() -> Iterator[Bench]:
    worker = Worker()
    yield Bench(worker)
    assert worker.close(5)


async def test_typing_through_asks_once(bench: Bench) -> None:
    assert await bench.suggest() == ["return 1"]
    assert await bench.suggest("ret") == ["urn 1"]
    assert await bench.suggest() == ["return 1"]
    assert bench.outcomes == ["answered", "cached", "cached"]
    assert len(bench.asked.others_ms) == 1


async def test_what_names_stand_for_makes_it_another_question(bench: Bench) -> None:
    await bench.suggest()
    bench.known.now += 1
    await bench.suggest("r")
    assert bench.outcomes == ["answered", "answered"]


async def test_a_request_by_hand_shows_what_was_not_worth_showing_by_itself(bench: Bench) -> None:
    bench.asked.likely = False
    assert await bench.suggest() == []
    assert await bench.suggest(trigger="hand") == ["return 1"]
    assert await bench.suggest("ret") == ["urn 1"]


async def test_another_model_answers_anew(bench: Bench) -> None:
    await bench.suggest()
    bench.session.model = LoadedModel(bench.asked, "asked", byte_tokenizer(), Decoder(ScriptedModel({})))
    await bench.suggest()
    assert bench.outcomes == ["answered", "answered"]


async def test_a_request_by_hand_gets_the_alternatives_that_there_was_no_time_for(bench: Bench) -> None:
    bench.asked.hurried = True
    await bench.suggest()
    await bench.suggest()
    bench.asked.hurried = False
    await bench.suggest(trigger="hand")
    await bench.suggest(trigger="hand")
    await bench.suggest()
    assert bench.outcomes == ["answered", "cached", "answered", "cached", "cached"]
    assert [others_ms > 75 for others_ms in bench.asked.others_ms] == [False, True]


@pytest.mark.parametrize("settled", ["cached", "quiet"])
async def test_a_request_that_needs_no_work_supersedes_one_that_is_at_work(bench: Bench, settled: str) -> None:
    await bench.suggest()
    bench.asked.slow = True
    older = asyncio.create_task(bench.suggest("x"))
    await asyncio.sleep(0.05)
    again = asyncio.create_task(bench.suggest("x"))
    await asyncio.sleep(0.01)
    if settled == "quiet":
        bench.session.configure({"completion": {"enable": False}})
    await bench.suggest()
    assert await asyncio.wait_for(older, 5) is None
    assert await asyncio.wait_for(again, 5) is None
    assert bench.outcomes == ["answered", settled, "superseded", "superseded"]


async def test_prefetched_is_there_when_it_is_asked_for(bench: Bench) -> None:
    snapshot = bench.session.snapshot(URI)
    assert snapshot is not None
    bench.suggester.prefetch(snapshot, len(TEXT))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(bench.suggester.cache):
            break
    bench.suggester.prefetch(snapshot, len(TEXT))
    assert await bench.suggest() == ["return 1"]
    assert bench.outcomes == ["cached"]
    assert len(bench.asked.others_ms) == 1


async def test_a_closed_document_leaves_nothing_behind(bench: Bench) -> None:
    await bench.suggest()
    bench.suggester.stop(URI)
    assert len(bench.suggester.cache) == 0


def test_what_says_the_same_is_offered_once() -> None:
    texts = ["return x", " return x", "return x + 1", "ret", "raise", "raise "]
    found = distinct(Completion(text, 3, 3, -1.0) for text in texts)
    assert [one.text for one in found] == ["return x", "raise"]
