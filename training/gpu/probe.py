"""Which micro-batch and whether compiled: a minute on the device before the run that matters.

    python probe.py 64m-h200 recipe.toml [--micro 32 64]

Times forward and backward passes of random ids, says tokens/s and their fraction of the device's own matrix-product
rate, and writes the preset with the best micro-batch to the file. On a CPU the model is shrunk: it shows that it runs.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.gradients import AcceleratedGradients
from python_slm_training.pretrain.model import Objective, build_model, compiled
from python_slm_training.pretrain.optimizers import build_optimizers
from python_slm_training.pretrain.processes import Processes
from python_slm_training.pretrain.speed import flops_per_token, matmul_rate

_VOCAB = 16384
_ON_CPU: dict[str, Any] = {
    "hidden_size": 64,
    "layers": 2,
    "heads": 2,
    "kv_heads": 1,
    "intermediate_size": 96,
    "head_dim": 32,
}
_WARM, _TIMED = 2, 6


def measure(config: Config, vocab: int, *, compiles: bool) -> tuple[float, float, float]:
    """Tokens/s of gradients, seconds to the first result (compiling) and seconds of an optimiser step."""
    processes = Processes()
    model = build_model(config, vocab_size=vocab, end_of_text=0)
    model.to(processes.device)  # type: ignore[arg-type]
    way = AcceleratedGradients(compiled(model) if compiles else Objective(model), torch.bfloat16, processes)
    batch = [tuple(torch.randint(0, vocab, (2, config.micro_rows, config.context_length)))]
    begun = time.monotonic()
    float(way.compute(batch))
    first = time.monotonic() - begun
    for _ in range(_WARM):
        way.compute(batch)
    begun = time.monotonic() + 0 * float(way.compute(batch))
    losses = [way.compute(batch) for _ in range(_TIMED)]
    float(losses[-1])
    passes = time.monotonic() - begun
    optimizers = build_optimizers(config, model, apply=map, processes=processes)
    for _ in range(2):  # the first allocates
        begun = time.monotonic()
        for optimizer in optimizers:
            optimizer.step()
        float(next(model.parameters()).detach().sum())
    return _TIMED * config.micro_rows * config.context_length / passes, first, time.monotonic() - begun


def main(preset: str, recipe: str, micros: list[int]) -> None:
    """Print a table and write the recipe."""
    torch.set_num_threads(1 if not torch.cuda.is_available() else torch.get_num_threads())
    config, vocab = Config.preset(preset), _VOCAB
    device = Processes().device
    if device.type == "cpu":
        config, vocab = replace(config, **_ON_CPU, context_length=64), 512
    way = AcceleratedGradients(
        Objective(build_model(replace(config, layers=1), vocab_size=8, end_of_text=0)), torch.bfloat16, Processes()
    )
    peak, flops = matmul_rate(device, torch.bfloat16, way), flops_per_token(config, vocab_size=vocab)
    print(f"torch {torch.__version__} on {device}: {peak / 1e12:.3g} TFLOP/s in bfloat16 products")
    found: dict[int, float] = {}
    for micro in micros:
        trial = replace(config, micro_rows=micro)
        for compiles in (True, False):
            kind = "compiled" if compiles else "eager"
            try:
                rate, first, step = measure(trial, vocab, compiles=compiles)
            except torch.OutOfMemoryError:
                print(f"micro_rows {micro} {kind}: does not fit")
                continue
            memory = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0
            print(
                f"micro_rows {micro} {kind}: {rate:,.0f} tokens/s, "
                f"{rate * flops / peak:.1%} MFU, first {first:.0f} s, optimiser {1e3 * step:.0f} ms, {memory:.0f} GiB"
            )
            found[micro] = max(found.get(micro, 0), rate)
    best = max(found, key=lambda micro: found[micro])
    chosen = replace(Config.preset(preset), micro_rows=best)
    lines = [f"{name} = {value!r}\n".replace("'", '"') for name, value in asdict(chosen).items()]
    Path(recipe).write_text("".join(lines), encoding="utf-8")
    print(f"{recipe}: {preset} with micro_rows = {best}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [int(text) for text in sys.argv[4:]] or [32, 64])
