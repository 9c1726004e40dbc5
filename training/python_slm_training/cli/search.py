"""``slm train search``: small experiments before a long run."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--seconds", type=click.FloatRange(1), default=60, show_default=True, help="CPU time of each run.")
@click.option("--sample-mb", type=click.IntRange(1), default=12, show_default=True, help="Text to learn from, MiB.")
@click.option(
    "--question",
    "questions",
    type=click.Choice(["tokenizer", "infilling", "rate", "optimizer", "shape"]),
    multiple=True,
    help="Ask only this; repeatable.  [default: all]",
)
def search(corpus: Path, out: Path, seconds: float, sample_mb: int, questions: tuple[str, ...]) -> None:
    """Compare tokenizers, infilling rates, learning rates, optimisers and shapes, each by a short run on the CPU.

    Every run gets the same CPU seconds and differs from the first in one choice; all are judged by bits per byte of the
    same held-out texts. Writes OUT/results.jsonl, OUT/search.md and OUT/search.svg. Run it again to go on where it was
    killed. Small differences at this size say little: repeat what matters at yours.

    Example: slm train search corpus/ --out search/ --seconds 60
    """
    from python_slm_training.pretrain.search import VARIANTS, draw, line
    from python_slm_training.pretrain.search import search as run

    chosen = tuple(one for one in VARIANTS if not questions or one.question in (*questions, "all"))
    results = run(corpus, out, seconds=seconds, sample_mb=sample_mb, variants=chosen, say=click.echo)
    heading = "| run | question | bits/byte | tokens | parameters | bytes/token |\n|---|---|---|---|---|---|\n"
    table = heading + "".join(line(result) + "\n" for result in results)
    (out / "search.md").write_text(table, encoding="utf-8")
    draw(results, out / "search.svg")
    click.echo(table, nl=False)
