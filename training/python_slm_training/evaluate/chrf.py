"""chrF: how much of a reference text's character n-grams another text has (Popović 2015, aclanthology.org/W15-3049).

The sentence-level chrF2 of sacrebleu 2 with its defaults: n-grams of 1 to 6 characters, blanks left out, F with β = 2,
averaged over the orders that both texts have. Tested against figures printed by it; the library itself would bring six
packages for these lines.
"""

from __future__ import annotations

from collections import Counter

ORDER = 6
BETA = 2.0


def chrf(hypothesis: str, reference: str) -> float:
    """Similarity in 0 to 1; 0 when either is blank."""
    ours, theirs = "".join(hypothesis.split()), "".join(reference.split())
    precisions, recalls = 0.0, 0.0
    orders = 0
    for size in range(1, ORDER + 1):
        found, wanted = _grams(ours, size), _grams(theirs, size)
        if found and wanted:
            shared = (found & wanted).total()
            precisions += shared / found.total()
            recalls += shared / wanted.total()
            orders += 1
    if not orders or not precisions + recalls:
        return 0.0
    precision, recall = precisions / orders, recalls / orders
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[start : start + size] for start in range(len(text) - size + 1))
