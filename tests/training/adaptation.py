"""A small repository and a small model to adapt, as a module to run: ``python -m tests.training.adaptation FOLDER``.

It makes what it needs in FOLDER, adapts, and prints the conclusion; killed and run again, it goes on.
"""

from __future__ import annotations

import random
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.errors import SLMError
from python_slm.registry import Registry
from python_slm_training.adapt.repository import read_repository, split
from python_slm_training.adapt.run import InterruptedRunError, Options, Places, Run
from python_slm_training.export.agreement import Tolerance
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm_training.export.names import Variant

_WORDS = ["alpha", "bravo", "carol", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima"]
_VERBS = ["load", "store", "merge", "split", "check", "build", "count", "print", "sort", "join"]


def module(number: int, functions: int = 6) -> str:
    """A module of its own words, long enough to be held out."""
    rng = random.Random(number)
    lines = [f'"""Module {number}: {" ".join(rng.sample(_WORDS, 5))}."""', "", "import json", ""]
    for _ in range(functions):
        verb, first, second, third = rng.choice(_VERBS), *rng.sample(_WORDS, 3)
        lines += [
            "",
            f"def {verb}_{first}_{rng.randrange(1000)}({second}, {third}={rng.randrange(100)}):",
            f'    """{verb.title()} the {first} of {second}."""',
            f"    {first} = json.loads({second})",
            f"    if {first} is None or {third} > {rng.randrange(100)}:",
            f"        raise ValueError({third})",
            f"    return [{first}, {second}, {third} * {rng.randrange(9)}]",
            "",
        ]
    return "\n".join(lines) + "\n"


def make_repository(root: Path, files: int = 24, first: int = 0) -> Path:
    """A folder of modules that are not alike."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + files):
        (root / f"module_{number}.py").write_text(module(number), encoding="utf-8")
    return root


def make_run(folder: Path, say: Callable[[str], None], **options: object) -> Run:
    """The run that ``folder`` is for."""
    root, general, base = folder / "repo", folder / "general", folder / "base"
    if not base.exists():
        make_repository(root)
        make_repository(general, 20, first=1000)
        export_tiny(base)
    repository = read_repository(root)
    places = Places(folder / "work", folder / "answers", general)
    chosen: dict[str, object] = {"steps": 3, "batch_examples": 2, "rank": 4, "cursors": 1, **options}
    wanted = Options(**chosen)  # type: ignore[arg-type]
    anything: dict[Variant, Tolerance] = {"cpu-int8": Tolerance(), "fp32": Tolerance()}  # the weights are random
    return Run(repository, split(repository), wanted, places, base, say, quietly, anything)


@contextmanager
def quietly(title: str, total: int) -> Iterator[Callable[[int], object]]:
    """Progress as a line at the beginning and one for each answer."""
    print(f"{title}: {total}", flush=True)
    yield lambda count: print(f"{title}: done {count}", flush=True)


def main(folder: Path, *, steps: int) -> None:
    """Adapt, and say how it ended."""
    try:
        run = make_run(folder, lambda line: print(line, flush=True), steps=steps)
        outcome = run.execute(Registry(folder / "models"))
    except InterruptedRunError:
        print("stopped")
        raise SystemExit(130) from None
    except SLMError as error:
        raise SystemExit(str(error)) from error
    print(f"registered {outcome.entry.spec}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), steps=int(sys.argv[2]))
