"""Several threads make trees at once, with collections in between that run Python code: none stumbles over another."""

from __future__ import annotations

import argparse
import gc
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.syntax.parse import parsed, parsed_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = Path(argparse.__file__).read_text(encoding="utf-8")
EXPRESSION = "[" + ", ".join(f"f({number}, x.y[{number}:])" for number in range(3000)) + "]"


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as can be, and in the midst of a tree: where garbage is collected."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()

    def look(_phase: str, _info: Any) -> None:
        sum(number for number in range(50))

    sys.setswitchinterval(1e-6)
    gc.set_threshold(50)
    gc.callbacks.append(look)
    yield
    gc.callbacks.remove(look)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def test_threads_that_parse_at_once_do_not_stumble_over_each_other(restless: None) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(4):
                assert len(parsed(TEXT).body) > 20
                parsed_expression(EXPRESSION)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test tells
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_what_is_no_expression_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        parsed_expression("x = 1")
