"""A base model's tokenizer, made fit for our prompts: what it lacks is added, what it has is never read in text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm.prompt import format_tokens, missing_tokens
from python_slm.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Vocabulary:
    """``text`` is the ``tokenizer.json`` to train, save and serve with; ``added`` the new ids → ids of their names."""

    text: str
    tokenizer: Tokenizer
    added: Mapping[int, list[int]]

    def save(self, folder: Path, base: Path) -> None:
        """Write ``tokenizer.json`` and a ``tokenizer_config.json`` that goes with it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.json").write_text(self.text, encoding="utf-8")
        path = base / "tokenizer_config.json"
        config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if self.added or not config:
            config.pop("added_tokens_decoder", None)  # tokenizer.json says it, and now knows more
            config["tokenizer_class"] = "PreTrainedTokenizerFast"
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def adapt(text: str, *, where: str) -> Vocabulary:
    """Read a base's ``tokenizer.json``. Ours comes back byte for byte.

    Three things are changed in others': tokens of the prompt formats become special, so that a user's text cannot
    spell them; a blank is no longer put before every text, which would stand in the middle of a line here; and tokens
    that are missing are added at the end.
    """
    content = json.loads(text)
    changed = _make_special(content) | _drop_dummy_blank(content)
    tokenizer = Tokenizer.from_json(json.dumps(content, ensure_ascii=False) if changed else text, where=where)
    missing = missing_tokens(tokenizer)
    if not missing:
        return Vocabulary(text if not changed else tokenizer.to_json(), tokenizer, {})
    content = json.loads(tokenizer.to_json())
    first = max(_ids(content)) + 1
    content["added_tokens"] += [_added_token(first + place, name) for place, name in enumerate(missing)]
    grown = json.dumps(content, ensure_ascii=False, indent=2)
    tokenizer = Tokenizer.from_json(grown, where=where)
    added = {tokenizer.special(name): tokenizer.encode(name.strip("<|>").replace("_", " ")) for name in missing}
    return Vocabulary(grown, tokenizer, added)


def _make_special(content: dict[str, Any]) -> bool:
    names = set(format_tokens())
    found = [token for token in content.get("added_tokens", []) if token["content"] in names and not token["special"]]
    for token in found:
        token["special"] = True
    return bool(found)


def _drop_dummy_blank(content: dict[str, Any]) -> bool:
    """Llama's and Mistral's tokenizers put a blank before each text, as a normaliser or as a pre-tokenizer."""
    changed = False
    for key, parts in (("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers")):
        step = content.get(key)
        steps = step.get(parts, [step]) if step else []
        for one in steps:
            if one["type"] == "Metaspace" and one.get("prepend_scheme", "always") != "never":
                one["prepend_scheme"], changed = "never", True
            if one["type"] == "ByteLevel" and one.get("add_prefix_space"):
                one["add_prefix_space"], changed = False, True
        kept = [one for one in steps if one["type"] != "Prepend"]
        if len(kept) < len(steps):
            content[key], changed = ({"type": "Sequence", parts: kept} if kept else None), True
    return changed


def _ids(content: dict[str, Any]) -> list[int]:
    return [*content["model"]["vocab"].values(), *(token["id"] for token in content["added_tokens"])]


def _added_token(index: int, name: str) -> dict[str, Any]:
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": name, **plain, "special": True}
