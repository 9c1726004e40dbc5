"""The stream of batches: rows in order, made ahead in processes of their own, this process's share of each."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader, Sampler

from python_slm_training.pretrain.rows import RowOptions, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.gradients import MicroBatch
    from python_slm_training.tokenize.shards import Shards

_PREFETCHED = 16  # micro-batches ready before they are asked for


class RowNumbers(Sampler[int]):
    """Numbers of the rows of every ``count``-th micro-batch, beginning with the ``rank``-th, from ``step`` on.

    Micro-batch m of a step holds the same rows however many processes there are.
    """

    def __init__(self, config: Config, *, step: int, rank: int, count: int) -> None:
        self._config, self._step, self._rank, self._count = config, step, rank, count

    def __iter__(self) -> Iterator[int]:
        """Without an end."""
        config = self._config
        for step in count(self._step):
            for micro in range(self._rank, config.micro_batches, self._count):
                first = step * config.batch_rows + micro * config.micro_rows
                yield from range(first, first + config.micro_rows)


def batches(
    shards: Shards, config: Config, *, step: int, rank: int, count: int, workers: int, pinned: bool
) -> Iterator[list[MicroBatch]]:
    """Batches from ``step`` on, each this process's micro-batches (ids, labels), (micro_rows, length) int64."""
    options = RowOptions(
        config.context_length, config.fim_rate, config.spm_share, config.line_share, config.path_rate, config.seed
    )
    loader: DataLoader[Any] = DataLoader(
        Rows(shards, options),  # type: ignore[arg-type]
        batch_size=config.micro_rows,
        sampler=RowNumbers(config, step=step, rank=rank, count=count),
        num_workers=workers,
        prefetch_factor=max(2, _PREFETCHED // workers) if workers else None,
        pin_memory=pinned,
    )
    stream = iter(loader)
    while True:
        yield [tuple(next(stream)) for _ in range(config.micro_batches // count)]
