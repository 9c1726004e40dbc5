"""An adapter put into its base's weights: a Hugging Face folder that exports like any other."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal

import torch
from peft import PeftModel

from python_slm.errors import TrainingError
from python_slm_training.tune.base import Base
from python_slm_training.tune.checkpoints import write_whole
from python_slm_training.tune.outcome import NOTE, read_note
from python_slm_training.tune.trainee import quiet, save_network

if TYPE_CHECKING:
    from pathlib import Path

DType = Literal["float32", "bfloat16", "float16"]


def merge(base: str | Path | None, adapter: Path, out: Path, *, dtype: DType = "float32") -> Path:
    """Write ``out``, a Hugging Face folder, and return it.

    ``base`` None takes the one the adapter was trained on. An adapter of a 4-bit base is put into that base
    dequantised, the weights it learned beside: put into the original ones, errors of a third of the logits were seen.
    Computed in float32, stored in ``dtype``. Raises TrainingError.
    """
    note = read_note(adapter)
    if note["method"] == "full":
        raise TrainingError(f"{adapter}: tuned in full; it is a whole model already")
    opened = Base.open(base or note["base"])
    with quiet():
        network = _four_bit_base(opened, note["dtype"]) if note["method"] == "qlora" else opened.load()
        merged = PeftModel.from_pretrained(network, str(adapter)).merge_and_unload(safe_merge=True)
        merged = merged.to(getattr(torch, dtype))

        def write(folder: Path) -> None:
            save_network(merged, folder)
            opened.vocabulary.save(folder, opened.folder)
            shutil.copyfile(adapter / NOTE, folder / NOTE)

        write_whole(out, write)
    return out


def _four_bit_base(base: Base, dtype: str) -> Any:
    """What the adapter learned beside, in float32: loaded as then, for a GPU's bfloat16 rounds before it quantises."""
    network = base.load(bits=4, dtype=getattr(torch, dtype)).dequantize()
    vars(network.config).pop("quantization_config", None)  # older versions of transformers leave it
    return network.float()
