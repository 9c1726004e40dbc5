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
    """Medians in milliseconds of CPU time, which leaves out what other programs took.

    ``copies`` of the ``suggestions`` were findings; ``index_bytes`` are mapped, not read.
    """

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
        f"completion {figures.completion_ms:.1f} ms of CPU, lookup {figures.lookup_ms:.2f} ms: {figures.share:.1%}"
    )


def measure(slm: PythonSLM, places: int, seed: int = 0) -> Figures:
    """Figures of suggestions at random places of files that are open, as in an editor, their blocks known.

    Raises ProvenanceError when there is no index to ask.
    """
    from python_slm.syntax.blocks import BlockIndex  # noqa: PLC0415
    from python_slm.tasks.complete import complete  # noqa: PLC0415
    from python_slm.text import Document  # noqa: PLC0415

    if slm.corpus is None:
        raise ProvenanceError(
            "the model comes without an index of its corpus; give --index ('slm data index' makes one)"
        )
    library = Path(sysconfig.get_path("stdlib"))
    texts = {name: (library / name).read_text(encoding="utf-8") for name in _TEXTS}
    blocks = {name: BlockIndex.of(text) for name, text in texts.items()}
    chance = random.Random(seed)  # noqa: S311 - places, not secrets
    completions, lookups, copies = [], [], 0
    for _ in range(places):
        name = chance.choice(_TEXTS)
        document = Document(f"file:///{name}", texts[name])
        offset = chance.randrange(len(document.text) // 2, len(document.text))
        begun = time.process_time()
        found = complete(
            document,
            offset,
            decoder=slm.decoder,
            settings=slm.settings.completion,
            cancelled=lambda: False,
            path=name,
            blocks=blocks[name],
            corpus=slm.corpus,
        )
        spent = 1000 * (time.process_time() - begun)
        for one in found.completions:
            completions.append(spent)
            begun = time.process_time()
            copies += slm.corpus.find(document.text[:offset], one.text) is not None
            lookups.append(1000 * (time.process_time() - begun))
    if not completions:
        raise ProvenanceError(f"no suggestion at any of {places} places; give --places more")
    return Figures(
        suggestions=len(completions),
        copies=copies,
        completion_ms=statistics.median(completions),
        lookup_ms=statistics.median(lookups),
        index_bytes=int(slm.corpus.header["bytes"]),
    )
