"""Small experiments before a long run: short runs that differ in one choice, each given the same CPU seconds.

Every run is judged by bits per byte of the same held-out texts, whatever its tokenizer. CPU time is this process's own,
so a busy machine makes a search slow, not unfair. Finished runs are kept: a killed search goes on with the next.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from python_slm.prompt import END_OF_TEXT
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.entropy import linear_cross_entropy
from python_slm_training.pretrain.loop import Options, Trainer
from python_slm_training.tokenize.bpe import LINES_PATTERN, QWEN2_PATTERN, sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.corpus import read_records, split_files
from python_slm_training.tokenize.encode import write_shards

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transformers import Qwen3ForCausalLM

BASE = Config(
    hidden_size=128,
    layers=3,
    heads=2,
    kv_heads=1,
    intermediate_size=352,
    context_length=256,
    batch_rows=8,
    micro_rows=8,
    validation_rows=8,
    validate_minutes=1e9,
    checkpoint_minutes=0.5,
)
"""1.5 million parameters with 8,192 ids."""
_TEXTS, _TEXT_CHARACTERS = 160, 600
_PLAIN = "8K"


@dataclass(frozen=True)
class Variant:
    """One choice that differs from BASE."""

    name: str
    question: str
    changes: dict[str, Any] = field(default_factory=dict)
    tokenizer: str = _PLAIN


VARIANTS = (
    Variant("base", "all"),
    Variant("16K ids", "tokenizer", {}, "16K"),
    Variant("8K ids, merges across spaces", "tokenizer", {}, "8K-lines"),
    Variant("no infilling", "infilling", {"fim_rate": 0.0}),
    Variant("infilling 90 %", "infilling", {"fim_rate": 0.9}),
    Variant("rates x 1/2", "rate", {"muon_rate": 0.01, "adam_rate": 0.0025}),
    Variant("rates x 2", "rate", {"muon_rate": 0.04, "adam_rate": 0.01}),
    Variant("AdamW .005", "optimizer", {"matrix_optimizer": "adamw", "muon_rate": 0.005}),
    Variant("AdamW .0015", "optimizer", {"matrix_optimizer": "adamw", "muon_rate": 0.0015}),
    Variant("6 layers of 96", "shape", {"hidden_size": 96, "layers": 6, "intermediate_size": 256, "head_dim": 48}),
    Variant("2 layers of 160", "shape", {"hidden_size": 160, "layers": 2, "intermediate_size": 448, "head_dim": 80}),
)
_TOKENIZERS = {_PLAIN: (8192, QWEN2_PATTERN), "16K": (16384, QWEN2_PATTERN), "8K-lines": (8192, LINES_PATTERN)}


@dataclass(frozen=True)
class Result:
    """What one run came to."""

    name: str
    question: str
    bits_per_byte: float
    tokens: int
    parameters: int
    bytes_per_token: float


def search(
    corpus: Path,
    out: Path,
    *,
    seconds: float,
    sample_mb: int = 12,
    variants: tuple[Variant, ...] = VARIANTS,
    base: Config = BASE,
    say: Callable[[str], object] = lambda _: None,
) -> list[Result]:
    """Run every variant for ``seconds`` of CPU; the results, best first, also in ``out/results.jsonl``."""
    out.mkdir(parents=True, exist_ok=True)
    small = _sub_corpus(corpus, out / "corpus", sample_mb << 20)
    texts = _held_out(small)
    done = {result.name: result for result in read_results(out)}
    for variant in variants:
        if variant.name in done:
            continue
        shards = _shards(small, out, variant.tokenizer, sample_mb, say)
        say(f"{variant.name}: {seconds:.0f} s of CPU")
        done[variant.name] = found = _run(variant, shards, out, texts, replace(base, minutes=seconds / 60))
        say(line(found))
        with (out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(found)) + "\n")
    return sorted(done.values(), key=lambda result: result.bits_per_byte)


def read_results(out: Path) -> list[Result]:
    """What earlier calls found."""
    path = out / "results.jsonl"
    return [Result(**json.loads(row)) for row in path.read_text("utf-8").splitlines()] if path.exists() else []


def line(result: Result) -> str:
    """A row of the table, in Markdown."""
    return (
        f"| {result.name} | {result.question} | {result.bits_per_byte:.3f} | {result.tokens / 1e3:,.0f} K | "
        f"{result.parameters / 1e6:.2f} M | {result.bytes_per_token:.2f} |"
    )


def draw(results: list[Result], path: Path) -> None:
    """Bits per byte of each variant, with the base's as a line."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and only wanted here

    figure = Figure(figsize=(8, 0.35 * len(results) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    axes.barh([result.name for result in results], [result.bits_per_byte for result in results], color="C0")
    for result in results:
        if result.name == "base":
            axes.axvline(result.bits_per_byte, color="C1", linestyle="--")
    axes.set_xlim(left=0.9 * min(result.bits_per_byte for result in results))
    axes.set_xlabel("held-out bits per byte, lower is better")
    axes.invert_yaxis()
    figure.savefig(path)


def _sub_corpus(corpus: Path, out: Path, limit: int) -> Path:
    """Links to a part of a corpus: the smallest files of each split until they hold ``limit`` compressed bytes / 5."""
    for split, share in (("train", 1.0), ("valid", 0.1), ("test", 0.1)):
        (out / split).mkdir(parents=True, exist_ok=True)
        left = limit * share / 5
        for path in sorted(split_files(corpus, split), key=lambda path: path.stat().st_size):
            if left > 0 and not (out / split / path.name).exists():
                (out / split / path.name).symlink_to(path.resolve())
            left -= path.stat().st_size
    return out


def _held_out(corpus: Path) -> list[str]:
    """Texts of _TEXT_CHARACTERS from as many documents of the test split, each from the beginning of a line."""
    random = np.random.default_rng(0)
    documents = [record.text for path in split_files(corpus, "test") for record in read_records(path)]
    long = [text for text in documents if len(text) > 2 * _TEXT_CHARACTERS]
    chosen = []
    for number in random.permutation(len(long))[:_TEXTS]:
        text = long[number]
        start = text.rfind("\n", 0, int(random.integers(1, len(text) - _TEXT_CHARACTERS))) + 1
        chosen.append(text[start : start + _TEXT_CHARACTERS])
    return chosen


def _shards(corpus: Path, out: Path, name: str, sample_mb: int, say: Callable[[str], object]) -> Path:
    vocab, pattern = _TOKENIZERS[name]
    tokenizer, shards = out / f"tokenizer-{name}", out / f"shards-{name}"
    if not (shards / "meta.json").exists():
        say(f"tokenizer and shards {name}")
        texts = sample_texts(corpus, split="train", limit=sample_mb << 20)
        save_tokenizer(train_tokenizer(texts, vocab=vocab, pattern=pattern), tokenizer)
        write_shards(corpus, tokenizer, shards)
    return shards


def _run(variant: Variant, shards: Path, out: Path, texts: list[str], base: Config) -> Result:
    folder = out / "runs" / variant.name.replace(" ", "-").replace("/", "-")
    options = Options(shards, folder, resume=True, threads=1, data_workers=0)
    trainer = Trainer(replace(base, **variant.changes), options, clock=time.process_time)
    outcome = trainer.run()
    tokenizer = Tokenizer.from_file(shards / "tokenizer.json")
    bits, ratio = _bits_per_byte(trainer.model, tokenizer, texts)
    parameters = sum(weight.numel() for weight in trainer.model.parameters())
    return Result(variant.name, variant.question, bits, outcome.step * base.batch_tokens, parameters, ratio)


def _bits_per_byte(model: Qwen3ForCausalLM, tokenizer: Tokenizer, texts: list[str]) -> tuple[float, float]:
    """Bits and tokens a byte over whole texts, the first token included, after an end of text."""
    nats, size, tokens = 0.0, 0, 0
    for text in texts:
        ids = torch.tensor([tokenizer.special(END_OF_TEXT), *tokenizer.encode(text)])
        with torch.no_grad():
            hidden = model.model(input_ids=ids[None, :-1]).last_hidden_state[0]
            nats += float(linear_cross_entropy(hidden, model.lm_head.weight, ids[1:]))
        size += len(text.encode("utf-8", "surrogatepass"))
        tokens += len(ids) - 1
    return nats / math.log(2) / size, size / tokens
