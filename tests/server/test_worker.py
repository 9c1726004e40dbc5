"""Latest wins: what the worker does with the jobs it gets."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from python_slm.lsp.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def note(ran: list[int], number: int, _stopped: object) -> None:
    ran.append(number)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    assert worker.close(timeout_s=5)


class Decoding:
    """Work that goes on, a token a millisecond, until it is stopped."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.tokens = 0

    def __call__(self, stopped: Callable[[], bool]) -> str:
        self.began.set()
        while not stopped():
            self.tokens += 1
            time.sleep(0.001)
        return "cut short"


def answer(text: str) -> Callable[[Callable[[], bool]], str]:
    return lambda _stopped: text


def test_answers_a_job(worker: Worker) -> None:
    assert worker.submit("a.py", 1, answer("x")).future.result(5) == "x"


def test_newer_job_stops_the_running_one_of_its_document(worker: Worker) -> None:
    work = Decoding()
    older = worker.submit("a.py", 1, work)
    assert work.began.wait(5)
    newer = worker.submit("a.py", 2, answer("newer"))
    assert newer.future.result(5) == "newer"
    assert older.future.result(5) is None
    assert older.stop_ms is not None
    assert older.checks == work.tokens + 1


def test_newer_job_replaces_the_waiting_one_without_running_it(worker: Worker) -> None:
    work, ran = Decoding(), list[int]()
    blocker = worker.submit("other.py", 1, work)
    assert work.began.wait(5)
    waiting = [worker.submit("a.py", number, partial(note, ran, number)) for number in range(5)]
    assert [job.future.result(5) for job in waiting[:-1]] == [None] * 4
    blocker.stop()
    waiting[-1].future.result(5)
    assert ran == [4]


def test_job_of_another_document_runs_on(worker: Worker) -> None:
    work = Decoding()
    running = worker.submit("a.py", 1, work)
    assert work.began.wait(5)
    waiting = worker.submit("b.py", 1, answer("b"))
    time.sleep(0.05)
    assert not running.future.done()
    running.leave()
    assert waiting.future.result(5) == "b"


def test_documents_take_turns_in_the_order_of_their_first_request(worker: Worker) -> None:
    work, ran = Decoding(), list[int]()
    blocker = worker.submit("x.py", 1, work)
    assert work.began.wait(5)
    jobs = [
        worker.submit(key, number, partial(note, ran, number)) for number, key in enumerate(["a.py", "b.py", "a.py"])
    ]
    blocker.stop()
    for job in jobs:
        job.future.result(5)
    assert ran == [2, 1]


def test_equal_request_joins_and_the_last_to_leave_stops(worker: Worker) -> None:
    work = Decoding()
    first = worker.submit("a.py", "same", work)
    assert work.began.wait(5)
    assert worker.submit("a.py", "same", answer("never run")) is first
    first.leave()
    time.sleep(0.02)
    assert not first.future.done()
    first.leave()
    assert first.future.result(5) is None


def test_stopped_job_is_not_joined(worker: Worker) -> None:
    work = Decoding()
    first = worker.submit("a.py", "same", work)
    assert work.began.wait(5)
    first.leave()
    assert worker.submit("a.py", "same", answer("again")).future.result(5) == "again"


def test_background_work_waits_for_all_else_and_is_stopped_by_it(worker: Worker) -> None:
    work = Decoding()
    warm = worker.submit("warm", 1, work, background=True)
    assert work.began.wait(5)
    assert worker.submit("a.py", 1, answer("x")).future.result(5) == "x"
    assert warm.future.result(5) is None


def test_error_reaches_the_waiter_and_the_worker_goes_on(worker: Worker) -> None:
    def fail(_stopped: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.submit("a.py", 1, fail).future.result(5)
    assert worker.submit("a.py", 2, answer("x")).future.result(5) == "x"


def test_stop_ends_waiting_and_running_jobs_of_a_document(worker: Worker) -> None:
    work = Decoding()
    running = worker.submit("a.py", 1, work)
    assert work.began.wait(5)
    waiting = worker.submit("b.py", 1, answer("b"))
    worker.stop("b.py", "a.py", "unknown.py")
    assert running.future.result(5) is None
    assert waiting.future.result(5) is None


def test_close_stops_everything_and_later_jobs_get_no_answer() -> None:
    worker, work = Worker(), Decoding()
    running = worker.submit("a.py", 1, work)
    assert work.began.wait(5)
    waiting = worker.submit("b.py", 1, answer("b"))
    assert worker.close(timeout_s=5)
    assert [running.future.result(0), waiting.future.result(0)] == [None, None]
    assert worker.submit("c.py", 1, answer("c")).future.result(0) is None
    assert worker.close(timeout_s=0)


def test_close_does_not_wait_for_work_that_never_asks() -> None:
    worker, release, began = Worker(), threading.Event(), threading.Event()

    def deaf(_stopped: object) -> None:
        began.set()
        release.wait(5)

    worker.submit("a.py", 1, deaf)
    assert began.wait(5)
    assert not worker.close(timeout_s=0.05)
    release.set()
    assert worker.close(timeout_s=5)
