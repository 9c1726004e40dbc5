"""``slm train``: tokenizer → shards → pretraining."""

from __future__ import annotations

from pathlib import Path

import click

from python_slm_training.cli.calibrate_bugs import calibrate_bugs
from python_slm_training.cli.distill import distill
from python_slm_training.cli.filter import show_filter
from python_slm_training.cli.merge import merge
from python_slm_training.cli.pack import pack, unpack
from python_slm_training.cli.prefer import pairs, prefer
from python_slm_training.cli.search import search
from python_slm_training.cli.tasks import tasks
from python_slm_training.cli.tune import tune

_CORPUS = click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
_BAR = {"unit": "B", "unit_scale": True, "unit_divisor": 1024, "mininterval": 1.0}


@click.group()
def train() -> None:
    """Train the tokenizer and the model, from a curated corpus.

    \b
    In order:
      slm train tokenizer corpus/ --out tokenizer/
      slm train shards corpus/ --tokenizer tokenizer/ --out shards/
      slm train pretrain --preset cpu --shards shards/ --out run/ --minutes 60
    """


@train.command()
@_CORPUS
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--vocab", type=click.IntRange(512, 65536), default=8192, show_default=True, help="Number of ids.")
@click.option("--sample-mb", type=click.IntRange(1), default=150, show_default=True, help="Text to learn from, MiB.")
@click.option(
    "--merges",
    type=click.Choice(["words", "lines"]),
    default="words",
    show_default=True,
    help="How far a token may reach: a word, or anything in a line between indentation and digits.",
)
def tokenizer(corpus: Path, out: Path, vocab: int, sample_mb: int, merges: str) -> None:
    """Learn a byte-level BPE from CORPUS/train and report its bytes per token on CORPUS/valid.

    More ids make shorter sequences and a larger last layer: 8192 suits a model of a few million parameters, 16384
    one of sixty million. Example: slm train tokenizer corpus/ --out tokenizer/ --vocab 8192
    """
    from tqdm import tqdm

    from python_slm_training.tokenize import bpe
    from python_slm_training.tokenize.bpe import measure, sample_texts, save_tokenizer, train_tokenizer

    limit = sample_mb << 20
    pattern = bpe.QWEN2_PATTERN if merges == "words" else bpe.LINES_PATTERN
    with tqdm(total=limit, desc="reading", **_BAR) as bar:
        texts = sample_texts(corpus, split="train", limit=limit, progress=bar.update)
        trained = train_tokenizer(texts, vocab=vocab, pattern=pattern)
    save_tokenizer(trained, out)
    seen = measure(trained, sample_texts(corpus, split="valid", limit=min(limit, 10 << 20)))
    click.echo(
        f"{out}: {trained.vocab_size} ids, {seen.bytes_per_token:.3f} bytes/token on {seen.bytes} held-out bytes"
    )


@train.command()
@_CORPUS
@click.option(
    "--tokenizer",
    "tokenizer_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder that 'slm train tokenizer' wrote.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
def shards(corpus: Path, tokenizer_folder: Path, out: Path) -> None:
    """Encode every split of CORPUS as uint16 token ids, ready to memory-map.

    Uses every core. Interrupted, run it again: finished input files are kept. The folder is all that pretraining
    needs, on this machine or another. Example: slm train shards corpus/ --tokenizer tokenizer/ --out shards/
    """
    from tqdm import tqdm

    from python_slm_training.tokenize.encode import write_shards

    with tqdm(desc="encoding", **_BAR) as bar:
        meta = write_shards(corpus, tokenizer_folder, out, progress=lambda _, size: bar.update(size))
    for split, counts in meta["splits"].items():
        ratio = counts["bytes"] / max(1, counts["tokens"])
        click.echo(f"{split}: {counts['documents']} documents, {counts['tokens']} tokens, {ratio:.3f} bytes/token")


@train.command()
@click.option("--preset", help="A recipe that ships with slm: cpu, 28m, 64m, 113m ...")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A recipe of your own.")
@click.option(
    "--shards",
    "shards_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder that 'slm train shards' wrote.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the run.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall-clock budget; the schedule fits it.")
@click.option("--steps", type=click.IntRange(1), help="End after this many optimiser steps instead.")
@click.option("--resume", is_flag=True, help="Go on where --out stands; begins where it is empty.")
@click.option(
    "--from",
    "start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Begin a new run with the weights of this checkpoint, of the same shape and tokenizer.",
)
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="CPU threads; 0 is all cores.")
@click.option(
    "--compile/--no-compile",
    "compiled",
    default=None,
    help="Compiled blocks and bfloat16 arithmetic.  [default: where there is a GPU]",
)
def pretrain(
    preset: str | None,
    config: Path | None,
    shards_folder: Path,
    out: Path,
    minutes: float | None,
    steps: int | None,
    resume: bool,
    start: Path | None,
    threads: int,
    compiled: bool | None,
) -> None:
    """Train a model on token shards, from scratch or from the weights of an earlier run.

    Ctrl-C (or SIGTERM) saves a checkpoint; the same command with --resume goes on with the very next batch. The run's
    folder gets checkpoints/, metrics.jsonl, tensorboard/, loss.png, curve.svg and, at the end, final/: a Hugging Face
    folder for 'slm export'. Killed, it loses less than a minute.

    \b
    Examples:
      slm train pretrain --preset cpu --shards shards/ --out run/ --minutes 60
      slm train pretrain --preset 64m --shards best/ --out anneal/ --minutes 10 --from run/checkpoints/before-cooldown
      accelerate launch --num_processes 8 "$(command -v slm)" train pretrain --preset 113m --shards shards/ --out run/
    """
    import dataclasses

    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.loop import Options, Trainer

    if (preset is None) == (config is None):
        raise click.UsageError("give either --preset or --config")
    recipe = Config.from_toml(config) if config else Config.preset(preset or "")
    budget: dict[str, float] = {}
    if minutes:
        budget = {"minutes": minutes, "steps": 0}
    if steps:
        budget |= {"steps": steps}
    recipe = dataclasses.replace(recipe, **budget)  # type: ignore[arg-type]
    options = Options(shards_folder, out, resume=resume, start=start, threads=threads, compiled=compiled)
    trainer = Trainer(recipe, options, say=click.echo)
    outcome = trainer.run()
    trainer.close()
    if outcome.interrupted:
        raise SystemExit(130)
    click.echo(f"{out / 'final'}: {outcome.step} steps, {outcome.bits_per_byte:.4f} bits/byte held out")


train.add_command(pack)
train.add_command(unpack)
train.add_command(search)
train.add_command(tasks)
train.add_command(tune)
train.add_command(merge)
train.add_command(distill)
train.add_command(pairs)
train.add_command(show_filter)
train.add_command(calibrate_bugs)
train.add_command(prefer)


if __name__ == "__main__":  # where the project lies unpacked and is not installed
    train()
