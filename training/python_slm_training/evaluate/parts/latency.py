"""How long a user waits: from the last key to ghost text through the real server, and tokens a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_slm.bench import decode, typing
from python_slm.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation

LINES, KEYS, INTERVAL_S = 1000, 12, 0.08
NEW_TOKENS, REPEATS = 32, 5
_FIGURES = ("first_ms", "last_key_p50_ms", "last_key_p95_ms", "prompt_tokens", "server_bytes", "decoded_to_end")


def measure_latency(run: Evaluation) -> None:
    """``slm bench typing`` and ``slm bench decode`` on every model, one at a time; the machine's load matters."""
    path = typing.stdlib_module(LINES)
    text = path.read_text(encoding="utf-8")
    places = typing.choose_places(text, KEYS, run.sizes.places)
    found: dict[str, Any] = {}
    for one in run.models:

        def timed(start: int, one: Contestant = one) -> Iterator[dict[str, Any]]:
            if start == 0:
                assert one.under_test is not None
                completion = {"deadlineMs": 5_000}
                run_of_keys = typing.TypingRun(path, text, places, INTERVAL_S, one.under_test.folder, completion)
                try:
                    figures = run_of_keys.measure()
                except TimeoutError as error:
                    raise EvaluationError(f"{one.name}: {error}; run again when the machine is less busy") from error
                yield {name: figures[name] for name in _FIGURES} | _speed(one)

        found[one.name] = run.rows("latency", one, 1, {"places": len(places)}, timed)[0]
    run.put("latency", found)


def _speed(one: Contestant) -> dict[str, float]:
    assert one.under_test is not None
    model = one.under_test.model
    ids = model.tokenizer.encode(typing.stdlib_module(LINES).read_text(encoding="utf-8"))
    figures = decode.measure(model, ids[: min(512, model.capacity - NEW_TOKENS)], NEW_TOKENS, REPEATS)
    return {
        "prompt_tokens_a_second": figures.prompt_tokens / figures.ours.cold_s,
        "new_tokens_a_second": 1 / figures.ours.step_s,
        "threads": figures.threads,
    }
