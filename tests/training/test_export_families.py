"""Decoders of other families: the fast graph and GGUF agree with torch, read by the engine and by llama.cpp."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config, Starcoder2Config

from python_slm.engine.decode import Decoder, GenerationConfig
from python_slm.engine.model import Model
from python_slm.engine.session import open_session
from python_slm.errors import ExportError
from python_slm.tokenizer import Tokenizer
from python_slm_training.export.agreement import Tolerance, served
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.export import export
from python_slm_training.export.gguf_file import read_gguf, write_gguf
from python_slm_training.export.graph import build
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SIZES: dict[str, Any] = {
    "vocab_size": byte_tokenizer().vocab_size + 2,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "rope_theta": 50_000.0,
    "initializer_range": 0.15,
}
CONFIGS: dict[str, Any] = {
    "qwen3": Qwen3Config(**SIZES, head_dim=16),  # type: ignore[no-untyped-call]
    "qwen2": Qwen2Config(**SIZES, tie_word_embeddings=True),  # type: ignore[no-untyped-call]
    "llama": LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True),  # type: ignore[no-untyped-call]
    "mistral": MistralConfig(**SIZES, head_dim=32, sliding_window=256),  # type: ignore[no-untyped-call]
    "starcoder2": Starcoder2Config(**SIZES, sliding_window=None),  # type: ignore[no-untyped-call]
}
ANYTHING = Tolerance()
IDS = np.random.default_rng(5).integers(30, SIZES["vocab_size"], 250).tolist()


def merging_tokenizer() -> Tokenizer:
    """The byte tokenizer with one merge, two blanks: llama.cpp reads no vocabulary without."""
    values = json.loads(byte_tokenizer().to_json())
    vocab = values["model"]["vocab"]
    vocab["\u0120\u0120"] = len(vocab)
    values["model"]["merges"] = [["\u0120", "\u0120"]]
    return Tokenizer.from_json(json.dumps(values))


def save(family: str, folder: Path) -> Checkpoint:
    """A random model whose norms and biases are not all ones and zeros."""
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(CONFIGS[family])  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim == 1:
                value.copy_(torch.rand_like(value) + (0.5 if "norm" in name and name.endswith("weight") else -0.5))
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(merging_tokenizer().to_json(), encoding="utf-8")
    return Checkpoint.open(folder)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    return {family: save(family, tmp_path_factory.mktemp(family)) for family in CONFIGS}


@pytest.mark.parametrize("family", CONFIGS)
def test_fast_graph_is_torch(checkpoints: dict[str, Checkpoint], family: str) -> None:
    checkpoint = checkpoints[family]
    graph = build(checkpoint.architecture, checkpoint.weights(), None).SerializeToString()
    read = served(open_session(graph, checkpoint.architecture, device="cpu", threads=1))
    assert np.abs(read(IDS) - checkpoint.reference().logits(IDS)).max() < 1e-3


@pytest.mark.parametrize("family", ["llama", "starcoder2"])
def test_engine_runs_the_exported_folder(checkpoints: dict[str, Checkpoint], family: str, tmp_path: Path) -> None:
    """Biases, layer norms and an untied head through the quantised graph."""
    source = checkpoints[family].folder
    export(source, tmp_path, name=family, version="1", report=lambda _: None, tolerances={"cpu-int8": ANYTHING})
    model = Model.load(tmp_path, device="cpu", threads=1)
    found = Decoder(model).generate(
        IDS,
        GenerationConfig(max_new_tokens=4),
        heal=False,
        stop=lambda _: None,
        cancelled=lambda: False,
        deadline=None,
    )
    assert len(found.ids) == 4
    want, got = checkpoints[family].reference().logits(IDS)[-1, : model.vocab_size], model.forward(IDS, past=0)
    assert float(want @ got / np.linalg.norm(want) / np.linalg.norm(got)) > 0.98


def test_a_window_of_attention_ends_the_context(checkpoints: dict[str, Checkpoint]) -> None:
    assert checkpoints["mistral"].architecture.context_length == 256
    assert checkpoints["llama"].architecture.context_length == 512


@pytest.mark.parametrize("family", CONFIGS)
def test_gguf_holds_every_weight(checkpoints: dict[str, Checkpoint], family: str, tmp_path: Path) -> None:
    """Half a step of float16, and of the 8-bit blocks of 32."""
    checkpoint, weights = checkpoints[family], checkpoints[family].weights()
    for kind, relative in (("f16", 2**-11), ("q8_0", 0.6 / 127)):
        path = tmp_path / f"{kind}.gguf"
        write_gguf(checkpoint.architecture, weights, checkpoint.tokenizer, path, kind, name=family)  # type: ignore[arg-type]
        back = read_gguf(path, checkpoint.architecture, weights)
        assert back.keys() == weights.keys()
        for name, value in weights.items():
            assert np.abs(back[name] - value).max() <= relative * np.abs(value).max() + 1e-7, name


@pytest.mark.parametrize("family", CONFIGS)
def test_llama_cpp_computes_what_torch_does(checkpoints: dict[str, Checkpoint], family: str, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed; read_gguf checks the weights")
    checkpoint = checkpoints[family]
    path = tmp_path / "model.gguf"
    write_gguf(checkpoint.architecture, checkpoint.weights(), checkpoint.tokenizer, path, "f16", name=family)
    got, want = llama_logits(path, IDS), checkpoint.reference().logits(IDS)
    cosine = (want * got).sum(-1) / (np.linalg.norm(want, axis=-1) * np.linalg.norm(got, axis=-1))
    assert cosine.min() > 0.999


def llama_logits(path: Path, ids: Sequence[int]) -> NDArray[np.float32]:
    import llama_cpp  # noqa: PLC0415 - not installed everywhere

    model = llama_cpp.Llama(str(path), n_ctx=512, n_batch=512, n_threads=1, logits_all=True, verbose=False)
    model.eval(list(ids))
    found: NDArray[np.float32] = np.array(model.scores[: len(ids)], np.float32)
    model.close()
    return found


def test_tokenizer_that_cannot_infill_is_refused(checkpoints: dict[str, Checkpoint], tmp_path: Path) -> None:
    source = checkpoints["llama"].folder
    values = json.loads(byte_tokenizer().to_json())
    values["added_tokens"] = [one for one in values["added_tokens"] if "fim" not in one["content"]]
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    (tmp_path / "tokenizer.json").write_text(json.dumps(values))
    with pytest.raises(ExportError, match=r"tokenizer\.json: .*'slm train tune' adds them"):
        Checkpoint.open(tmp_path)


def test_gguf_of_an_unknown_tokenizer_is_refused(checkpoints: dict[str, Checkpoint], tmp_path: Path) -> None:
    checkpoint = checkpoints["llama"]
    values = json.loads(byte_tokenizer().to_json())
    values["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "[a-z]+"}, "behavior": "Isolated", "invert": False},
            values["pre_tokenizer"],
        ],
    }
    strange = Tokenizer.from_json(json.dumps(values))
    with pytest.raises(ExportError, match=r"llama\.cpp knows no name for the way it cuts text"):
        write_gguf(checkpoint.architecture, checkpoint.weights(), strange, tmp_path / "x.gguf", "f16", name="x")
