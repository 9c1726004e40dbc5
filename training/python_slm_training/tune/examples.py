"""Task examples → ids with a marked target: what the prompt formats say, and loss only on what the model must write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from python_slm import prompt
from python_slm.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator

    from python_slm.tokenizer import Tokenizer

INFILL = "infill"
TASKS: tuple[str, ...] = (INFILL, *(name for name in prompt.TASKS if name != "answer"))
_LONGEST_PATH = 24  # ids
_SMALLEST = 64  # characters of context; an example that does not fit with so few is left out

Example = dict[str, Any]
"""``{"task", "source", "target", "path"}``; infill has ``prefix`` and ``suffix`` instead of ``source``."""


class Encoded(NamedTuple):
    """Ids of a sequence; the loss counts for ids from ``first`` on, which is at least 1."""

    ids: list[int]
    first: int


def check(example: Mapping[str, Any], where: str) -> None:
    """Raise CorpusError when ``example`` is not one."""
    task = example.get("task")
    wanted = ("prefix", "suffix", "target") if task == INFILL else ("source", "target")
    if task not in TASKS or any(not isinstance(example.get(name), str) for name in wanted):
        raise CorpusError(
            f"{where}: not an example of a known task with {', '.join(wanted)}; make it with 'slm train tasks'"
        )


class Encoder:
    """Encodes examples for one tokenizer and one length."""

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, spm_share: float) -> None:
        self.tokenizer, self._spm_share = tokenizer, spm_share
        self.max_tokens = max_tokens
        """Longest sequence, in ids."""

    def encode(self, example: Mapping[str, Any], rng: Generator) -> Encoded | None:
        """None where the example is too long, or its target empty. Infilling loses context far from the gap instead."""
        if not example["target"]:
            return None
        path = self._path(str(example.get("path") or ""))
        if example["task"] == INFILL:
            order = prompt.spm_ids if rng.random() < self._spm_share else prompt.psm_ids
            return self._infill(example["prefix"], example["suffix"], example["target"], path, order)
        asked = prompt.task_ids(self.tokenizer, example["task"], example["source"], path=path)
        ids = prompt.task_example_ids(self.tokenizer, example["task"], example["source"], example["target"], path=path)
        return Encoded(ids, len(asked)) if len(ids) <= self.max_tokens else None

    def whole(self, text: str, path: str, *, closed: bool) -> Encoded | None:
        """General code, told left to right: every id is a target. ``closed`` when the document ends here."""
        ids = prompt.plain_ids(self.tokenizer, text, path=self._path(path))
        ids = ids[: min(self.max_tokens, len(ids) if closed else len(ids) - 1)]
        return Encoded(ids, 1) if len(ids) > 1 else None

    def _infill(self, prefix: str, suffix: str, target: str, path: str, order: Any) -> Encoded | None:
        ids = order(self.tokenizer, prefix, suffix, target, path=path)
        while len(ids) > self.max_tokens:
            if len(prefix) + len(suffix) < _SMALLEST:
                return None
            keep = 0.95 * self.max_tokens / len(ids)
            prefix = prefix[len(prefix) - int(keep * len(prefix)) :]
            suffix = suffix[: int(keep * len(suffix))]
            ids = order(self.tokenizer, prefix, suffix, target, path=path)
        return Encoded(ids, self._target_start(ids, target))

    def _target_start(self, ids: list[int], target: str) -> int:
        """Where the last ids that hold ``target`` begin; a token that its start cuts in two belongs to it."""
        table = self.tokenizer.token_bytes
        size, place = len(target.encode("utf-8", "replace")), len(ids) - 1  # the last id is the end
        while size > 0 and place > 1:
            place -= 1
            size -= len(table[ids[place]])
        return max(1, place)

    def _path(self, path: str) -> str:
        return path if len(self.tokenizer.encode(path)) <= _LONGEST_PATH else ""


def rng_of(*numbers: int) -> Generator:
    """A generator for a seed made of several numbers."""
    return np.random.default_rng(list(numbers))
