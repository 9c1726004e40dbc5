"""``slm train``: tokenizer → shards → pretraining."""

from __future__ import annotations

from pathlib import Path

import click

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
def tokenizer(corpus: Path, out: Path, vocab: int, sample_mb: int) -> None:
    """Learn a byte-level BPE from CORPUS/train and report its bytes per token on CORPUS/valid.

    More ids make shorter sequences and a larger last layer: 8192 suits a model of a few million parameters, 16384
    one of sixty million. Example: slm train tokenizer corpus/ --out tokenizer/ --vocab 8192
    """
    from tqdm import tqdm

    from python_slm_training.tokenize.bpe import measure, sample_texts, save_tokenizer, train_tokenizer

    limit = sample_mb << 20
    with tqdm(total=limit, desc="reading", **_BAR) as bar:
        trained = train_tokenizer(sample_texts(corpus, split="train", limit=limit, progress=bar.update), vocab=vocab)
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

    from python_slm_training.tokenize.shards import write_shards

    with tqdm(desc="encoding", **_BAR) as bar:
        meta = write_shards(corpus, tokenizer_folder, out, progress=lambda _, size: bar.update(size))
    for split, counts in meta["splits"].items():
        ratio = counts["bytes"] / max(1, counts["tokens"])
        click.echo(f"{split}: {counts['documents']} documents, {counts['tokens']} tokens, {ratio:.3f} bytes/token")
