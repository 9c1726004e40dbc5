"""A loop that appends → the comprehension that its author wrote: the loop is made, the target is real."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm_training.tasks.refactor import comprehension_to_loop, loop_to_comprehension
from python_slm_training.tasks.refactor.base import flipped

if TYPE_CHECKING:
    import libcst as cst

    from python_slm_training.tasks.refactor.base import Pair

KIND = loop_to_comprehension.KIND
HINT = comprehension_to_loop.HINT
TARGET_IS_REAL = True

EXAMPLES = tuple((after, before, call) for before, after, call in comprehension_to_loop.EXAMPLES)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where the comprehension can be made a loop."""
    return flipped(comprehension_to_loop.rewrite(tree))
