"""Hostile and honest programs in the real sandbox."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from python_slm.errors import SandboxError, SandboxMissingError
from python_slm_training.evaluate.sandbox import Limits, Sandbox

LIMITS = Limits(seconds=8, cpu_seconds=1, memory_mib=256)

HONEST = {
    "nothing": "",
    "a test that passes": "def f(x):\n    return x + 1\n\nassert f(1) == 2",
    "the standard library": "import collections, hashlib, itertools, math, random, re, string, typing",
    "its own scratch space": "open('/tmp/a', 'w').write('x')",
    "unicode": "assert len('é😀') == 2",
}
HOSTILE = {
    "a failing test": "assert 1 == 2",
    "a syntax error": "def f(:",
    "leaving before the tests": "import sys\nsys.exit(0)",
    "leaving without clean-up": "import os\nos._exit(0)",
    "printing a guess": "import sys\nprint('0' * 32)\nsys.exit(0)",
    "a fork bomb": "import os\nwhile True:\n    os.fork()",
    "filling memory": "x = []\nwhile True:\n    x.append(bytearray(10**7))",
    "filling the disk": "for n in range(100):\n    open(f'/tmp/{n}', 'wb').write(b'x' * 900_000)",
    "one big file": "f = open('/tmp/a', 'wb')\nwhile True:\n    f.write(b'x' * 10**6)",
    "flooding stdout": "while True:\n    print('x' * 1000)",
    "flooding stderr": "import sys\nwhile True:\n    sys.stderr.write('x' * 1000)",
    "an endless loop": "while True:\n    pass",
    "the network": "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)",
    "the host's own loopback": "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)",
    "the host's accounts": "open('/etc/passwd').read()",
    "the host's homes": "import os\nos.listdir('/root') or os.listdir('/home')",
    "this repository": f"open({str(Path(__file__))!r}).read()",
    "other processes": "import os\nos.kill(-1, 9)",
    "writing to the system": "open('/usr/lib/x', 'w')",
    "writing to the root": "open('/x', 'w')",
    "becoming root": "import os\nos.setuid(0)",
    "a namespace of its own": "import os\nos.unshare(0x10000000) if hasattr(os, 'unshare') else 1 / 0",
    "the environment": "import os\nassert 'PATH' in os.environ and 'HOME' in os.environ",
}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return sandbox_or_skip(LIMITS)


def sandbox_or_skip(limits: Limits) -> Sandbox:
    """Containers often forbid user namespaces, which bubblewrap needs."""
    try:
        return Sandbox(limits)
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("program", HONEST.values(), ids=HONEST.keys())
def test_an_honest_program_passes(sandbox: Sandbox, program: str) -> None:
    assert sandbox.run(program).passed


@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_program_fails(sandbox: Sandbox, program: str) -> None:
    assert not sandbox.run(program).passed


def test_sleeping_is_a_timeout_and_leaves_nothing_running() -> None:
    started = time.monotonic()
    outcome = sandbox_or_skip(Limits(seconds=3)).run("import os, time\nos.fork()\ntime.sleep(3600)")
    assert outcome.reason == "timeout"
    assert time.monotonic() - started < 20
    deadline = time.monotonic() + 5
    while _sandboxes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _sandboxes() == []


def test_a_daemon_dies_with_its_sandbox(sandbox: Sandbox) -> None:
    sandbox.run("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(3600)")
    deadline = time.monotonic() + 5
    while _sandboxes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _sandboxes() == []


def test_the_outcome_says_what_went_wrong(sandbox: Sandbox) -> None:
    outcome = sandbox.run("raise ValueError('no such thing')")
    assert (outcome.reason, outcome.detail) == ("failed", "ValueError: no such thing")


def test_programs_run_side_by_side_without_seeing_each_other(sandbox: Sandbox) -> None:
    program = "import os\nassert not os.path.exists('/tmp/a')\nopen('/tmp/a', 'w').close()"
    with ThreadPoolExecutor(4) as pool:
        assert all(outcome.passed for outcome in pool.map(sandbox.run, [program] * 8))


def test_a_neighbour_that_takes_all_its_processes_leaves_the_others_theirs() -> None:
    sandbox = sandbox_or_skip(Limits(seconds=60))
    greedy = "import os, time\nfor _ in range(28):\n    if os.fork() == 0:\n        time.sleep(100)\ntime.sleep(2)"
    fork = "for _ in range(20):\n    if os.fork() == 0:\n        os._exit(0)\n"
    modest = f"import os\n{fork}for _ in range(20):\n    os.wait()"
    with ThreadPoolExecutor(6) as pool:
        neighbours = [pool.submit(sandbox.run, greedy) for _ in range(3)]
        assert all(outcome.passed for outcome in pool.map(sandbox.run, [modest] * 3))
        assert all(neighbour.result().passed for neighbour in neighbours)


def test_a_program_that_computes_is_waited_for_where_one_that_sleeps_is_not() -> None:
    """As on a busy machine: the wall clock runs out before the processor time does."""
    sandbox = sandbox_or_skip(Limits(seconds=2, cpu_seconds=20))
    busy = "import time\nwhile time.process_time() < 2.2:\n    pass"
    assert sandbox.run(busy).passed
    started = time.monotonic()
    assert sandbox.run("import time\ntime.sleep(60)").reason == "timeout"
    assert time.monotonic() - started < 30


def test_a_program_that_computes_for_ever_is_stopped_by_its_processor_time() -> None:
    sandbox = sandbox_or_skip(Limits(seconds=1, cpu_seconds=2))
    started = time.monotonic()
    assert not sandbox.run("while True:\n    pass").passed
    assert time.monotonic() - started < 60


def test_without_bubblewrap_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SandboxMissingError, match="apt-get install bubblewrap"):
        Sandbox()


def test_no_descriptor_is_left_open(sandbox: Sandbox) -> None:
    before = psutil.Process().num_fds()
    for _ in range(3):
        sandbox.run("")
    assert psutil.Process().num_fds() == before


def _sandboxes() -> list[int]:
    """Sandboxed sleepers that this test process started and that still run."""
    ours = psutil.Process(os.getpid()).children(recursive=True)
    return [child.pid for child in ours if child.name() == "bwrap" and child.status() != psutil.STATUS_ZOMBIE]
