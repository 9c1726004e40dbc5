"""Text ↔ token ids, with the ``tokenizers`` library and without torch.

Byte-level BPE in the GPT-2 alphabet: every byte has a token, so any text, and any byte string, survives a round trip.
Models of others may bring SentencePiece's spelling instead (``▁`` for a blank, ``<0x0A>`` for a byte), as Llama does.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from tokenizers import Tokenizer as _Tokenizer

from python_slm.errors import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_KEPT_TEXTS = 4096
_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
_PRINTABLE = (range(0x21, 0x7F), range(0xA1, 0xAD), range(0xAE, 0x100))


def byte_alphabet() -> dict[str, int]:
    """GPT-2's alphabet: the character that stands for each byte → the byte."""
    printable = [byte for span in _PRINTABLE for byte in span]
    hidden = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + index): byte for index, byte in enumerate(hidden)}


class Tokenizer:
    """A BPE with a token for every byte, read from ``tokenizer.json``.

    Ids are Python ints below ``vocab_size``. Lone surrogates, which no UTF-8 text holds, are read as U+FFFD.
    """

    def __init__(self, backend: _Tokenizer) -> None:
        self._backend = backend
        self._backend.encode_special_tokens = True  # special tokens in user text are plain text, never commands
        self._alphabet = byte_alphabet()
        self.encode_kept = lru_cache(maxsize=_KEPT_TEXTS)(self._array)
        """``encode`` as a read-only int32 array, kept for texts that come again, such as the blocks of an open file."""

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read ``tokenizer.json``. Raises TokenizerError when it is missing or unreadable."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TokenizerError(f"{path}: cannot be read ({error}); run 'slm doctor'") from error
        return cls.from_json(text, where=str(path))

    @classmethod
    def from_json(cls, text: str, *, where: str = "tokenizer.json") -> Self:
        """Parse the JSON that ``tokenizers`` writes. Raises TokenizerError when it is not that."""
        try:
            return cls(_Tokenizer.from_str(text))
        except Exception as error:  # tokenizers raises bare Exception for every kind of bad file
            raise TokenizerError(f"{where}: not a tokenizer file ({error}); run 'slm doctor'") from error

    def to_json(self) -> str:
        """What ``from_json`` reads: the content of ``tokenizer.json``."""
        return str(self._backend.to_str(pretty=True))

    @property
    def vocab_size(self) -> int:
        """Number of ids, special tokens included."""
        return int(self._backend.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``; no token is added, and special tokens spelled out in it are plain text."""
        return list(self._backend.encode(_readable(text), add_special_tokens=False).ids)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """``encode`` of each text, on every core that TOKENIZERS_PARALLELISM allows."""
        encodings = self._backend.encode_batch_fast([_readable(text) for text in texts], add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def _array(self, text: str) -> NDArray[np.int32]:
        ids = np.array(self.encode(text), np.int32)
        ids.flags.writeable = False
        return ids

    def encode_bytes(self, data: bytes) -> list[int]:
        """Token ids of any byte string: text through ``encode``, bytes that are not UTF-8 one token each."""
        ids: list[int] = []
        text = data.decode("utf-8", "surrogateescape")
        start = 0
        for index, character in enumerate(text):
            if "\udc80" <= character <= "\udcff":
                ids += [*self.encode(text[start:index]), self._byte_ids[ord(character) - 0xDC00]]
                start = index + 1
        return ids + self.encode(text[start:])

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``; special tokens give nothing, incomplete UTF-8 gives U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The exact bytes of ``ids``; special tokens give nothing."""
        table = self.token_bytes
        return b"".join([table[index] for index in ids])

    @cached_property
    def token_bytes(self) -> Sequence[bytes]:
        """Bytes of every token, indexed by id; empty for special tokens."""
        table = [b""] * self.vocab_size
        added = self._backend.get_added_tokens_decoder()
        for token, index in self._backend.get_vocab(with_added_tokens=True).items():
            if index not in added:
                table[index] = self._bytes_of(token)
            elif not added[index].special:
                table[index] = token.encode()
        return table

    def _bytes_of(self, token: str) -> bytes:
        """What a token of the vocabulary says, in GPT-2's alphabet or in SentencePiece's spelling."""
        if self._is_byte_level:
            return bytes([self._alphabet[character] for character in token])
        byte = _BYTE_TOKEN.fullmatch(token)
        return bytes([int(byte[1], 16)]) if byte else token.replace("▁", " ").encode()

    @cached_property
    def _is_byte_level(self) -> bool:
        vocab = self._backend.get_vocab(with_added_tokens=True)
        return all(character in vocab for character in self._alphabet)

    def special(self, name: str) -> int:
        """Id of a special token. Raises TokenizerError when the tokenizer lacks it."""
        found = self._special.get(name)
        if found is None:
            raise TokenizerError(f"tokenizer has no {name} token; train it with 'slm train tokenizer'")
        return found

    def has_special(self, name: str) -> bool:
        """Whether the tokenizer has this special token."""
        return name in self._special

    @cached_property
    def _special(self) -> dict[str, int]:
        return {
            token.content: index for index, token in self._backend.get_added_tokens_decoder().items() if token.special
        }

    @cached_property
    def _byte_ids(self) -> dict[int, int]:
        vocab = self._backend.get_vocab(with_added_tokens=True)
        if self._is_byte_level:
            return {byte: vocab[character] for character, byte in self._alphabet.items()}
        return {byte: vocab[f"<0x{byte:02X}>"] for byte in range(256)}


def _readable(text: str) -> str:
    """``text`` with every lone surrogate read as U+FFFD."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
