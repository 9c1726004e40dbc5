"""What code does is the same after a refactoring: a program is run before and after."""

from __future__ import annotations

import pytest

from python_slm.bench.refactor import ours, selected
from python_slm.refactor.base import Refactoring, refactorings

PROGRAM = """
import functools
log = []
def note(x):
    log.append(repr(x))
    return x
class Box:
    k = 3
    def __init__(self, v): self.v = v
    def add(self, n):
        total = self.v
        for i in range(n):
            if i % 2 and not (i == 5):
                total += note(i) * self.k
            else:
                total -= i
        else:
            total += 1
        self.v = total
        return total
    @property
    def half(self):
        q, r = divmod(self.v, 2)
        return q if r else (q, r)
    @classmethod
    def make(cls, *a, **kw):
        b = cls(sum(a) + len(kw))
        return b
def fib(n):
    a, b = 0, 1
    while n > 0:
        a, b = b, a + b
        n -= 1
    return a
def words(text):
    counts = {}
    for w in text.split():
        key = w.lower().strip('.,')
        if key not in counts:
            counts[key] = 0
        else:
            note(key)
        counts[key] += 1
    best = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
    return [f"{k}:{v}" for k, v in best if v > 1], len(counts)
def closures(n):
    fs = []
    base = n * 2
    for i in range(n):
        def g(j, i=i):
            nonlocal base
            base += 1
            return i + j + base
        fs.append(g)
    x = 5
    h = lambda y: x + y
    x = n
    z = h(1)
    return [f(1) for f in fs] + [z, x, base]
def errors(d):
    out = []
    for k in ('a', 'b', 'c'):
        v = None
        try:
            v = d[k]
            w = 10 // v
            out.append(note(w))
        except KeyError as e:
            out.append(('missing', str(e), v))
        except ZeroDivisionError:
            out.append(('zero', v))
            continue
        finally:
            out.append(k)
        last = k
        if (m := len(out)) > 5 and last:
            out.append(m)
    return out
def gen(n):
    state = 0
    for i in range(n):
        got = yield state + i
        state = state + (got or 1)
        pair = (i, state)
        if not pair[0] and state != 3:
            state *= 2
        else:
            state += len(pair)
    return state
def nested(data):
    result = [[note(y) + x for y in row if y != x] for x, row in enumerate(data)]
    flat = [z for r in result for z in r]
    m = max(flat) if flat else -1
    n = min(flat) if flat else -1
    return result, m - n, {k: v for k, v in zip(flat, reversed(flat))}, any(f > m // 2 for f in flat)
def drive():
    b = Box(7)
    r = [b.add(7), b.half, Box.make(1, 2, z=3).add(2), fib(20)]
    r += [words("A b a, B. c the a"), closures(4), errors({'a': 1, 'b': 0}), nested([[1,2],[3,4,5],[0]])]
    g = gen(4); r.append(next(g))
    try:
        while 1: r.append(g.send(len(r) % 3))
    except StopIteration as e: r.append(e.value)
    return r, log
"""


def answer_of(text: str) -> str:
    names: dict[str, object] = {}
    exec(compile(text, "program", "exec"), names)
    drive = names["drive"]
    assert callable(drive)
    return repr(drive())


@pytest.mark.parametrize("refactoring", list(refactorings()), ids=lambda one: one.name)
def test_program_does_the_same_afterwards(refactoring: Refactoring) -> None:
    want, done = answer_of(PROGRAM), 0
    for text, start, end in set(selected(refactoring.name, [PROGRAM], 60, seed=2)):
        try:
            after = ours(refactoring)(text, start, end)
        except ValueError:
            continue
        assert answer_of(after) == want, after
        done += 1
    assert done
