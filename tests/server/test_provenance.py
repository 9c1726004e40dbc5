"""A suggestion that is a copy: its trace says of what, and it is kept back where the settings say so."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.api import PythonSLM
from python_slm.bench.provenance import provenance as bench_command
from python_slm.cli.complete import complete as complete_command
from python_slm.engine.decode import Decoder
from python_slm.engine.model import shipped_folder
from python_slm.errors import ModelCorruptError, ProvenanceError
from python_slm.lsp.trace import Request, traced
from python_slm.lsp.worker import Job
from python_slm.provenance import PROVENANCE, CorpusIndex, token_ends, token_hashes
from python_slm.settings import CompletionSettings, Settings
from python_slm.tasks.complete import complete
from python_slm.text import Document
from python_slm_training.export.export import Papers, export
from tests.fakes import ScriptedModel
from tests.tiny_index import build_index
from tests.training.test_export import save_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.tasks.complete import Answer, Completion

BEFORE = '''def mean_of_weights(values, weights):
    """The weighted mean of values."""
    total = sum(weight for weight in weights if weight > 0)
    '''
COPIED = "return sum(value * weight for value, weight in zip(values, weights)) / total"
DOCUMENT = Document("file:///x.py", BEFORE + "\n")
MODEL = {"weight > 0)\n    ": COPIED + "\n"}


@pytest.fixture(scope="module")
def index_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    return build_index(folder, {"acme/means": {"src/means.py": f"import math\n\n\n{BEFORE}{COPIED}\n"}})


@pytest.fixture(scope="module")
def corpus(index_file: Path) -> CorpusIndex:
    return CorpusIndex.open(index_file)


def suggest(corpus: CorpusIndex | None, document: Document = DOCUMENT, **values: Any) -> list[Completion]:
    return list(answer(corpus, document, **values).completions)


def answer(corpus: CorpusIndex | None, document: Document = DOCUMENT, **values: Any) -> Answer:
    settings = CompletionSettings(**values, recall=False, validate=False, deadline_ms=60_000, max_new_tokens=200)
    decoder = Decoder(ScriptedModel(MODEL))
    offset = document.text.index("weight > 0)") + len("weight > 0)\n    ")
    return complete(document, offset, decoder=decoder, settings=settings, cancelled=lambda: False, corpus=corpus)


# Tokens


def test_tokens_are_words_and_signs() -> None:
    text = "if x_1 == 10:  # ----- é\n\ty"
    assert len(token_hashes(text)) == len(token_ends(text)) == 9
    assert [text[end - 1] for end in token_ends(text)] == ["f", "1", "=", "0", ":", "#", "-", "é", "y"]


def test_equal_neighbours_are_one_token() -> None:
    assert np.array_equal(token_hashes("a ==== b"), token_hashes("a = b"))
    assert not np.array_equal(token_hashes("a = b"), token_hashes("a b ="))


def test_lone_surrogates_are_no_error(corpus: CorpusIndex) -> None:
    assert corpus.find("\ud800 " * 40, "\ud800x " * 40) is None


@pytest.mark.parametrize("before", ["", " \n" * 3000, "x"])
@pytest.mark.parametrize("suggestion", ["", " ", "x", "\n"])
def test_nothing_to_compare_is_no_copy(corpus: CorpusIndex, before: str, suggestion: str) -> None:
    assert corpus.find(before, suggestion) is None


# Completion


def test_trace_names_what_a_suggestion_repeats(corpus: CorpusIndex) -> None:
    [found] = suggest(corpus)
    copied = found.copied
    assert found.text == COPIED
    assert copied is not None
    assert (copied.project, copied.path, copied.licence) == ("acme/means", "src/means.py", "MIT")
    assert copied.tokens >= 45
    assert 18 <= copied.suggested < copied.tokens
    [ruling] = [one for one in answer(corpus).trace.fates[0].rulings if one.check == "copies"]
    assert "acme/means, src/means.py (MIT" in ruling.reason


def test_suppressed_copies_are_not_offered(corpus: CorpusIndex) -> None:
    assert suggest(corpus, provenance="suppress") == []


def test_own_code_is_offered_with_copies_suppressed(corpus: CorpusIndex) -> None:
    document = Document("file:///x.py", "def area(side):\n    assert (weight > 0)\n    \n")
    [found] = suggest(corpus, document, provenance="suppress")
    assert found.copied is None


def test_off_asks_nothing(corpus: CorpusIndex) -> None:
    [found] = suggest(corpus, provenance="off")
    assert found.copied is None


def test_without_an_index_nothing_is_asked() -> None:
    [found] = suggest(None)
    assert found.copied is None


def test_setting_is_read_from_a_client() -> None:
    settings = Settings.from_dict({"completion": {"provenance": "suppress"}})
    assert settings.completion.provenance == "suppress"


def test_server_trace_says_what_was_copied(corpus: CorpusIndex) -> None:
    job: Job[Answer] = Job("key", "subject", lambda _: answer(corpus))
    job.run()
    trace = traced(Request("m", "file:///x.py", 1).ended("answered", 1, 5.0), job, suggest(corpus), "tiny")
    assert "acme/means, src/means.py (MIT" in trace.copied
    assert "; " in trace.summary
    assert "acme/means, src/means.py (MIT" in trace.summary


# The model folder


@pytest.fixture(scope="module")
def shipped(index_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model exported with an index beside it."""
    out = tmp_path_factory.mktemp("model")
    checkpoint = save_checkpoint(tmp_path_factory.mktemp("checkpoint"), calm=0.1)
    papers = Papers(provenance=index_file)
    export(checkpoint, out, name="tiny", version="1", papers=papers, report=lambda _: None)
    return out


def load(folder: Path) -> PythonSLM:
    return PythonSLM.load(Settings.from_dict({"model": {"path": str(folder), "device": "cpu", "threads": 1}}))


def test_index_ships_with_the_model(shipped: Path, index_file: Path) -> None:
    slm = load(shipped)
    assert slm.corpus is not None
    assert slm.corpus.find(BEFORE, COPIED) is not None
    manifest = json.loads((shipped / "manifest.json").read_text())
    assert manifest["files"][PROVENANCE]["bytes"] == index_file.stat().st_size
    assert manifest["export"]["provenance"]["projects"] == 1
    assert "suggestion of 32 Python tokens" in (shipped / "README.md").read_text()


def test_altered_index_is_refused(shipped: Path, tmp_path: Path) -> None:
    shutil.copytree(shipped, tmp_path, dirs_exist_ok=True)
    data = bytearray((tmp_path / PROVENANCE).read_bytes())
    data[-20] ^= 1
    (tmp_path / PROVENANCE).write_bytes(data)
    with pytest.raises(ModelCorruptError, match=r"provenance\.bin: sha256 differs"):
        load(tmp_path)


def test_command_says_what_was_copied(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(ScriptedModel(MODEL))
    settings = Settings(completion=CompletionSettings(recall=False, max_new_tokens=200))
    scripted = replace(load(shipped), decoder=decoder, settings=settings)
    monkeypatch.setattr(PythonSLM, "load", lambda *_, **__: scripted)
    file = tmp_path / "x.py"
    file.write_text(DOCUMENT.text)
    result = CliRunner().invoke(complete_command, [f"{file}:4:5"])
    assert result.stdout.strip() == COPIED.strip()
    assert "as in acme/means, src/means.py (MIT" in result.stderr
    told = json.loads(CliRunner().invoke(complete_command, [f"{file}:4:5", "--json"]).stdout)
    assert told["completions"][0]["copied"]["project"] == "acme/means"


# What it costs


def test_bench_compares_lookup_and_completion(index_file: Path) -> None:
    """With the model that ships: a random one suggests nothing that parses."""
    asked = ["--model", str(shipped_folder()), "--index", str(index_file), "--places", "24", "--json"]
    result = CliRunner().invoke(bench_command, asked)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert 0 < found["share"] == found["lookup_ms"] / found["completion_ms"] < 1


def test_bench_without_an_index_says_how_to_get_one(shipped: Path, tmp_path: Path) -> None:
    shutil.copytree(shipped, tmp_path, dirs_exist_ok=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["files"][PROVENANCE]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    result = CliRunner().invoke(bench_command, ["--model", str(tmp_path)])
    assert isinstance(result.exception, ProvenanceError)
    assert "give --index" in str(result.exception)
