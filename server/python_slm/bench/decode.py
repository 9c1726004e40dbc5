"""``slm bench decode``: how fast the model reads and writes, beside llama.cpp and memory bandwidth, in one run."""

from __future__ import annotations

import json
import statistics
import sysconfig
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from python_slm.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_slm.engine.model import Model

TYPED_TOKENS = 8
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_TEXTS = ("argparse.py", "inspect.py", "tarfile.py")
_BUSY = 0.25


@dataclass(frozen=True)
class Times:
    """Seconds to read a prompt from nothing, to read it again with other last tokens, and (median) for a token more.

    A token is short: on a busy machine most of them are not interrupted, so their median is what they cost.
    """

    cold_s: float
    reuse_s: float
    step_s: float


class Engine(Protocol):
    """Whoever can be timed."""

    def time(self, ids: Sequence[int], new_tokens: int) -> Times:
        """Read ``ids``, write ``new_tokens``; read ``ids`` again, but for the last ``TYPED_TOKENS``."""


class Ours:
    """The model through the decoder, its Python included."""

    def __init__(self, model: Model, clock: Callable[[], float] = time.perf_counter) -> None:
        self._model = model
        self._clock = clock

    def time(self, ids: Sequence[int], new_tokens: int) -> Times:
        """See Engine. The decoder asks before each pass whether it is cancelled: that is when a token begins."""
        from python_slm.engine.decode import Decoder, GenerationConfig  # noqa: PLC0415 - imports numpy; --help need not

        decoder, passes = Decoder(self._model, self._clock), list[float]()

        def cancelled() -> bool:
            passes.append(self._clock())
            return False

        cold, reuse = (
            decoder.generate(
                prompt,
                GenerationConfig(max_new_tokens=count),
                heal=False,
                stop=lambda _: None,
                cancelled=cancelled,
                deadline=None,
            )
            for prompt, count in ((ids, new_tokens), (retyped(ids), 1))
        )
        steps = pairwise(passes[-new_tokens:])  # the last begins with the second prompt's only pass
        return Times(
            cold.prefill_ms / 1e3, reuse.prefill_ms / 1e3, statistics.median(end - start for start, end in steps)
        )


@dataclass(frozen=True)
class Figures:
    """Medians over the repeats. ``bandwidth`` is bytes a second, ``bytes_a_token`` the weights and the cache read."""

    threads: int
    prompt_tokens: int
    ours: Times
    llama_cpp: Times | None
    bytes_a_token: int
    bandwidth: float

    @property
    def share_of_limit(self) -> float:
        """What reading the bytes alone would take, over what a token takes."""
        return self.bytes_a_token / self.bandwidth / self.ours.step_s


@click.command()
@click.option("--model", "folder", type=_FOLDER, help="Model folder instead of the shipped one.")
@click.option(
    "--gguf",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same weights for llama.cpp, from 'slm export --variant gguf-q8_0'.",
)
@click.option("--threads", type=click.IntRange(1), multiple=True, default=(1, 2), show_default=True)
@click.option("--prompt-tokens", type=click.IntRange(16), multiple=True, default=(512, 1000), show_default=True)
@click.option("--new-tokens", type=click.IntRange(2), default=24, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=15, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def decode(  # noqa: PLR0917 - click passes by name
    folder: Path | None,
    gguf: Path | None,
    threads: tuple[int, ...],
    prompt_tokens: tuple[int, ...],
    new_tokens: int,
    repeats: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Milliseconds to read a prompt, to read on after typing, and for a token: ours and llama.cpp's by turns.

    The limit is the time that reading a token's bytes takes at the bandwidth measured here and now, from as much memory
    as those bytes. Example: slm bench decode --model exported/ --gguf exported/model.q8_0.gguf
    """
    import psutil  # noqa: PLC0415 - --help need not

    before = psutil.getloadavg()[0]
    rows = list(_rows(folder, gguf, threads, prompt_tokens, new_tokens, repeats))
    load = {"cores": psutil.cpu_count(logical=False), "load_before": before, "load_after": psutil.getloadavg()[0]}
    if as_json:
        found = [{**asdict(row), "share_of_limit": row.share_of_limit} for row in rows]
        click.echo(json.dumps({**load, "new_tokens": new_tokens, "rows": found}))
        return
    for row in rows:
        click.echo(_line(row))
    click.echo(f"{load['cores']} cores, load {before:.1f} before and {load['load_after']:.1f} after")
    if before > _BUSY:
        click.echo("the machine was busy: the ratios hold, the times are too long")


def _rows(  # noqa: PLR0917 - as the command
    folder: Path | None,
    gguf: Path | None,
    threads: Sequence[int],
    lengths: Sequence[int],
    new_tokens: int,
    repeats: int,
) -> Iterator[Figures]:
    from python_slm.engine.model import Model  # noqa: PLC0415 - imports onnxruntime; --help need not

    for count in threads:
        model = Model.load(folder, threads=count)
        room = model.capacity - new_tokens
        with ExitStack() as stack:
            rivals = _rivals(stack, gguf, model.capacity, count)
            for length in dict.fromkeys(min(length, room) for length in lengths):
                yield measure(model, prompt(model, length), new_tokens, repeats, rivals)


def measure(model: Model, ids: Sequence[int], new_tokens: int, repeats: int, rivals: Sequence[Engine] = ()) -> Figures:
    """Time the model, and its rivals by turns with it, so that all meet the same machine; their best counts."""
    from python_slm.bench.bandwidth import read_bandwidth  # noqa: PLC0415 - imports numpy

    ours, *others = by_turns([Ours(model), *rivals], ids, new_tokens, repeats)
    shape = model.manifest
    kv_bytes = 2 * 4 * shape.layers * shape.kv_heads * shape.head_dim * (len(ids) + new_tokens // 2)
    bytes_a_token = shape.files[shape.graphs[model.device]].bytes + kv_bytes
    return Figures(
        threads=model.threads,
        prompt_tokens=len(ids),
        ours=ours,
        llama_cpp=best(others) if others else None,
        bytes_a_token=bytes_a_token,
        bandwidth=read_bandwidth(bytes_a_token, model.threads),
    )


def by_turns(engines: Sequence[Engine], ids: Sequence[int], new_tokens: int, repeats: int) -> list[Times]:
    """Each engine's medians over ``repeats`` rounds; who goes first changes, and a round before them warms up."""
    rounds: list[list[Times]] = [[] for _ in engines]
    for turn in range(repeats + 1):
        order = range(len(engines)) if turn % 2 else reversed(range(len(engines)))
        for place in order:
            found = engines[place].time(ids, new_tokens)
            if turn:
                rounds[place].append(found)
    return [
        Times(*(statistics.median(getattr(one, name) for one in own) for name in ("cold_s", "reuse_s", "step_s")))
        for own in rounds
    ]


def best(found: Sequence[Times]) -> Times:
    """The shortest of each."""
    return Times(min(one.cold_s for one in found), min(one.reuse_s for one in found), min(one.step_s for one in found))


def retyped(ids: Sequence[int]) -> list[int]:
    """``ids`` with other last tokens, as many as ``TYPED_TOKENS``."""
    return [*ids[:-TYPED_TOKENS], *ids[:TYPED_TOKENS]]


def prompt(model: Model, length: int) -> list[int]:
    """Tokens of real Python."""
    library = Path(sysconfig.get_path("stdlib"))
    ids: list[int] = []
    for name in _TEXTS:
        ids += model.tokenizer.encode((library / name).read_text(encoding="utf-8"))
    return ids[:length]


def _line(row: Figures) -> str:
    ours, rival = row.ours, row.llama_cpp
    parts = [
        f"{row.prompt_tokens} tokens {_beside(ours.cold_s, rival.cold_s if rival else None)}",
        f"{TYPED_TOKENS} more {_beside(ours.reuse_s, rival.reuse_s if rival else None)}",
        f"a token {_beside(ours.step_s, rival.step_s if rival else None)}",
        f"{row.share_of_limit:.0%} of the limit ({row.bytes_a_token / 1e6:.1f} MB at {row.bandwidth / 1e9:.0f} GB/s)",
    ]
    return f"{row.threads} thread{'s' * (row.threads != 1)}: {', '.join(parts)}"


def _beside(ours_s: float, rival_s: float | None) -> str:
    text = f"{ours_s * 1e3:.2f} ms"
    return text if rival_s is None else f"{text} (llama.cpp {rival_s * 1e3:.2f}: {rival_s / ours_s:.2f}×)"


def _rivals(stack: ExitStack, gguf: Path | None, capacity: int, threads: int) -> list[Engine]:
    """llama.cpp, with and without flash attention: each is its faster way somewhere."""
    from python_slm.bench.llama import opened  # noqa: PLC0415 - it imports this module

    if gguf is None:
        click.echo("no comparison with llama.cpp: give --gguf", err=True)
        return []
    try:
        return [stack.enter_context(opened(gguf, capacity, threads, flash=flash)) for flash in (True, False)]
    except MissingExtraError as error:
        click.echo(str(error), err=True)
        return []
