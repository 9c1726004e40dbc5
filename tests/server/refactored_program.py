"""A program whose every line shows in what ``drive`` returns: run before and after a refactoring."""
# ruff: noqa: ALL
# mypy: ignore-errors
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
def conditions(a, b, c, flag):
    out = []
    if a:
        if b:
            out.append(note("both"))
    if flag is None:
        if a is not None:
            out.append("swap")
    if a and note(b):
        out.append("and")
    if a or note(c):
        out.append("or")
    if not (a and note(b)):
        out.append("nand")
    if not a == c or not note(c):
        out.append("neither")
    if not a in (1, 2):
        out.append("not in")
    if not note(a) != c:
        out.append("same")
    while not not flag:
        flag = out.append("round")
    if a == 1 or a == 2 or a == 5:
        out.append("merged")
    if a != 1 and a != 7:
        out.append("other")
    if b < c and c < 9:
        out.append("chain")
    if 0 <= b <= note(c) < 9:
        out.append("chained")
    if -1 < a < note(b):
        out.append("split")
    if a in (1, 2, 3):
        out.append("member")
    if b not in [4, 5]:
        out.append("stranger")
    if a is None or b is None:
        out.append("none")
    out += [a < note(b), note(a) == 1, 2 * note(c), c + 1, 3 > b, a is b or b is c]
    return out
def guards(items, stop):
    found = []
    for x in items:
        if x != stop:
            found.append(note(x))
            found.append(x * 2)
    for x in items:
        if x == stop:
            continue
        found.append(-x)
    while found:
        if len(found) > 3:
            last = found.pop()
            note(last)
        else:
            break
    if stop:
        found.append("end")
        note("guarded")
def guarded(a):
    if a > 2:
        note("early")
        return
    note("late")
    if not a:
        return
    note("last")
def leaves(a, b):
    if a > 1:
        x = note("big")
    else:
        raise ValueError(note("small"))
    if b:
        return x
    if a > 5:
        return x
    return None
def ternaries(a, b):
    x = note(1) if a else note(2)
    y: int = 3 if b else note(4)
    n = 5
    n += 1 if a else 2
    if note(b):
        z = "then"
    else:
        z = "else"
    if a:
        n += 10
    else:
        n += 20
    note("yes") if a and b else note("no")
    return (x, y, z, n) if note(a) else [x, y, z, n]
def pick(a):
    if a == "x":
        return note(1)
    return note(2)
def pick2(a):
    if a:
        return note("p")
    else:
        return (1, 2)
def gathered(data, table):
    evens = []
    for v in data:
        if v % 2 == 0:
            evens.append(note(v) + 1)
    firsts = {}
    for k, w in table.items():
        firsts[k] = note(w)
    seen = set()
    for row in (data, data[1:]):
        for cell in row:
            seen.add(cell)
    text = ""
    for part in table:
        text += note(part)
    shout = ""
    for part in table:
        if part != "q":
            shout += part.upper()
    dots = ""
    for row in (data, data):
        for cell in row:
            dots += str(cell)
    squares = [note(n) ** 2 for n in data if n]
    pairs = {m: note(m) for m in data}
    letters: set = {l for s in table for l in s}
    return evens, firsts, sorted(seen), text, shout, dots, squares, pairs, sorted(letters)
def counted(values, names):
    total = 0
    i = 0
    while i < len(values):
        total += note(values[i])
        i += 1
    j = 3
    while j > 0:
        total -= j
        j -= 1
    k = 1
    while k <= 7:
        if total > 100:
            break
        total += k
        k += 2
    else:
        total += 1000
    for p in range(len(values)):
        total += values[p] * 2
    for p in range(len(names)):
        note((p, names[p]))
    for q in range(len(names)):
        name = names[q]
        note(name)
    total = total + 1
    total -= 2
    share = 0.5
    share = share * 3
    share += total
    word = "w"
    word = word + "x"
    word += "y" * 2
    return total, share, word
def augmented(n: int, s: str):
    n = n + note(1)
    s = s + "!"
    half = 2.5
    half = half * 2
    for i in range(3):
        i = i + n
        s = s + str(i)
    return n, s, half
def walruses(source):
    out = []
    got = source.get("a")
    if got is not None:
        out.append(got)
    size = note(len(source))
    if size > 1 and size < 9:
        out.append(size)
    queue = list(source)
    item = queue.pop() if queue else None
    while item:
        out.append(note(item))
        item = queue.pop() if queue else None
    if (n := note(3)) > 2:
        out.append(n)
    if last := source.get("z"):
        out.append(last)
    out.append((m := note(5)) + m)
    return out
def files(path):
    f = open(path, "w")
    f.write("one\ntwo\n")
    f.close()
    g = open(path)
    try:
        lines = [note(line) for line in g]
    finally:
        g.close()
    h = open(path)
    head = h.readline()
    note(head)
    h.close()
    return lines, head, f.closed, g.closed, h.closed
def dead(a):
    if a:
        return note("alive")
        note("dead")
    while True:
        if a > -3:
            a -= 1
            continue
            note("never")
        raise KeyError(a)
        a = 1
def hoisted(a: int, b):
    if a:
        x = note("then")
        y = [x]
        note("end")
    else:
        y = []
        note("end")
    if a > 1:
        note("same")
        y.append(1)
    else:
        note("same")
        y.append(2)
    if b is None:
        return y
    else:
        note(b)
        return y
def raised(kind):
    try:
        try:
            return {"k": 1}[kind]
        except KeyError:
            raise ValueError(note(kind))
    except ValueError as e:
        try:
            raise TypeError("x")
        except TypeError:
            raise RuntimeError("y" + str(e))
def raised2(text):
    try:
        return int(text)
    except (TypeError, ValueError) as problem:
        raise LookupError(text)
def dicts(a):
    one = dict(a=note(1), b=2)
    two = {"c": note(3), "d": a}
    three = dict()
    four = {}
    five = dict(z=[note(9)])
    six = {"e": one}
    return one, two, three, four, five, six
def assigned(a, b):
    x, y = note(a), b
    p, q, r = 1, (2, 3), a
    first = note(b)
    second = note(a)
    third = 4
    u, v = a, lambda: b
    return x, y, p, q, r, first, second, third, u, v()
def strings(a, n: str):
    one = "a: " + str(a) + "!"
    two = "<" + n + ">"
    three = n.upper() + "{" + repr(a)
    four = f"{a!r:>6}|{n}"
    five = f"{note(a)} and {n:^7} {{}}"
    six = "it's " + str(note(n))
    seven = f"{a}"
    return one, two, three, four, five, six, seven
def lambdas(items):
    double = lambda v: v * 2
    items = sorted(items, key=lambda pair: (pair[1], note(pair[0])))
    total = sum(map(lambda pair, by=3: pair[1] * by, items))
    base = 10
    add = lambda v, *more, k=1: v + base + k + len(more)
    base = 20
    return double(4), items, total, add(1, 2, k=3)
def area(w, h=2):
    return w * h + 1
def label(x):
    """What it is called."""
    return note(x) or "none"
def inlined(a):
    def twice(v):
        return v + v
    k = area(a, 3) * 2
    k2 = area(h=a, w=4)
    return k, k2, label(a), label(note(a)), twice(a), twice(2) * 3, area(note(a))
def constants(a, limit=30):
    if a > 30:
        return "too much"
    return a * 60 + 1.5, "too much", ("x", 2), -7, 60 * 60
def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error), repr(error.__context__)
def drive(path):
    b = Box(7)
    r = [b.add(7), b.half, Box.make(1, 2, z=3).add(2), fib(20)]
    r += [words("A b a, B. c the a"), closures(4), errors({'a': 1, 'b': 0}), nested([[1,2],[3,4,5],[0]])]
    g = gen(4); r.append(next(g))
    try:
        while 1: r.append(g.send(len(r) % 3))
    except StopIteration as e: r.append(e.value)
    for a, b, c, flag in ((1, 2, 3, None), (0, 0, 0, 1), (5, 4, 8, None), (7, 1, 1, 2), (2, 3, 3, None)):
        r.append(attempt(conditions, a, b, c, flag))
        r += [attempt(leaves, a, b), attempt(ternaries, a, b), attempt(hoisted, a, flag), attempt(guarded, a)]
        r += [attempt(dead, a), attempt(assigned, a, b), attempt(dicts, a), attempt(inlined, a), attempt(constants, a)]
        r += [attempt(pick2, a), attempt(strings, a, "n" * b)]
    r += [attempt(guards, [1, 2, 3, 2], 2), attempt(pick, "x"), attempt(pick, "y")]
    r += [attempt(gathered, [3, 4, 0, 6], {"p": "1", "q": "2"}), attempt(gathered, ["x"], {"p": 1})]
    r += [attempt(counted, [5, 6, 7], ["m", "n"]), attempt(counted, [], []), attempt(counted, ["x"], [None])]
    r += [attempt(augmented, 3, "s"), attempt(augmented, 1.5, "t"), attempt(augmented, "x", "y")]
    r += [attempt(walruses, {"a": 1, "z": 2}), attempt(walruses, {}), attempt(files, path)]
    r += [attempt(raised, "k"), attempt(raised, "l"), attempt(raised2, "7"), attempt(raised2, "x")]
    r += [attempt(lambdas, [("a", 3), ("b", 1), ("c", 3)]), attempt(lambdas, [])]
    return r, log
