"""``slm export``: checkpoint → the folder that the engine runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_slm_training.export.export import Variant

_JSON = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("checkpoint", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--variant",
    type=click.Choice(["cpu-int8", "cpu-int4", "fp32"]),
    default="cpu-int8",
    show_default=True,
    help="cpu-int8 is what ships; cpu-int4 is smaller and worse; fp32 is Optimum's graph, for CPU and CUDA.",
)
@click.option("--name", default="python-slm", show_default=True, help="Name in the manifest and the model card.")
@click.option("--version", "version", default="0.1.0", show_default=True, help="The model's version.")
@click.option("--data-card", type=_JSON, help="card.json of the corpus: its fingerprint and licences are recorded.")
@click.option("--evaluation", type=_JSON, help="JSON report of 'slm eval': its figures are recorded.")
def export(
    checkpoint: Path,
    out: Path,
    variant: Variant,
    name: str,
    version: str,
    data_card: Path | None,
    evaluation: Path | None,
) -> None:
    """Export a trained CHECKPOINT to ONNX, and refuse to when it does not agree with torch.

    Writes the graph, tokenizer.json, manifest.json (sha256 of each file), evaluation.json and README.md (the model
    card). Example: slm export runs/mine/best --out exported/ --data-card corpus/card.json
    """
    from python_slm_training.export.export import Papers
    from python_slm_training.export.export import export as export_folder

    manifest = export_folder(
        checkpoint,
        out,
        name=name,
        version=version,
        variant=variant,
        papers=Papers(data_card, evaluation),
        report=lambda line: click.echo(line, err=True),
    )
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    click.echo(f"{out}: {name} {version}, {variant}, {size / 1e6:.1f} MB; try 'slm doctor --model {out}'")
