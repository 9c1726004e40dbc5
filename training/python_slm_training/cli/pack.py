"""``slm train pack`` and ``slm train unpack``: folders in parts that travel."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--out", type=_NEW, required=True, help="Folder to write.")
@click.option("--part-mib", type=click.IntRange(1), default=40, show_default=True, help="Largest part, MiB.")
@click.option("--split", "splits", multiple=True, default=("train", "valid"), show_default=True, help="Of shards.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Threads.")
def pack(folder: Path, out: Path, part_mib: int, splits: tuple[str, ...], workers: int) -> None:
    """Pack token shards, or the model of a checkpoint, into xz files of a bounded size with checksums.

    Of shards, what training reads; of a checkpoint the model, in bfloat16, without its optimisers. The other end needs
    this project and 'slm train unpack'. Interrupted, run it again: finished pieces are kept.

    \b
    Examples:
      slm train pack shards/ --out packed/ --part-mib 40
      slm train pack run/final --out home/ --part-mib 15
    """
    import tempfile

    from tqdm import tqdm

    from python_slm_training.pretrain.pack import narrow, shard_files
    from python_slm_training.pretrain.pack import pack as run

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, tqdm(unit="B", unit_scale=True, mininterval=1.0) as bar:
        of_shards = (folder / "meta.json").exists()
        files = shard_files(folder, splits) if of_shards else narrow(folder, Path(scratch))
        parts = run(files, out, part_mib=part_mib, workers=workers, progress=bar.update)
    for part in parts:
        click.echo(f"{part.name}  {part.bytes / 2**20:.1f} MiB  {part.sha256}")
    ratio = sum(part.holds for part in parts) / sum(part.bytes for part in parts)
    click.echo(f"{out}: {len(parts)} parts, {sum(part.bytes for part in parts) / 2**20:.1f} MiB, {ratio:.1f} to 1")


@click.command()
@click.argument("folders", type=_FOLDER, nargs=-1, required=True)
@click.option("--out", type=_NEW, required=True, help="Folder to make.")
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Threads.")
def unpack(folders: tuple[Path, ...], out: Path, workers: int) -> None:
    """Check the parts that lie in FOLDERS and put together what was packed.

    A damaged or missing part is named, and nothing is written. Example: slm train unpack packed/ --out shards/
    """
    from python_slm_training.pretrain.pack import unpack as run

    run(folders, out, workers=workers)
    click.echo(f"{out}: {len(list(out.iterdir()))} files, checksums as packed")
