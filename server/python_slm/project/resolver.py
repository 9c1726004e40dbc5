"""``python -m python_slm.project.resolver``: answers what names stand for, in a process that may be killed at any time.

jedi holds the interpreter for up to seconds, grows, and trips; the language server must not. A JSON object a line comes
in on stdin and one goes out on stdout for each, in order::

    {"root", "python", "path", "text", "offset", "names": [...]}
    {"definitions": [...], "left": [...], "installed": [...] | null}

``left`` are the names that there was no time for.

It ends when stdin does, or when its parent is gone even while it works; its memory is limited (on POSIX).
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.project.child import behave
from python_slm.project.surroundings import Definition, Parameter

if TYPE_CHECKING:
    from python_slm.project.resolve import Resolver

MAX_BYTES = 1 << 30
"""Memory of the process; jedi holds 50 MB for a small project and 200 MB for one with large libraries."""
ANSWER_S = 3.0
"""Nothing more is looked up for a question after this; what is being looked up goes on."""


def main() -> None:
    """Serve until stdin ends."""
    behave(MAX_BYTES)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    resolvers: dict[tuple[str, str], Resolver] = {}
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line), resolvers)) + "\n")
        answers.flush()


def answer(question: dict[str, Any], resolvers: dict[tuple[str, str], Resolver]) -> dict[str, Any]:
    """The answer to one question; ``resolvers`` keeps one for each project."""
    from python_slm.project.resolve import Resolver  # noqa: PLC0415 - jedi takes long, and the pipe is there already

    key = question["root"], question["python"]
    if key not in resolvers:
        resolvers[key] = Resolver(Path(key[0]), key[1], os.environ)
    resolver, end = resolvers[key], time.monotonic() + ANSWER_S
    found = resolver.resolve(
        question["text"],
        question["offset"],
        question["path"],
        names=frozenset(question["names"]),
        late=lambda: time.monotonic() >= end,
    )
    installed = resolver.installed(question["path"])
    return {
        "definitions": [to_json(one) for one in found.values()],
        "left": sorted(resolver.left),
        "installed": None if installed is None else sorted(installed),
    }


def to_json(definition: Definition) -> dict[str, Any]:
    """A definition as JSON has it."""
    members = definition.members
    return {**asdict(definition), "members": None if members is None else sorted(members)}


def from_json(values: dict[str, Any]) -> Definition:
    """The definition that ``to_json`` was given. Raises TypeError or KeyError when it is none."""
    parameters, members = values["parameters"], values["members"]
    return Definition(
        **{
            **values,
            "parameters": None if parameters is None else tuple(Parameter(**one) for one in parameters),
            "members": None if members is None else frozenset(members),
        }
    )


if __name__ == "__main__":
    main()
