"""``slm bench``: how fast this machine is, beside rivals and physical limits."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import click

from python_slm.cli import LazyGroup

_BENCHMARKS = (
    "actions",
    "bugs",
    "decode",
    "diagnostics",
    "memory",
    "provenance",
    "refactor",
    "rules",
    "soak",
    "syntax",
    "typing",
)


@click.group(
    cls=LazyGroup,
    entries=[EntryPoint(name, f"python_slm.bench.{name}:{name}", "python_slm.bench") for name in _BENCHMARKS],
)
def bench() -> None:
    """Measure this machine: tokens a second, keys to ghost text, keystroke to block index.

    Close other programs first: every figure is of the machine as it is now. Example: slm bench decode
    """
