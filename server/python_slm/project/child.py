"""How a process of ours behaves that works beside the editor: it steps back, stays small, dies with its parent."""

from __future__ import annotations

import os
import signal
import sys

_LOOK_S = 0.5
_NICENESS = 5


def behave(max_bytes: int) -> None:
    """For the calling process, once: lower priority, ``max_bytes`` of address space, no life without its parent.

    Nothing of it on Windows.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - POSIX alone

    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    parent = os.getppid()

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)
