"""``slm data``: from sources to a curated corpus."""

from __future__ import annotations

import click

from python_slm_training.cli.bug_fixes import bug_fixes
from python_slm_training.cli.collect import collect
from python_slm_training.cli.curate import curate
from python_slm_training.cli.history import history
from python_slm_training.cli.index import index


@click.group()
def data() -> None:
    """Build a corpus: collect Python files with their provenance, then curate them.

    \b
    Example:
      slm data collect --out raw --git ~/src --stdlib
      slm data curate raw --out corpus
    """


data.add_command(bug_fixes)
data.add_command(collect)
data.add_command(curate)
data.add_command(history)
data.add_command(index)
