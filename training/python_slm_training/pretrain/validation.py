"""Held-out loss in bits per byte, comparable between tokenizers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from python_slm_training.pretrain.rows import IGNORED, RowOptions, Rows

if TYPE_CHECKING:
    from python_slm.tokenizer import Tokenizer
    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.gradients import Gradients, MicroBatch
    from python_slm_training.pretrain.processes import Processes
    from python_slm_training.tokenize.shards import Shards


@dataclass(frozen=True)
class Validation:
    """A fixed set of left-to-right rows without headers and the bytes that their targets hold."""

    batches: list[MicroBatch]
    bytes: int

    @classmethod
    def of(cls, shards: Shards, tokenizer: Tokenizer, config: Config, rows: int) -> Validation:
        """The first ``rows`` rows of a split."""
        options = RowOptions(config.context_length, fim_rate=0, spm_share=0, line_share=0, path_rate=0, seed=0)
        source = Rows(shards, options)
        taken = [source[number] for number in range(rows)]
        sizes = np.array([len(piece) for piece in tokenizer.token_bytes])
        labels = np.concatenate([row.labels for row in taken])
        step = config.micro_rows
        batches = [
            (
                torch.from_numpy(np.stack([row.ids for row in taken[i : i + step]])),
                torch.from_numpy(np.stack([row.labels for row in taken[i : i + step]])),
            )
            for i in range(0, rows, step)
        ]
        return cls(batches, int(sizes[labels[labels != IGNORED]].sum()))

    def bits_per_byte(self, gradients: Gradients, processes: Processes) -> float:
        """Loss over all rows, each process reading its share. Lower is better; 8 is what knowing nothing costs."""
        total = torch.zeros((), dtype=torch.float64)
        for nats in gradients.map(gradients.loss, self._share(processes)):
            total = total + nats.double()
        return float(processes.sum(total.to(processes.device))) / math.log(2) / self.bytes

    def _share(self, processes: Processes) -> list[MicroBatch]:
        """As many batches for each process: shards are gathered by all or none. What is missing has no targets."""
        mine = self.batches[processes.rank :: processes.count]
        if len(mine) < -(-len(self.batches) // processes.count):
            ids, labels = self.batches[-1]
            mine.append((ids, torch.full_like(labels, IGNORED)))
        return mine
