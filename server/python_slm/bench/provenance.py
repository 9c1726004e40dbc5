"""``slm bench provenance``: what it costs to ask where a suggestion was copied from, beside making the suggestion."""

from __future__ import annotations

import json
import random
import statistics
import sysconfig
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.errors import ProvenanceError

if TYPE_CHECKING:
    from python_slm.api import PythonSLM

_TEXTS = ("argparse.py", "inspect.py", "tarfile.py")


@dataclass(frozen=True)
class Figures:
    """Medians in milliseconds; ``index_bytes`` are mapped, not read. ``copies`` of the suggestions were findings."""

    suggestions: int
    copies: int
    completion_ms: float
    lookup_ms: float
    index_bytes: int

    @property
    def share(self) -> float:
        """Of a completion's time, what the question takes."""
        return self.lookup_ms / self.completion_ms


@click.command()
@click.option(
    "--model", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Instead of the one in use."
)
@click.option(
    "--index", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Instead of the one by the model."
)
@click.option("--places", type=click.IntRange(1), default=60, show_default=True, help="Cursors in library modules.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def provenance(model: Path | None, index: Path | None, *, places: int, as_json: bool) -> None:
    """Complete at random places of library modules, and ask of each suggestion where it was copied from.

    Example: slm bench provenance --index provenance.bin
    """
    from python_slm.api import PythonSLM  # noqa: PLC0415 - imports onnxruntime; --help need not
    from python_slm.provenance import CorpusIndex  # noqa: PLC0415
    from python_slm.settings import Settings  # noqa: PLC0415

    asked = {"model": {"path": str(model or "")}, "completion": {"deadline_ms": 60_000}}
    slm = PythonSLM.load(Settings.from_dict(asked))
    slm = replace(slm, corpus=CorpusIndex.open(index)) if index else slm
    figures = measure(slm, places)
    if as_json:
        click.echo(json.dumps({**asdict(figures), "share": figures.share}))
        return
    click.echo(
        f"{figures.suggestions} suggestions, {figures.copies} copied; index of {figures.index_bytes / 1e6:.1f} MB"
    )
    click.echo(
        f"completion {figures.completion_ms:.1f} ms, lookup {figures.lookup_ms:.2f} ms: {figures.share:.1%} of it"
    )


def measure(slm: PythonSLM, places: int, seed: int = 0) -> Figures:
    """Figures of suggestions at random line ends and words. Raises ProvenanceError when there is no index to ask."""
    from python_slm.text import Document  # noqa: PLC0415

    if slm.corpus is None:
        raise ProvenanceError(
            "the model comes without an index of its corpus; give --index ('slm data index' makes one)"
        )
    library = Path(sysconfig.get_path("stdlib"))
    chance = random.Random(seed)  # noqa: S311 - places, not secrets
    completions, lookups, copies = [], [], 0
    for _ in range(places):
        name = chance.choice(_TEXTS)
        text = (library / name).read_text(encoding="utf-8")
        offset = chance.randrange(len(text) // 2, len(text))
        begun = time.perf_counter()
        found = slm.complete(Document(f"file:///{name}", text), offset, path=name)
        spent = 1000 * (time.perf_counter() - begun)
        for one in found:
            completions.append(spent)
            lookups.append(one.trace.stages_ms["provenance"])
            copies += one.trace.copied is not None
    if not completions:
        raise ProvenanceError(f"no suggestion at any of {places} places; give --places more")
    return Figures(
        suggestions=len(completions),
        copies=copies,
        completion_ms=statistics.median(completions),
        lookup_ms=statistics.median(lookups),
        index_bytes=int(slm.corpus.header["bytes"]),
    )
