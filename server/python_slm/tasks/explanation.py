"""What a code is about, whoever has it: ruff's documentation, or that of our own rules."""

from __future__ import annotations

from python_slm.docstrings import codes
from python_slm.linter import rule_docs
from python_slm.rules import docs
from python_slm.style.base import style_rules


def explanation(code: str) -> str | None:
    """Markdown; None where nobody knows the code, or ruff is not there to be asked about one of its own."""
    for rule in style_rules():
        if rule.code == code:
            return f"# {code}\n\n{rule.documentation.strip()}\n"
    return docs.explanation(code) or codes.explanation(code) or rule_docs.explanation(code)
