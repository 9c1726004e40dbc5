"""The real server over real stdio, with a scripted model in place of the shipped one.

    python -m tests.e2e.scripted_server '{"scripts": {"def add(a, b):\\n    ": "return a + b"}, "token_ms": 5}'

``token_ms`` is how long every forward pass takes, ``load_ms`` how long loading does; ``forwards_file`` gets a byte for
every forward pass.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from python_slm.cli.lsp import run
from python_slm.engine.decode import Decoder
from python_slm.tasks.complete import complete
from tests.fakes import ScriptedModel


def factory(plan: dict[str, Any], _settings: object) -> Any:
    """The completer of a scripted model."""
    time.sleep(plan.get("load_ms", 0) / 1000)
    model = ScriptedModel(plan.get("scripts", {}))

    def on_forward() -> None:
        time.sleep(plan.get("token_ms", 0) / 1000)
        if "forwards_file" in plan:
            with Path(plan["forwards_file"]).open("ab") as file:
                file.write(b".")
        if plan.get("noise"):
            print("a stray print")
            sys.__stdout__.write("and another\n")  # type: ignore[union-attr]

    model.on_forward = on_forward
    return partial(complete, decoder=Decoder(model))


if __name__ == "__main__":
    sys.exit(run(partial(factory, json.loads(sys.argv[1]))))
