"""Answers in slices: who is superseded, cancelled or cut off, and who gets a turn."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from python_slm.lsp.slices import PATIENCE_S, Slices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@pytest.fixture
async def slices() -> AsyncIterator[Slices]:
    """A clock that stands still would never end a slice; this one always does."""
    ticks = iter(range(10**9))
    made = Slices(clock=lambda: float(next(ticks)))
    yield made
    made.close()


async def test_all_items_come_in_their_order_from_another_thread(slices: Slices) -> None:
    threads: set[int] = set()

    def items(_cancelled: Callable[[], bool]) -> Iterator[int]:
        for number in range(5):
            threads.add(threading.get_ident())
            yield number

    assert await slices.all_of("menu", items) == [0, 1, 2, 3, 4]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_newer_call_with_the_same_key_takes_over(slices: Slices) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_cancelled: Callable[[], bool]) -> Iterator[int]:
        begun.set()
        go_on.wait(10)
        yield from range(1000)

    older = asyncio.create_task(slices.all_of("menu", slow))
    await asyncio.to_thread(begun.wait, 10)
    newer = asyncio.create_task(slices.all_of("menu", lambda _: iter([1])))
    await asyncio.sleep(0)
    go_on.set()
    assert await older is None
    assert await newer == [1]


async def test_others_get_a_turn_between_two_slices(slices: Slices) -> None:
    order: list[str] = []

    def items(name: str, count: int) -> Callable[[Callable[[], bool]], Iterator[None]]:
        def work(_cancelled: Callable[[], bool]) -> Iterator[None]:
            for _ in range(count):
                order.append(name)
                yield

        return work

    await asyncio.gather(slices.all_of("menu", items("menu", 20)), slices.all_of("hover", items("hover", 1)))
    assert order.index("hover") < len(order) - 1


async def test_a_cancelled_call_ends_with_the_item_at_hand(slices: Slices) -> None:
    begun, made = threading.Event(), list[int]()

    def items(cancelled: Callable[[], bool]) -> Iterator[int]:
        for number in range(100_000):
            made.append(number)
            begun.set()
            yield number

    call = asyncio.create_task(slices.all_of("menu", items))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await slices.all_of("menu", lambda _: iter([1]))
    assert len(made) < 100_000


async def test_an_error_reaches_who_waits(slices: Slices) -> None:
    def items(_cancelled: Callable[[], bool]) -> Iterator[int]:
        raise KeyError("gone")
        yield

    with pytest.raises(KeyError):
        await slices.all_of("menu", items)


async def test_after_the_end_of_the_connection_there_is_no_answer(slices: Slices) -> None:
    assert await slices.all_of("menu", lambda _: iter([1])) == [1]
    slices.close()
    assert await slices.all_of("menu", lambda _: iter([1])) is None


async def test_an_answer_lets_completions_go_first() -> None:
    busy, began = [True], threading.Event()

    def items(_cancelled: Callable[[], bool]) -> Iterator[int]:
        began.set()
        yield 1

    made = Slices(lambda: busy[0])
    waiting = asyncio.create_task(made.all_of("menu", items))
    await asyncio.sleep(PATIENCE_S / 6)
    assert not began.is_set()
    busy[0] = False
    assert await waiting == [1]
    made.close()


async def test_completions_without_end_do_not_keep_an_answer_away() -> None:
    made = Slices(lambda: True)
    assert await asyncio.wait_for(made.all_of("menu", lambda _: iter(range(50))), 20 * PATIENCE_S) == list(range(50))
    made.close()


async def test_who_waits_for_a_completion_is_still_superseded() -> None:
    busy = [True]
    made = Slices(lambda: busy[0])
    older = asyncio.create_task(made.all_of("menu", lambda _: iter([1])))
    await asyncio.sleep(0)
    newer = asyncio.create_task(made.all_of("menu", lambda _: iter([2])))
    await asyncio.sleep(0)
    busy[0] = False
    assert (await older, await newer) == (None, [2])
    made.close()
