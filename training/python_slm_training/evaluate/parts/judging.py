"""What models think of given text: bug pairs, and bits per byte of held-out files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_slm_training.evaluate import bug_pairs, held_out
from python_slm_training.evaluate.bug_pairs import Asked, Judged
from python_slm_training.evaluate.held_out import Read
from python_slm_training.evaluate.measures import BITS
from python_slm_training.evaluate.parts.editing import all_files, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.bug_pairs import Pair
    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.intervals import Observations
    from python_slm_training.evaluate.sources import Project

RANDOM = "random line"


def measure_pairs(run: Evaluation, source: str, pairs: Sequence[Pair]) -> None:
    """Every model on the pairs of one source, and lines drawn at random."""
    depends_on = {"pairs": [pair.id for pair in pairs]}
    floor = bug_pairs.floor(pairs)
    found: dict[str, Any] = {RANDOM: {kind: observed.estimate() for kind, observed in floor.items()}}
    for kind, observed in floor.items():
        run.observe(f"bugs.{source}.{kind}", RANDOM, observed)
    for one in run.models:

        def judged(start: int, one: Contestant = one) -> Iterator[Judged]:
            assert one.under_test is not None
            model = one.under_test.model
            return (bug_pairs.judge(model, pair) for pair in pairs[start:])

        rows = run.rows(f"bugs {source}", one, len(pairs), depends_on, judged)
        seen = bug_pairs.observations([Judged(**row) for row in rows])
        if run.sizes.asked:
            seen |= _asked(run, source, pairs, one)
        for kind, observed in seen.items():
            run.observe(f"bugs.{source}.{kind}", one.name, observed)
        found[one.name] = {kind: observed.estimate() for kind, observed in seen.items()}
    run.add("bugs", source, found)


def _asked(run: Evaluation, source: str, pairs: Sequence[Pair], one: Contestant) -> dict[str, Observations]:
    def made(start: int) -> Iterator[Asked]:
        assert one.under_test is not None
        writer = one.under_test.writer()
        return (bug_pairs.ask(writer, pair) for pair in pairs[start:])

    depends_on = {"pairs": [pair.id for pair in pairs]}
    rows = run.rows(f"asked {source}", one, len(pairs), depends_on, made)
    return bug_pairs.asked_observations([Asked(**row) for row in rows])


def measure_bits(run: Evaluation, projects: Sequence[Project]) -> None:
    """Bits per byte and perplexity of all that give probabilities, on the same documents."""
    documents = held_out.sample_documents(all_files(projects), run.sizes.documents, run.sizes.seed)
    depends_on = {"documents": run.sizes.documents, "projects": describe(projects)}
    bits: dict[str, Any] = {}
    perplexities: dict[str, float] = {}
    for one in (one for one in run.contestants if one.reader):

        def reads(start: int, one: Contestant = one) -> Iterator[Read]:
            assert one.reader is not None
            return (one.reader(file, text) for file, text in documents[start:])

        found = [Read(**row) for row in run.rows("held-out", one, len(documents), depends_on, reads)]
        observed = held_out.bits_per_byte(found)
        run.observe(BITS, one.name, observed)
        bits[one.name], perplexities[one.name] = observed.estimate(), held_out.perplexity(found)
    run.put("bits_per_byte", bits)
    run.put("perplexity", perplexities)
