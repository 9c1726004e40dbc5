"""Stand-ins that obey the real interfaces; every one has a test of the real thing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers

from python_slm.prompt import END_OF_TEXT, SPECIAL_TOKENS
from python_slm.tokenizer import Tokenizer, byte_alphabet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


def byte_tokenizer() -> Tokenizer:
    """The smallest real tokenizer: our special tokens and one token a byte."""
    vocab = {token: index for index, token in enumerate([*SPECIAL_TOKENS, *byte_alphabet()])}
    backend = Backend(models.BPE(vocab, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(list(SPECIAL_TOKENS))
    return Tokenizer(backend)


class ScriptedModel:
    """A ``python_slm.engine.model.LanguageModel`` that continues the first script whose key ends the text before it.

    ``scripts`` maps the end of a prompt's text → what to say next; after it, and where nothing matches, it ends the
    text. ``forwards`` counts calls; ``on_forward`` runs before each (to cancel in the middle of a generation).
    """

    def __init__(self, scripts: dict[str, str], capacity: int = 4096) -> None:
        self.tokenizer = byte_tokenizer()
        self.capacity = capacity
        self.device = "cpu"
        self.forwards = 0
        self.on_forward: Callable[[], object] = lambda: None
        self._scripts = scripts
        self._ids: list[int] = []

    @property
    def vocab_size(self) -> int:
        return self.tokenizer.vocab_size

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        self.forwards += 1
        self.on_forward()
        self._ids[past:] = ids
        logits = np.full(self.vocab_size, -20.0, np.float32)
        logits[self._next_id()] = 20.0
        return logits

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int]) -> NDArray[np.float32]:
        """One pass, as ``forward``."""
        before = self.forwards, self.on_forward
        rows = []
        for place in range(len(ids)):
            rows.append(self.forward(ids[: place + 1], past=past))
            self.on_forward = lambda: None
        self.forwards, self.on_forward = before[0] + 1, before[1]
        return np.stack([rows[place] for place in positions])

    def _next_id(self) -> int:
        data = self.tokenizer.decode_bytes(self._ids)  # bytes: a token may be a part of a character
        for key, script in ((key.encode(), script.encode()) for key, script in self._scripts.items()):
            said = data[data.rfind(key) + len(key) :]
            if key in data and script.startswith(said) and said != script:
                return self.tokenizer.encode_bytes(script[len(said) :])[0]
        return self.tokenizer.special(END_OF_TEXT)
