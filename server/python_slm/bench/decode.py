"""``slm bench decode``: tokens a second of the model, beside memory bandwidth and llama.cpp, measured in one run."""

from __future__ import annotations

import json
import statistics
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.engine.model import Model

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_TEXTS = ("argparse.py", "inspect.py", "tarfile.py")


@dataclass(frozen=True)
class Figures:
    """Medians over the repeats. ``bandwidth`` is bytes a second, ``bytes_a_token`` the weights and the cache read."""

    prompt_tokens: int
    new_tokens: int
    threads: int
    prefill_s: float
    decode_s: float
    bytes_a_token: int
    bandwidth: float
    memory_bandwidth: float

    @property
    def step_s(self) -> float:
        """Seconds a generated token; the first one's logits belong to the prefill."""
        return self.decode_s / (self.new_tokens - 1)

    @property
    def share_of_limit(self) -> float:
        """What reading the bytes alone would take, over what a token takes."""
        return self.bytes_a_token / self.bandwidth / self.step_s


@click.command()
@click.option("--model", "folder", type=_FOLDER, help="Model folder instead of the shipped one.")
@click.option(
    "--gguf",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same weights for llama.cpp, from 'slm export --variant gguf-q8_0'.",
)
@click.option("--threads", type=click.IntRange(0), default=0, help="0 chooses from the machine, as serving does.")
@click.option("--prompt-tokens", type=click.IntRange(2), default=512, show_default=True)
@click.option("--new-tokens", type=click.IntRange(2), default=48, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def decode(  # noqa: PLR0917 - click passes by name
    folder: Path | None,
    gguf: Path | None,
    threads: int,
    prompt_tokens: int,
    new_tokens: int,
    repeats: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Tokens a second when reading a prompt and when writing an answer.

    The limit is the time that reading a token's bytes takes at the bandwidth measured here and now, from as much memory
    as those bytes. Example: slm bench decode --model exported/ --gguf exported/model.q8_0.gguf
    """
    from python_slm.engine.model import Model  # noqa: PLC0415 - imports onnxruntime; --help need not

    model = Model.load(folder, threads=threads)
    if not as_json:
        click.echo(model.describe())
    room = model.capacity - new_tokens
    ids = _prompt(model, min(prompt_tokens, room))
    figures = measure(model, ids, new_tokens, repeats)
    rival = _rival(gguf, ids, figures) if gguf else "no comparison with llama.cpp: give --gguf"
    if as_json:
        click.echo(json.dumps({**asdict(figures), "share_of_limit": figures.share_of_limit, "llama_cpp": rival}))
        return
    _show(figures)
    if isinstance(rival, str):
        click.echo(rival)
    else:
        prefill, step = rival["prefill_s"], rival["step_s"]
        click.echo(f"llama.cpp: prefill {prefill * 1e3:.1f} ms, decode {step * 1e3:.3f} ms a token")
        click.echo(
            f"against it: prefill {prefill / figures.prefill_s:.2f}×, decode {step / figures.step_s:.2f}× as fast"
        )


def measure(model: Model, ids: Sequence[int], new_tokens: int, repeats: int) -> Figures:
    """Greedy generation through the decoder, its Python included, from an empty cache each time."""
    from python_slm.bench.bandwidth import read_bandwidth  # noqa: PLC0415 - imports numpy
    from python_slm.engine.decode import Decoder, GenerationConfig  # noqa: PLC0415

    runs = [
        Decoder(model).generate(
            ids,
            GenerationConfig(max_new_tokens=new_tokens),
            heal=False,
            stop=lambda _: None,
            cancelled=lambda: False,
            deadline=None,
        )
        for _ in range(repeats + 1)
    ][1:]  # the first warms up
    shape = model.manifest
    cached = len(ids) + new_tokens // 2
    kv_bytes = 2 * 4 * shape.layers * shape.kv_heads * shape.head_dim * cached
    bytes_a_token = shape.files[shape.graphs[model.device]].bytes + kv_bytes
    return Figures(
        prompt_tokens=len(ids),
        new_tokens=new_tokens,
        threads=model.threads,
        prefill_s=statistics.median(run.prefill_ms for run in runs) / 1e3,
        decode_s=statistics.median(run.decode_ms for run in runs) / 1e3,
        bytes_a_token=bytes_a_token,
        bandwidth=read_bandwidth(bytes_a_token, model.threads),
        memory_bandwidth=read_bandwidth(1 << 28, model.threads),
    )


def _prompt(model: Model, length: int) -> list[int]:
    library = Path(sysconfig.get_path("stdlib"))
    ids: list[int] = []
    for name in _TEXTS:
        ids += model.tokenizer.encode((library / name).read_text(encoding="utf-8"))
    return ids[:length]


def _show(figures: Figures) -> None:
    decode_rate = 1 / figures.step_s
    click.echo(
        f"prefill: {figures.prompt_tokens / figures.prefill_s:.0f} tokens/s "
        f"({figures.prompt_tokens} tokens in {figures.prefill_s * 1e3:.1f} ms)"
    )
    click.echo(f"decode: {decode_rate:.0f} tokens/s ({figures.step_s * 1e3:.3f} ms a token)")
    click.echo(
        f"a token reads {figures.bytes_a_token / 1e6:.1f} MB of weights and cache; {figures.threads} threads read "
        f"{figures.bandwidth / 1e9:.1f} GB/s from that much, {figures.memory_bandwidth / 1e9:.1f} GB/s from memory"
    )
    limit = figures.bandwidth / figures.bytes_a_token
    click.echo(f"limit: {limit:.0f} tokens/s; decode is at {figures.share_of_limit:.0%} of it")


def _rival(gguf: Path, ids: Sequence[int], figures: Figures) -> dict[str, float] | str:
    from python_slm.bench.llama import require_llama, time_llama  # noqa: PLC0415

    try:
        require_llama()
    except MissingExtraError as error:
        return str(error)
    prefill_s, decode_s = time_llama(gguf, ids, figures.new_tokens, figures.threads)
    return {"prefill_s": prefill_s, "step_s": decode_s / (figures.new_tokens - 1)}
