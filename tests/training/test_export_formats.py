"""What other programs are told about a model: Ollama's Modelfile, llama.cpp's tokenizer, and the clock beside it."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tokenizers import Tokenizer as Backend

from python_slm import prompt
from python_slm.bench import llama
from python_slm.tokenizer import Tokenizer
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.gguf_file import write_gguf
from python_slm_training.export.modelfile import modelfile, template
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from python_slm.prompt import Order

TRAINED = Path(__file__).parents[2] / "models" / "checkpoints" / "cpu-5m"
PREFIX, SUFFIX = "def area(r):\n    return ", "\n\nprint(area(2))\n"


def filled(text: str) -> str:
    return text.replace("{{ .Prompt }}", PREFIX).replace("{{ .Suffix }}", SUFFIX)


def test_ollama_asks_as_the_product_does() -> None:
    tokenizer = byte_tokenizer()
    backend = Backend.from_str(tokenizer.to_json())
    asked = backend.encode(filled(template(prompt.Specials.of(tokenizer))), add_special_tokens=False).ids
    assert asked == prompt.complete_ids(tokenizer, PREFIX, SUFFIX)


@pytest.mark.parametrize(
    ("order", "want"),
    [
        ("spm", f"<p><s>{SUFFIX}<m>{PREFIX}"),
        ("psm", f"<p>{PREFIX}<s>{SUFFIX}<m>"),
        ("suffix-first", f"<s>{SUFFIX}<p>{PREFIX}"),
    ],
)
def test_template_follows_the_order_of_the_family(order: Order, want: str) -> None:
    specials = prompt.Specials("<p>", "<s>", "<m>", "<e>", file_sep="", begin="<b>", order=order)
    assert filled(template(specials)) == "<b>" + want


def test_modelfile_names_weights_stops_and_context() -> None:
    text = modelfile(byte_tokenizer(), "model.q8_0.gguf", 576)
    for line in ("FROM ./model.q8_0.gguf", 'PARAMETER stop "<|endoftext|>"', "PARAMETER num_ctx 576"):
        assert line in text.splitlines()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint that ships, as llama.cpp reads it."""
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    checkpoint = Checkpoint.open(TRAINED)
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    write_gguf(checkpoint.architecture, checkpoint.weights(), checkpoint.tokenizer, path, "q8_0", name="trained")
    return path


def test_llama_cpp_reads_text_as_the_same_tokens(trained: Path) -> None:
    text = (Path(sysconfig.get_path("stdlib")) / "textwrap.py").read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_file(TRAINED / "tokenizer.json")
    with_marks = [*prompt.complete_ids(tokenizer, PREFIX, SUFFIX)]
    model = opened(trained)
    assert model.tokenize(text.encode(), add_bos=False, special=False) == tokenizer.encode(text)
    asked = filled(template(prompt.Specials.of(tokenizer))).encode()
    assert model.tokenize(asked, add_bos=False, special=True) == with_marks
    model.close()


def test_llama_cpp_completes_as_torch_does(trained: Path) -> None:
    """Greedily, eight tokens of a line that the trained model is sure of."""
    checkpoint = Checkpoint.open(TRAINED)
    tokenizer, reference = checkpoint.tokenizer, checkpoint.reference()
    ids = prompt.complete_ids(tokenizer, "import os\n\n\ndef main():\n    print(os.path.", "\n")
    model = opened(trained)
    found, want = list(ids), list(ids)
    model.eval(ids)
    for _ in range(8):
        token = int(model.scores[len(found) - 1].argmax())
        found.append(token)
        model.eval([token])
        want.append(int(reference.logits(want)[-1].argmax()))
    model.close()
    assert tokenizer.decode(found[len(ids) :]) == tokenizer.decode(want[len(ids) :])


def test_llama_cpp_is_timed_on_the_exported_file(trained: Path) -> None:
    with llama.opened(trained, 64, 1, flash=False) as rival:
        found = rival.time(list(range(40, 60)), 3)
    assert all(0 < seconds < 60 for seconds in (found.cold_s, found.reuse_s, found.step_s))


def opened(path: Path) -> Any:
    import llama_cpp  # noqa: PLC0415 - not installed everywhere

    return llama_cpp.Llama(str(path), n_ctx=512, n_threads=1, logits_all=True, verbose=False)
