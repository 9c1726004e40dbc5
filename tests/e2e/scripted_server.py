"""The real server over real stdio, with a scripted model in place of the shipped one.

    python -m tests.e2e.scripted_server '{"scripts": {"def add(a, b):\\n    ": ["return a + b"]}, "token_ms": 5}'

Several scripts for one key are alternatives, the likeliest first. ``token_ms`` is how long a forward pass takes,
``load_ms`` how long loading does; ``forwards_file`` gets a byte for every forward pass.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.cli.lsp import leave, run
from python_slm.engine.decode import Decoder
from python_slm.lsp.models import LoadedModel
from python_slm.playground.site import Site
from python_slm.tasks.complete import complete
from tests.fakes import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class AlternativesModel(ScriptedModel):
    """A scripted model that finds every script of a key likely, the first most."""

    def __init__(self, scripts: dict[str, list[str]]) -> None:
        super().__init__({key: texts[0] for key, texts in scripts.items()})
        self._alternatives = [
            ScriptedModel({key: text}) for key, texts in scripts.items() for text in reversed(texts[1:])
        ]

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        logits = super().forward(ids, past=past)
        best = int(np.argmax(logits))
        for rank, model in enumerate(self._alternatives):
            choice = int(np.argmax(model.forward(ids, past=past)))
            if logits[choice] < 0:
                logits[choice] = 10.0 + rank
        end = self.tokenizer.special("<|endoftext|>")
        if best == end and np.sum(logits > 0) > 1:
            logits[end] = -20.0
        return logits


def factory(plan: dict[str, Any], _settings: object) -> LoadedModel:
    """A scripted model."""
    time.sleep(plan.get("load_ms", 0) / 1000)
    model = AlternativesModel(plan.get("scripts", {}))

    def on_forward() -> None:
        time.sleep(plan.get("token_ms", 0) / 1000)
        if "forwards_file" in plan:
            with Path(plan["forwards_file"]).open("ab") as file:
                file.write(b".")
        if plan.get("noise"):
            print("a stray print")
            sys.__stdout__.write("and another\n")  # type: ignore[union-attr]

    model.on_forward = on_forward
    decoder = Decoder(model)
    return LoadedModel(partial(complete, decoder=decoder), "scripted", model.tokenizer, decoder)


def announce(site: Site, host: str, port: int) -> None:
    """Tell the address of the playground."""
    print(site.url(host, port), flush=True)


if __name__ == "__main__":
    model = partial(factory, json.loads(sys.argv[1]))
    if sys.argv[2:] == ["playground"]:
        door = Site()
        leave(run(model, ws=("127.0.0.1", 0), announce=partial(announce, door), admit=door))
    leave(run(model))
