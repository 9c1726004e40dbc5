"""Export: the graphs agree with torch, the folder says what it is, and disagreement is refused."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

from python_slm.checks.show import show_of
from python_slm.engine.decode import Decoder, GenerationConfig
from python_slm.engine.model import Model, verify
from python_slm.errors import ExportError, ModelError
from python_slm_training.cli.export import export as export_command
from python_slm_training.export.agreement import Agreement, Tolerance
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.export import Papers, export
from python_slm_training.export.folder import Provenance, write_manifest
from python_slm_training.export.quantize import block_size, quantize, quantize_rows
from python_slm_training.export.torchscript import torchscript_reader
from python_slm_training.export.variants import FILES, TOLERANCES, graphs
from tests.fakes import byte_tokenizer
from tests.tiny_filter import tiny_filter
from tests.tiny_model import TINY, export_tiny, random_weights

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm_training.export.architecture import Architecture
    from python_slm_training.export.names import Variant

TEXT = 'def area(radius: float) -> float:\n    """Of a circle."""\n    return 3.14159 * radius ** 2\n'
IDS = byte_tokenizer().encode(TEXT)


def save_checkpoint(folder: Path, architecture: Architecture = TINY, *, calm: float = 1.0) -> Path:
    """A Hugging Face folder of random weights. ``calm`` scales the projections down, so that logits have clear winners
    as a trained model's have: rounding noise must not decide between tokens nobody prefers."""
    config = Qwen3Config(  # type: ignore[no-untyped-call]
        vocab_size=architecture.vocab_size,
        hidden_size=architecture.hidden,
        intermediate_size=architecture.intermediate,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        num_key_value_heads=architecture.kv_heads,
        head_dim=architecture.head_dim,
        max_position_embeddings=architecture.context_length,
        rope_theta=architecture.rope_theta,
        rms_norm_eps=architecture.epsilon,
        tie_word_embeddings=True,
    )
    model = Qwen3ForCausalLM(config)  # type: ignore[no-untyped-call]
    weights = {
        name: torch.from_numpy(value * calm if "proj" in name else value)
        for name, value in random_weights(architecture).items()
    }
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"], [])
    model.tie_weights()  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(byte_tokenizer().to_json(), encoding="utf-8")
    return folder


ESTIMATE = {"value": 0.25, "low": 0.2, "high": 0.3, "count": 40}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_checkpoint(tmp_path_factory.mktemp("checkpoint"), calm=0.1)


@pytest.fixture(scope="module")
def everything(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every variant."""
    folder = tmp_path_factory.mktemp("everything")
    quiet_export(checkpoint, folder, *FILES)
    return folder


@pytest.fixture(scope="module")
def exported(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Variant, Path]:
    """Variant → a folder from which the engine takes it on the CPU."""
    folders: dict[Variant, Path] = {}
    variant: Variant
    for variant in ("cpu-int8", "cpu-int4", "fp32", "fp16"):
        folder = folders[variant] = tmp_path_factory.mktemp(variant)
        for name in (FILES[variant], "tokenizer.json"):
            (folder / name).write_bytes((everything / name).read_bytes())
        write_manifest(folder, TINY, {"cpu": FILES[variant]}, Provenance("tiny", "0.0.0"))
    return folders


def quiet_export(checkpoint: Path, out: Path, *variants: Variant, **asked: Any) -> dict[str, Any]:
    chosen = variants or ("cpu-int8",)
    return export(checkpoint, out, name="tiny", version="1.2.3", variants=chosen, report=lambda _: None, **asked)


def torch_logits(folder: Path, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return Checkpoint.open(folder).reference().logits(ids)


def torch_greedy(folder: Path, ids: list[int], count: int) -> list[int]:
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = list(ids)
    with torch.inference_mode():
        for _ in range(count):
            found.append(int(model(torch.tensor([found])).logits[0, -1].argmax()))
    return found[len(ids) :]


def greedy(folder: Path, ids: list[int], count: int) -> list[int]:
    found = Decoder(Model.load(folder, device="cpu", threads=1)).generate(
        ids,
        GenerationConfig(max_new_tokens=count),
        heal=False,
        stop=lambda _: None,
        cancelled=lambda: False,
        deadline=None,
    )
    return list(found.ids)


# Agreement with torch


@pytest.mark.parametrize("rope_theta", [10_000.0, 100_000.0, 1_000_000.0])
def test_fast_graph_in_float32_is_torch(tmp_path: Path, rope_theta: float) -> None:
    """Far positions tell one RoPE base from another: with the wrong one the difference is above 1."""
    architecture = replace(TINY, rope_theta=rope_theta)
    folder = save_checkpoint(tmp_path / "checkpoint", architecture)
    model = Model.load(export_tiny(tmp_path / "model", bits=None, rope_theta=rope_theta), threads=1)
    ids = np.random.default_rng(2).integers(30, TINY.vocab_size, 400).tolist()
    got = np.concatenate([model.score(ids[:256], past=0), model.score(ids[256:], past=256)])
    assert np.abs(got - torch_logits(folder, ids)).max() < 1e-3


def test_greedy_tokens_are_torch_greedy_tokens(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path / "checkpoint")
    model = export_tiny(tmp_path / "model", bits=None)
    assert greedy(model, IDS, 24) == torch_greedy(folder, IDS, 24)


def test_optimum_graph_is_served_with_the_same_tokens(checkpoint: Path, exported: dict[Variant, Path]) -> None:
    assert greedy(exported["fp32"], IDS, 24) == torch_greedy(checkpoint, IDS, 24)


@pytest.mark.parametrize("variant", ["fp32", "fp16"])
def test_optimum_session_rolls_back(exported: dict[Variant, Path], variant: Variant) -> None:
    model = Model.load(exported[variant], device="cpu", threads=1)
    want = model.forward([40, 50, 60, 70], past=0)
    model.forward([99, 98, 97], past=2)
    assert model.forward([60, 70], past=2) == pytest.approx(want, abs=1e-4 if variant == "fp32" else 0.02)


def operators(folder: Path) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(folder / FILES["cpu-int8"]).graph.node)


def test_int8_logits_do_not_depend_on_what_is_read_along(exported: dict[Variant, Path]) -> None:
    """A prompt that was typed and one that was read at once have the same answer, and so has a draft."""
    folder = exported["cpu-int8"]
    assert operators(folder)["MatMulIntegerToFloat"] == 4 * TINY.layers
    model = Model.load(folder, device="cpu", threads=1)
    ids = np.random.default_rng(5).integers(30, TINY.vocab_size, 60).tolist()
    whole = model.score(ids, past=0)
    parts = [model.score(ids[start : start + 7], past=start) for start in range(0, 60, 7)]
    assert np.concatenate(parts) == pytest.approx(whole, abs=1e-4)


def test_int8_takes_blocks_when_whole_rows_are_too_coarse(checkpoint: Path, tmp_path: Path) -> None:
    fast = quiet_export(checkpoint, tmp_path / "fast")["export"]["agreement"]["cpu-int8"]
    between = 1 - (1 - fast["mean_cosine"]) * 0.99
    stricter = dict(TOLERANCES) | {"cpu-int8": Tolerance(mean_cosine=between)}
    blocks = quiet_export(checkpoint, tmp_path / "blocks", tolerances=stricter)["export"]["agreement"]["cpu-int8"]
    assert blocks["mean_cosine"] > fast["mean_cosine"]
    assert operators(tmp_path / "blocks")["MatMulNBits"] == 4 * TINY.layers + 1
    assert len(Model.load(tmp_path / "blocks", threads=1).forward(IDS, past=0)) == TINY.vocab_size


def test_untied_head_is_exported(tmp_path: Path) -> None:
    weights = random_weights()
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"][::-1].copy()
    tied = Model.load(export_tiny(tmp_path / "tied", bits=8), threads=1).forward(IDS, past=0)
    untied = Model.load(export_tiny(tmp_path / "untied", bits=8, weights=weights), threads=1).forward(IDS, past=0)
    assert untied[::-1] == pytest.approx(tied, abs=0.02)


def test_manifest_records_the_agreement_of_each_variant(everything: Path) -> None:
    agreement = json.loads((everything / "manifest.json").read_text())["export"]["agreement"]
    assert list(agreement) == list(FILES)
    assert all(found["tokens"] > 3000 for found in agreement.values())
    assert agreement["fp32"]["max_difference"] <= 1e-3
    assert agreement["torchscript"]["max_difference"] <= 1e-3
    assert agreement["cpu-int8"]["mean_cosine"] >= 0.99
    assert agreement["cpu-int8"]["top1"] >= 0.97


def test_the_fewer_the_bits_the_larger_the_error(checkpoint: Path, exported: dict[Variant, Path]) -> None:
    want = torch_logits(checkpoint, IDS)[-1]
    error = {
        variant: float(np.abs(Model.load(folder, device="cpu", threads=1).forward(IDS, past=0) - want).max())
        for variant, folder in exported.items()
    }
    assert error["fp32"] < error["fp16"] < error["cpu-int8"] < error["cpu-int4"]


def test_torchscript_reads_any_length(checkpoint: Path, everything: Path) -> None:
    """It was traced with 16 tokens."""
    read = torchscript_reader(everything / FILES["torchscript"])
    for length in (1, 5, 60, 300):
        ids = np.random.default_rng(length).integers(30, TINY.vocab_size, length).tolist()
        assert np.abs(read(ids) - torch_logits(checkpoint, ids)).max() < 1e-3


def test_safetensors_load_in_transformers_at_half_the_size(checkpoint: Path, everything: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(everything, dtype="auto", local_files_only=True)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    source = load_file(checkpoint / "model.safetensors")
    for name, value in load_file(everything / "model.safetensors").items():
        assert torch.equal(value, source[name].bfloat16()), name


def test_safetensors_can_be_exported_again(everything: Path, tmp_path: Path) -> None:
    again = quiet_export(everything, tmp_path / "again")
    assert again["vocab_size"] == TINY.vocab_size


# The gate


def test_disagreement_is_refused_and_what_was_there_stays(checkpoint: Path, tmp_path: Path) -> None:
    quiet_export(checkpoint, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    strict = dict(TOLERANCES) | {"cpu-int8": Tolerance(max_difference=1e-9)}
    with pytest.raises(
        ExportError, match=r"cpu-int8: does not agree .*largest logit difference .* > 1e-09.*not exported"
    ):
        quiet_export(checkpoint, tmp_path, "safetensors", "cpu-int8", tolerances=strict)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        ({"max_difference": 2e-3}, "largest logit difference"),
        ({"max_difference": float("nan")}, "largest logit difference nan"),
        ({"mean_cosine": 0.9}, "mean logit cosine 0.9000 < 0.99"),
        ({"top1": 0.9}, r"same likeliest token 90\.00% < 97\.00%"),
    ],
)
def test_tolerance_says_which_figure_is_out(found: dict[str, Any], complaint: str) -> None:
    good = Agreement(tokens=100, max_difference=1e-5, min_cosine=1, mean_cosine=1, top1=1)
    tolerance = Tolerance(max_difference=1e-3, mean_cosine=0.99, top1=0.97)
    tolerance.check(good, "x")
    with pytest.raises(ExportError, match=complaint):
        tolerance.check(replace(good, **found), "x")


# The folder


def test_folder_holds_what_the_manifest_says_and_loads(checkpoint: Path, tmp_path: Path) -> None:
    quiet_export(checkpoint, tmp_path)
    manifest = verify(tmp_path)
    assert (manifest.name, manifest.version, dict(manifest.graphs)) == ("tiny", "1.2.3", {"cpu": "model.int8.onnx"})
    assert sorted(manifest.files) == ["evaluation.json", "model.int8.onnx", "tokenizer.json"]
    assert manifest.training["parameters"] == sum(value.size for value in random_weights().values())


def test_each_device_gets_its_graph(everything: Path) -> None:
    manifest = verify(everything)
    assert dict(manifest.graphs) == {"cpu": "model.int8.onnx", "cuda": "model.fp16.onnx"}
    assert set(FILES.values()) | {"Modelfile", "config.json", "tokenizer.json"} <= set(manifest.files)
    assert graphs(["fp32"]) == {"cpu": "model.fp32.onnx", "cuda": "model.fp32.onnx"}


def test_folder_without_a_graph_says_how_to_add_one(checkpoint: Path, tmp_path: Path) -> None:
    quiet_export(checkpoint, tmp_path, "gguf-f16")
    assert not list(tmp_path.glob("*.onnx"))
    for device in ("auto", "cpu"):
        with pytest.raises(ModelError, match="holds no graph for python-slm; add one with 'slm export"):
            Model.load(tmp_path, device=device)


def test_papers_reach_the_manifest_and_the_card(checkpoint: Path, tmp_path: Path) -> None:
    card, evaluation = tmp_path / "card.json", tmp_path / "evaluation.json"
    card.write_text(
        json.dumps({"licences": {"MIT": [700, 12_000], "Apache-2.0": [300, 9_000]}, "kept": [1000, 21_000]})
    )
    evaluation.write_text(
        json.dumps({"command": "slm eval", "created": "today", "replay": {"model": {"total": {"exact": ESTIMATE}}}})
    )
    manifest = quiet_export(checkpoint, tmp_path / "out", papers=Papers(card, evaluation))
    assert manifest["licences"] == {"MIT": 700, "Apache-2.0": 300}
    assert len(manifest["training"]["data_card"]["sha256"]) == 64
    figures = {"exact match of the line": {"model": {"value": 0.25, "low": 0.2, "high": 0.3}}}
    assert manifest["evaluation"] == {"command": "slm eval", "created": "today", "figures": figures}
    assert (
        json.loads((tmp_path / "out" / "evaluation.json").read_text())["replay"]["model"]["total"]["exact"] == ESTIMATE
    )
    assert "| exact match of the line | 0.250 (0.200–0.300) |" in (tmp_path / "out" / "README.md").read_text()
    text = (tmp_path / "out" / "README.md").read_text()
    for expected in ("# tiny 1.2.3", "| MIT | 700 |", "| cpu-int8 |", "model.int8.onnx"):
        assert expected in text


def test_card_names_variants_and_limits(everything: Path) -> None:
    text = (everything / "README.md").read_text()
    for variant, name in FILES.items():
        assert f"| {variant} | {name} |" in text
    for heading in ("## Intended use", "## Limits", "## Training data", "## Evaluation", "## Variants", "## Files"):
        assert heading in text


def test_card_without_papers_says_so(everything: Path) -> None:
    text = (everything / "README.md").read_text()
    assert "exported without a data card" in text
    assert "None recorded." in text


def test_exporting_again_gives_the_same_graph(checkpoint: Path, everything: Path, tmp_path: Path) -> None:
    """Evaluation comes after export; recording it must not change the model."""
    again = quiet_export(checkpoint, tmp_path)
    assert again["files"]["model.int8.onnx"]["sha256"] == verify(everything).files["model.int8.onnx"].sha256


def test_another_variant_replaces_the_graph(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    quiet_export(checkpoint, tmp_path, "cpu-int4", "safetensors", "gguf-q8_0")
    quiet_export(checkpoint, tmp_path, "cpu-int8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "__init__.py",
        "evaluation.json",
        "manifest.json",
        "model.int8.onnx",
        "tokenizer.json",
    ]


def test_export_over_the_checkpoint_is_refused(checkpoint: Path) -> None:
    with pytest.raises(ExportError, match="is the checkpoint itself"):
        quiet_export(checkpoint, checkpoint)


def test_command_writes_a_folder_that_the_engine_loads(checkpoint: Path, tmp_path: Path) -> None:
    asked = [str(checkpoint), "--out", str(tmp_path / "out"), "--name", "mine"]
    asked += ["--variant", "gguf-q8_0", "--variant", "cpu-int8"]
    result = CliRunner().invoke(export_command, asked)
    assert result.exit_code == 0, result.output
    assert "mine 0.1.0, cpu-int8, gguf-q8_0, " in result.output
    assert Model.load(tmp_path / "out", threads=1).manifest.name == "mine"


# What cannot be exported


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"model_type": "gpt2"}, "model_type is 'gpt2', the exporter knows only qwen3, qwen2, llama, mistral"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"rope_scaling": {"type": "yarn"}}, "rope_scaling"),
        ({"rope_theta": None}, "no top-level rope_theta"),
        ({"use_sliding_window": True}, "use_sliding_window is True"),
        ({"vocab_size": 100}, "the tokenizer has 286 tokens, the model 100"),
    ],
)
def test_unknown_network_is_refused(checkpoint: Path, tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    config = json.loads((checkpoint / "config.json").read_text()) | change
    config = {name: value for name, value in config.items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer.json").write_bytes((checkpoint / "tokenizer.json").read_bytes())
    with pytest.raises(ExportError, match=complaint):
        Checkpoint.open(tmp_path)


def test_folder_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"config\.json: cannot be read"):
        Checkpoint.open(tmp_path)


# Quantisation


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([16, 48, 128, 640]), st.sampled_from([4, 8]))
def test_rounding_is_within_half_a_step(seed: int, inputs: int, bits: Any) -> None:
    random = np.random.default_rng(seed)
    matrix = (random.standard_normal((5, inputs)) * random.uniform(0.001, 10)).astype(np.float32)
    found = quantize(matrix, bits)
    steps = np.repeat(np.abs(found.scales), found.block, axis=1)
    worst = 0.5 if bits == 8 else 1.0  # the short side of the 4-bit range clips at 7/8 of the furthest value
    assert (np.abs(found.dequantized() - matrix) <= worst * steps * 1.001).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([16, 48, 640]), st.sampled_from(["normal", "equal", "heavy"]))
def test_whole_rows_round_within_half_a_step_and_never_saturate(seed: int, inputs: int, kind: str) -> None:
    """255 times two neighbours fits in 16 bits, whatever the inputs are."""
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((5, inputs)) * random.uniform(0.001, 10)
    shapes = {"normal": drawn, "equal": np.full((5, inputs), drawn[0, 0]), "heavy": drawn**7}
    matrix = shapes[kind].astype(np.float32)
    values, scales = quantize_rows(matrix)
    assert (np.abs(values * scales[:, None] - matrix) <= 0.501 * scales[:, None]).all()
    pairs = values.astype(int).reshape(5, -1, 2)
    assert 255 * pairs.clip(0).sum(-1).max() < 1 << 15
    assert 255 * pairs.clip(max=0).sum(-1).min() >= -1 << 15


def test_the_runtime_multiplies_whole_rows_exactly() -> None:
    """The largest inputs on the largest weights: where it saturates, this machine's sum is short."""
    values, scales = quantize_rows(np.ones((1, 64), np.float32))
    product = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g (uint8[m, 64] a, int8[64, n] b, float s, '
        "float[n] w, uint8 z) => (float[m, n] y) { y = com.microsoft.MatMulIntegerToFloat (a, b, s, w, z) }"
    )
    session = ort.InferenceSession(product.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = {"a": np.full((3, 64), 255, np.uint8), "b": np.ascontiguousarray(values.T), "w": scales}
    inputs |= {"s": np.array(1, np.float32), "z": np.array(128, np.uint8)}
    assert session.run(None, inputs)[0] == pytest.approx(127 * 64, rel=0.01)


def test_zeros_stay_zero() -> None:
    assert not quantize_rows(np.zeros((2, 16), np.float32))[0].any()
    for bits in (4, 8):
        assert (quantize(np.zeros((2, 16), np.float32), bits).dequantized() == 0).all()


def test_block_divides_the_row() -> None:
    assert [block_size(inputs) for inputs in (256, 704, 96, 48)] == [32, 32, 32, 16]
    with pytest.raises(ValueError, match="20 input features"):
        block_size(20)


def test_a_show_filter_goes_along_and_into_the_card(tmp_path: Path) -> None:
    checkpoint, out = save_checkpoint(tmp_path / "checkpoint", calm=0.05), tmp_path / "out"
    papers = Papers(show_filter=tiny_filter(tmp_path / "mine.json"))
    manifest = quiet_export(checkpoint, out, papers=papers)
    assert manifest["export"]["show_filter"]["stretches"] == 4
    assert show_of(verify(out)) is not None
    assert "## Show filter" in (out / "README.md").read_text(encoding="utf-8")
