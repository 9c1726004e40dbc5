"""The physical limit of decoding: every token reads all weights, so memory bandwidth bounds tokens a second."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_MEASURE_S = 0.4


def read_bandwidth(working_set: int, threads: int) -> float:
    """Bytes a second that ``threads`` threads read, over and over, from ``working_set`` bytes of memory.

    A working set that fits in the cache is read from there, as a small model's weights are. The best round counts:
    it is a limit that is wanted. numpy's max releases the interpreter lock and keeps up with memory (its sum does not).
    """
    words = max(1, working_set // 8 // threads)
    parts = [np.ones(words, np.int64) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        end = time.perf_counter() + _MEASURE_S
        while time.perf_counter() < end:
            repeats = max(1, (32 << 20) // (words * 8))
            start = time.perf_counter()
            for done in [pool.submit(_read, part, repeats) for part in parts]:
                done.result()
            best = max(best, threads * words * 8 * repeats / (time.perf_counter() - start))
    return best


def _read(part: np.ndarray[tuple[int], np.dtype[np.int64]], repeats: int) -> None:
    for _ in range(repeats):
        part.max()
