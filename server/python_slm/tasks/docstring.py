"""The summary of a new docstring in the model's words, for who asks for them.

The model fills the gap between the quotes as it completes code. It speaks only in whole sentences that it is sure of:
with the shipped model these are nearer to people's than the plain summary of ``docstrings.wording``, measured as chrF,
but most of that is phrases repeated from the same file, and many are wrong (docs/lab-log.md). So nobody gets them
without asking.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm import context, prompt
from python_slm.engine.decode import GenerationConfig
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.engine.decode import Decoder
    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex

SURE = -1.2
"""Mean log probability; above it whole sentences of the shipped model beat plain summaries by chrF."""
_NEW_TOKENS = 40
_PROMPT_TOKENS = 480
_DRAFTS = 4
_END = re.compile(r"\n|\r|\"\"\"|'''|(?<=\w[.!?])(?=\s)")
_SENTENCE = re.compile(r"[A-Z`][^\n]{3,}[.!?]")


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Summary:
    """One sentence, and the mean log probability of its tokens."""

    text: str
    mean_logprob: float

    @property
    def sure(self) -> bool:
        """Whether it is a sentence of several words, and the model sure of it."""
        return self.mean_logprob >= SURE and self.whole

    @property
    def whole(self) -> bool:
        """Whether it looks like a sentence of several words."""
        return _SENTENCE.fullmatch(self.text) is not None and len(set(self.text.split())) > 1


def summarize(
    document: Document,
    offset: int,
    *,
    decoder: Decoder,
    blocks: BlockIndex,
    path: str = "",
    cancelled: Callable[[], bool] = _never,
    deadline_ms: float = 500.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Summary | None:
    """What the model says at ``offset``, behind the opening quotes of a docstring; None when cancelled or too late."""
    tokenizer = decoder.model.tokenizer
    deadline = clock() + deadline_ms / 1000
    budget = min(_PROMPT_TOKENS, decoder.model.capacity - _NEW_TOKENS - 1)
    found = context.gather(document, offset, tokenizer=tokenizer, budget_tokens=budget, path=path, blocks=blocks)
    ids = prompt.complete_ids(tokenizer, found.prefix, found.suffix, path=found.path, chunks=found.chunks)
    options = GenerationConfig(
        max_new_tokens=_NEW_TOKENS,
        temperature=0.0,
        end_ids=frozenset(prompt.end_ids(tokenizer)),
        draft_tokens=_DRAFTS,
    )
    said = decoder.generate(ids, options, heal=True, stop=_stop, cancelled=cancelled, deadline=deadline)
    if cancelled() or said.stopped in ("cancelled", "deadline"):
        return None
    return Summary(said.text.strip(), said.mean_logprob)


def reworded(
    finding: Finding, index: BlockIndex, *, decoder: Decoder, path: str = "", cancelled: Callable[[], bool] = _never
) -> Finding:
    """A missing docstring's finding, its summary in the model's words where these are sure; else as it is."""
    edits = [edit for fix in finding.fixes[:1] for edit in fix.edits]
    if finding.code != "missing-docstring" or len(edits) != 1:
        return finding
    edit = edits[0]
    opened = edit.text.find('"""') + 3
    before, after = index.text[: edit.start] + edit.text[:opened], index.text[edit.end :]
    text = f'{before}"""\n{after}'
    blocks = index.updated(text)
    said = summarize(Document("", text), len(before), decoder=decoder, blocks=blocks, path=path, cancelled=cancelled)
    plain = re.match(r"[^\r\n]*?(?=\"\"\"|\r|\n)", edit.text[opened:])
    if said is None or not said.sure or plain is None or set('\\"') & set(said.text):
        return finding
    better = replace(edit, text=edit.text[:opened] + said.text + edit.text[opened + plain.end() :])
    return replace(finding, fixes=(replace(finding.fixes[0], edits=(better,)),))


def _stop(text: str) -> int | None:
    found = _END.search(text)
    return found.start() if found else None
