"""``slm train merge``: an adapter put into its base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm_training.tune.merge import DType


@click.command()
@click.argument("adapter", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--base", metavar="DIR-OR-HUB-ID", help="Model that the adapter was trained on; it knows by itself.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="How weights are stored; halves cost precision.",
)
def merge(adapter: Path, base: str | None, out: Path, dtype: DType) -> None:
    """Put ADAPTER into its base's weights: a Hugging Face folder for 'slm export' and everything else.

    An adapter of a 4-bit base (qlora) goes into that base dequantised, beside which it learned.
    Example: slm train merge run/adapter --out merged/
    """
    from python_slm_training.tune.merge import merge as put

    click.echo(f"{put(base, adapter, out, dtype=dtype)}: merged; try 'slm export {out} --out exported/'")
