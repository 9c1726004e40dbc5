"""``python -m python_slm.refactor.across.worker``: does what rope can, in a process that may be killed at any time.

A JSON object a line comes in on stdin, a ``Question``, and one goes out on stdout for each, in order: ``Changes``, or
``{"refused": why}``. Where rope trips, the process ends: whoever asked sees its output end. It ends when stdin does, or
when its parent is gone; its memory is limited (on POSIX). Nothing of the project is run or written.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from python_slm.errors import RefusedError
from python_slm.project.child import behave
from python_slm.refactor.across.question import Question

if TYPE_CHECKING:
    from python_slm.refactor.across.by_rope import Roped

MAX_BYTES = 3 << 30
"""Address space; rope took 0.6 GB for 860,000 lines."""


def main() -> None:
    """Serve until stdin ends."""
    behave(MAX_BYTES)
    warnings.simplefilter("ignore")  # what a user's files are warned of is not for our log
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    projects: dict[str, Roped] = {}
    for line in sys.stdin:
        answers.write(json.dumps(answer(Question(**json.loads(line)), projects)) + "\n")
        answers.flush()


def answer(question: Question, projects: dict[str, Roped]) -> dict[str, Any]:
    """The answer to one question; ``projects`` keeps what rope has read of each root."""
    from python_slm.refactor.across.by_rope import Roped  # noqa: PLC0415 - rope takes long, and the pipe is there

    if question.root not in projects:
        projects[question.root] = Roped(question.root)
    try:
        return projects[question.root].changes(question).to_json()
    except RefusedError as error:
        return {"refused": str(error)}


if __name__ == "__main__":
    main()
