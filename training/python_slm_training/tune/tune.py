"""Tuning: a base and task examples → an adapter folder, or a whole model."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from torch.nn import functional

from python_slm.prompt import TASKS as PROMPT_TASKS
from python_slm_training.tune.base import Base
from python_slm_training.tune.examples import INFILL, Encoder, rng_of
from python_slm_training.tune.loop import Lesson, Loop, Watch
from python_slm_training.tune.mixture import GENERAL, Mixture, general_example, micro_batches, mixture_weights
from python_slm_training.tune.outcome import Outcome, fingerprint, finish, finished, folder_of
from python_slm_training.tune.pools import Document, Pools, by_task, read_general, read_pools
from python_slm_training.tune.trainee import Trainee, make_trainee, target_logits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from python_slm_training.tune.config import Schedule, TuneConfig
    from python_slm_training.tune.examples import Example
    from python_slm_training.tune.gradients import Objective
    from python_slm_training.tune.mixture import MicroBatch


def tune(
    base: str | Path,
    examples: Path | str | Sequence[Example],
    out: Path,
    config: TuneConfig,
    *,
    valid: Sequence[Example] | None = None,
    say: Callable[[str], object] = lambda _: None,
    resume: bool = False,
    watch: Watch | None = None,
) -> Outcome:
    """Teach ``base``, a Hugging Face folder or Hub id, the ``examples``: a TASKS folder, or a list.

    Leaves ``out/adapter`` (lora, qlora) or ``out/final`` (full) with tokenizer and ``tune.json``, beside checkpoints,
    metrics and plots. Killed and called again with ``resume``, it goes on; finished, it answers at once. ``valid`` is
    held out instead of a twentieth of a list's files. Raises TrainingError or CorpusError.
    """
    if resume and (known := finished(out, config.method)):
        return known
    opened = Base.open(base)
    pools = read_pools(examples, most=config.task_examples)
    if valid is not None:
        pools = Pools(pools.train, by_task(valid))
    general, held_out = read_general(config.replay) if config.replay_rate else ([], [])
    trainee = make_trainee(opened, config, tokens=_unknown_tokens(opened, pools))
    lesson = _lesson(trainee, pools, (general, held_out), config)
    loop = Loop(trainee, lesson, config, out, settings={"base": fingerprint(opened)}, watch=watch or Watch(say))
    result = loop.run(resume=resume, final=folder_of(out, config.method))
    return finish(out, trainee, config.method, config, result)


def _lesson(
    trainee: Trainee, pools: Pools, general: tuple[Sequence[Document], Sequence[Document]], config: TuneConfig
) -> Lesson:
    sizes = {task: len(pool) for task, pool in pools.train.items()}
    weights = mixture_weights(sizes, config.task_weights, config.replay_rate)
    longest = min(config.max_tokens, trainee.base.context_length())
    encoder = Encoder(trainee.base.vocabulary.tokenizer, max_tokens=longest, spm_share=config.spm_share)
    mixture = Mixture(
        pools.train,
        general[0],
        encoder,
        weights,
        batch_examples=config.batch_examples,
        micro_tokens=config.micro_tokens,
        seed=config.seed,
    )
    held_out = held_out_tasks({task: pool for task, pool in pools.valid.items() if task in weights}, encoder, config)
    if general[1]:
        held_out[GENERAL] = _held_out_general(general[1], encoder, config)
    return Lesson(mixture, token_loss(trainee), held_out)


def held_out_tasks(
    pools: Mapping[str, Sequence[Example]], encoder: Encoder, config: Schedule
) -> dict[str, list[MicroBatch]]:
    """A fixed sample of each task, asked as serving asks; the same for every method and seed."""
    asked = Encoder(encoder.tokenizer, max_tokens=encoder.max_tokens, spm_share=1.0)
    found: dict[str, list[MicroBatch]] = {}
    for task, pool in pools.items():
        order = rng_of(0, 4).permutation(len(pool))[: 4 * config.validation_examples]
        encoded = [one for place in order if (one := asked.encode(pool[int(place)], rng_of(0)))]
        if encoded:
            found[task] = micro_batches(encoded[: config.validation_examples], config.micro_tokens)
    return found


def _held_out_general(documents: Sequence[Document], encoder: Encoder, config: Schedule) -> list[MicroBatch]:
    order = rng_of(0, 5).permutation(len(documents))[: config.validation_examples]
    encoded = [general_example(documents[int(place)], encoder, rng_of(0, 6, int(place))) for place in order]
    return micro_batches([one for one in encoded if one], config.micro_tokens)


def token_loss(trainee: Trainee) -> Objective:
    """Negative log-likelihood of the targets, nats, summed."""
    partial = computes_partial_logits(trainee)

    def objective(batch: Sequence[Tensor]) -> tuple[Tensor, int]:
        logits, wanted = target_logits(trainee.network, *batch, partial=partial)
        return functional.cross_entropy(logits, wanted, reduction="sum"), len(wanted)

    return objective


def computes_partial_logits(trainee: Trainee) -> bool:
    """Whether the architecture computes logits only where asked."""
    return "logits_to_keep" in inspect.signature(trainee.network.forward).parameters


def _unknown_tokens(base: Base, pools: Pools) -> list[int]:
    """Special tokens that the tasks at hand need and the base has never seen in training."""
    tokenizer = base.vocabulary.tokenizer
    tasks = [task for task in pools.train if task != INFILL]
    names = [f"<|{task}|>" for task in tasks if task in PROMPT_TASKS] + (["<|answer|>"] if tasks else [])
    return sorted({tokenizer.special(name) for name in names} | set(base.vocabulary.added))
