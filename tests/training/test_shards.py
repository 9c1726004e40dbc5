"""Shards: every document comes back, an interrupted run goes on, another tokenizer is refused."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from python_slm.errors import TrainingError
from python_slm.tokenizer import Tokenizer
from python_slm_training.cli.train import train
from python_slm_training.tokenize.bpe import sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.corpus import read_records, split_files
from python_slm_training.tokenize.encode import write_shards
from python_slm_training.tokenize.shards import Shards
from tests.training.corpus import write_corpus, write_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """corpus/, tokenizer/ and shards/."""
    folder = tmp_path_factory.mktemp("made")
    corpus = write_corpus(folder / "corpus")
    save_tokenizer(train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=600), folder / "tokenizer")
    write_shards(corpus, folder / "tokenizer", folder / "shards")
    return folder


def test_every_document_comes_back_with_its_path(made: Path) -> None:
    shards = Shards(made / "shards", "train")
    tokenizer = Tokenizer.from_file(made / "shards" / "tokenizer.json")
    records = [record for path in split_files(made / "corpus", "train") for record in read_records(path) if record.text]
    lengths = np.diff(shards.index.starts)
    found = [
        (tokenizer.decode(shards.tokens(i, 0, int(lengths[i])).tolist()), shards.index.path(i))
        for i in range(len(shards))
    ]
    assert found == [(record.text, record.path) for record in records]


def test_ids_are_little_endian_uint16_without_special_tokens(made: Path) -> None:
    index = Shards(made / "shards", "train").index
    raw = np.concatenate([np.fromfile(path, "<u2") for path in sorted((made / "shards").glob("train-*.bin"))])
    assert len(raw) == index.starts[-1]
    assert raw.min() >= len(Tokenizer.from_file(made / "shards" / "tokenizer.json")._special)


def test_a_slice_of_a_document_is_counted_from_its_beginning(made: Path) -> None:
    shards = Shards(made / "shards", "train")
    last = len(shards) - 1
    assert shards.tokens(last, 2, 5).tolist() == shards.tokens(last, 0, 9).tolist()[2:5]


def test_meta_counts_what_is_there(made: Path) -> None:
    meta = json.loads((made / "shards" / "meta.json").read_text("utf-8"))
    shards = Shards(made / "shards", "valid")
    assert meta["splits"]["valid"] == {
        "documents": len(shards),
        "tokens": int(shards.index.starts[-1]),
        "bytes": int(shards.index.document_bytes.sum()),
        "shards": 1,
    }


def test_a_second_run_keeps_finished_files_and_makes_what_is_missing(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    write_shards(made / "corpus", made / "tokenizer", out)
    kept, lost = out / "train-00000.bin", out / "train-00001.bin"
    stamp, content = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    write_shards(made / "corpus", made / "tokenizer", out)
    assert kept.stat().st_mtime_ns == stamp
    assert lost.read_bytes() == content


def test_a_changed_input_file_is_encoded_again(made: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    write_shards(corpus, made / "tokenizer", tmp_path / "shards")
    write_file(corpus / "valid" / "a.jsonl.zst", {"new.py": "fresh = 1\n"})
    write_shards(corpus, made / "tokenizer", tmp_path / "shards")
    assert Shards(tmp_path / "shards", "valid").index.path(0) == "new.py"


def test_another_tokenizer_is_refused(made: Path, tmp_path: Path) -> None:
    save_tokenizer(train_tokenizer(["x"], vocab=300), tmp_path)
    with pytest.raises(TrainingError, match="another tokenizer"):
        write_shards(made / "corpus", tmp_path, made / "shards")


def test_a_cut_off_shard_is_noticed(made: Path, tmp_path: Path) -> None:
    write_shards(made / "corpus", made / "tokenizer", tmp_path)
    shard = tmp_path / "valid-00000.bin"
    shard.write_bytes(shard.read_bytes()[:-2])
    with pytest.raises(TrainingError, match=r"valid-00000\.bin"):
        Shards(tmp_path, "valid").tokens(0, 0, 1)


def test_a_missing_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train-index\.npz"):
        Shards(tmp_path, "train")


def test_shards_travel_to_worker_processes(made: Path) -> None:
    shards = Shards(made / "shards", "train")
    assert shards.tokens(0, 0, 5).tolist() == pickle.loads(pickle.dumps(shards)).tokens(0, 0, 5).tolist()


def test_the_command_counts_each_split(made: Path, tmp_path: Path) -> None:
    arguments = ["shards", str(made / "corpus"), "--tokenizer", str(made / "tokenizer"), "--out", str(tmp_path)]
    result = CliRunner().invoke(train, arguments)
    assert result.exit_code == 0, result.output
    assert all(f"{split}: " in result.output for split in ("train", "valid", "test"))
