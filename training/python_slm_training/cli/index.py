"""``slm data index``: where suggestions were copied from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Index file to write.")
@click.option(
    "--tokens",
    type=click.IntRange(12),
    default=32,
    show_default=True,
    help="Python tokens in a row from which on a copy is found for certain; the index shrinks as they grow.",
)
@click.option(
    "--projects",
    type=click.IntRange(2),
    default=3,
    show_default=True,
    help="Text that stands in so many projects is nobody's and not reported.",
)
def index(corpus: Path, out: Path, tokens: int, projects: int) -> None:
    """Index the train split of a CORPUS, so that a suggestion copied from it can name file, project and licence.

    The index reads words and signs of Python, not a model's tokens: one index serves every model trained on the corpus,
    and a copy is found under another indentation too. Ship it by 'slm export --provenance FILE'. An interrupted run
    goes on where it was; run the same command again.

    \b
    Example:
      slm data index corpus --out provenance.bin --tokens 48
    """
    from tqdm import tqdm

    from python_slm_training.provenance.build import Plan, build

    plan = Plan.of(tokens, projects)
    header = build(corpus, out, plan, lambda sources, label: tqdm(sources, desc=label, unit="source"))
    size, megabytes = header["bytes"], header["corpus_bytes"] / 1e6
    print(
        f"{out}: {size / 1e6:.2f} MB for {megabytes:.1f} MB of text ({size / megabytes / 1e3:.1f} KB a MB): "
        f"{header['grams']} grams of {header['tokens']} tokens, {header['files']} files, {header['projects']} projects"
    )
