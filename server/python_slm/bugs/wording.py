"""What is said of a rewrite: a message for the line, reasons for the hover, a title for the fix."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm.bugs.calibration import KindCalibration
    from python_slm.bugs.scene import Candidate

_MOST_TIMES = 1e6
_LONGEST = 40


def message(found: Candidate, was: str) -> str:
    """One sentence for the line, from what stands there (``was``)."""
    becomes, was = _short(found.text), _short(was)
    sentences = {
        "swapped-arguments": f"arguments may be swapped: `{becomes}`",
        "missing-await": "`await` may be missing",
        "missing-self": "`self.` may be missing",
        "missing-not": "a `not` may be missing" if found.text else "this `not` may be one too many",
        "copy-paste-slip": f"`{was}` may have been left unchanged in a copied line: `{becomes}`",
    }
    plain = (
        f"`{was}` may be meant to be `{becomes}`"
        if was and becomes
        else f"`{was or becomes}` may be one {'too many' if was else 'too few'}"
    )
    return sentences.get(found.kind, plain)


def title(found: Candidate, was: str) -> str:
    """What the fix does."""
    if not was.strip():
        return f"Insert `{_short(found.text.strip())}`"
    if not found.text.strip():
        return f"Remove `{_short(was.strip())}`"
    return f"Replace `{_short(was)}` by `{_short(found.text)}`"


def reasoning(found: Candidate, kind: KindCalibration, confidence: float) -> str:
    """Why, in plain words, with both scores; Markdown."""
    about = found.about
    was, then = about.get("score_was", 0.0), about.get("score_then", 0.0)
    preference = then - was
    mean, _ = kind.usual
    times = min(exp(min(abs(preference), 20.0)), _MOST_TIMES)
    likelier = f"{times:,.0f} times {'likelier' if preference >= 0 else 'less likely'} rewritten"
    lines = [f"{found.clue[:1].upper()}{found.clue[1:]}." if found.clue else ""]
    lines.append(
        f"The model finds this place {likelier}: log probability {then:.1f} rewritten, {was:.1f} as it stands "
        f"(difference {preference:+.1f}; of such rewrites of good code it is {mean:+.1f} on average)."
    )
    lines.append(
        f"Of rewrites with numbers like these {confidence:.0%} were what a real commit did, in files with a known bug "
        "each."
    )
    return "\n\n".join(filter(None, lines))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
