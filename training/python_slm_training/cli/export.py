"""``slm export``: checkpoint → the folder that the engine runs, and forms that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from python_slm_training.export.names import Variant

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ALL = "all"


@click.command()
@click.argument("checkpoint", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--variant",
    "variants",
    type=click.Choice([*get_args(Variant), _ALL]),
    multiple=True,
    default=("cpu-int8",),
    show_default=True,
    help="May be repeated. cpu-int8 is what ships; cpu-int4 is smaller and worse; fp32 is for CPU and CUDA, fp16 for "
    "CUDA; GGUF for llama.cpp and, with the Modelfile, Ollama; TorchScript and safetensors (bfloat16) for torch.",
)
@click.option("--name", default="python-slm", show_default=True, help="Name in the manifest and the model card.")
@click.option("--version", "version", default="0.1.0", show_default=True, help="The model's version.")
@click.option("--data-card", type=_FILE, help="card.json of the corpus: its fingerprint and licences are recorded.")
@click.option("--evaluation", type=_FILE, help="JSON report of 'slm eval': its figures are recorded.")
@click.option("--provenance", type=_FILE, help="Index of the corpus ('slm data index'), to ship beside the model.")
@click.option("--filter", "show_filter", type=_FILE, help="Show filter ('slm train filter'), to ship beside the model.")
def export(
    checkpoint: Path,
    out: Path,
    variants: Sequence[str],
    name: str,
    version: str,
    data_card: Path | None,
    evaluation: Path | None,
    provenance: Path | None,
    show_filter: Path | None,
) -> None:
    """Export a trained CHECKPOINT, and refuse to when a variant does not agree with torch on real Python.

    Writes the weights, tokenizer.json, manifest.json (sha256 of each file), evaluation.json and README.md (the model
    card). The folder changes only once everything agrees.

    \b
    Examples:
      slm export runs/mine/best --out exported --data-card corpus/card.json
      slm export runs/mine/best --out release --variant cpu-int8 --variant gguf-q8_0 --variant safetensors
      slm export runs/mine/best --out everything --variant all
    """
    from python_slm_training.export.export import Papers
    from python_slm_training.export.export import export as export_folder

    chosen: list[Variant] = [one for one in get_args(Variant) if one in variants or _ALL in variants]
    manifest = export_folder(
        checkpoint,
        out,
        name=name,
        version=version,
        variants=chosen,
        papers=Papers(data_card, evaluation, provenance, show_filter),
        report=lambda line: click.echo(line, err=True),
    )
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    said = f"{out}: {name} {version}, {', '.join(chosen)}, {size / 1e6:.1f} MB"
    click.echo(f"{said}; try 'slm doctor --model {out}'" if manifest["graphs"] else said)
