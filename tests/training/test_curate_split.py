"""Splits that resemble each other, a corpus that no project dominates, and no text in two splits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_slm_training.collect.record import SUFFIX, read
from python_slm_training.curate import nearduplicates
from python_slm_training.curate.balance import Balance, limit, surplus
from python_slm_training.curate.leakage import leaks
from python_slm_training.curate.split import SPLITS, assign, project_of
from python_slm_training.curate.table import divergence
from python_slm_training.curate.words import word_hashes
from tests.training.test_curate_pipeline import code, run, source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Profiles = dict[str, dict[str, "NDArray[np.float64]"]]


def projects(count: int, seed: int = 1) -> tuple[dict[str, int], Profiles]:
    """Projects of three domains, each of one domain mostly, and of very different sizes."""
    chance = random.Random(seed)
    sizes, profiles = {}, {}
    for number in range(count):
        size = int(chance.lognormvariate(14, 1.2))
        shares = np.full(3, 0.1)
        shares[number % 3] = 0.8
        sizes[f"p{number}"] = size
        profiles[f"p{number}"] = {"domain": size * shares}
    return sizes, profiles


def plain(sizes: dict[str, int]) -> Profiles:
    return {name: {"domain": np.array([float(size)])} for name, size in sizes.items()}


def shares_of(sizes: dict[str, int], chosen: dict[str, str]) -> list[float]:
    total = sum(sizes.values())
    return [sum(size for name, size in sizes.items() if chosen[name] == split) / total for split in SPLITS]


def test_splits_come_close_to_80_10_10() -> None:
    sizes, profiles = projects(60)
    assert shares_of(sizes, assign(sizes, {}, profiles)) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_splits_have_alike_labels() -> None:
    sizes, profiles = projects(60)

    def distance(chosen: dict[str, str]) -> float:
        sums = {split: sum(profiles[name]["domain"] for name in sizes if chosen[name] == split) for split in SPLITS}
        return max(float(divergence(np.asarray(each), np.asarray(sum(sums.values())))) for each in sums.values())

    unaware = assign(sizes, {}, plain(sizes))
    stratified = assign(sizes, {}, profiles)
    assert distance(stratified) < 0.002 < distance(unaware)


def test_a_project_keeps_its_split_when_the_corpus_grows() -> None:
    sizes, profiles = projects(30)
    before = assign(sizes, {}, profiles)
    more_sizes, more_profiles = projects(90)
    after = assign(more_sizes, before, more_profiles)
    assert {name: after[name] for name in before} == before
    assert shares_of(more_sizes, after) == pytest.approx([0.8, 0.1, 0.1], abs=0.03)


def test_one_project_is_for_training() -> None:
    assert assign({"a": 5}, {}, plain({"a": 5})) == {"a": "train"}
    assert assign({}, {}, {}) == {}


def test_the_same_projects_get_the_same_splits_in_any_order() -> None:
    sizes, profiles = projects(40)
    turned = dict(reversed(sizes.items()))
    assert assign(sizes, {}, profiles) == assign(turned, {}, profiles)


def test_a_repository_and_its_distribution_are_one_project() -> None:
    assert project_of("Owner/My_Tool") == project_of("my-tool") == project_of("other/python-my-tool")


@pytest.mark.parametrize(
    ("sizes", "share", "want"),
    [
        ([10.0, 10.0, 10.0, 10.0], 0.25, 10),
        ([70.0, 10.0, 10.0, 10.0], 0.25, 10),
        ([70.0, 10.0, 10.0, 10.0], 0.5, 30),  # 30 of 60
        ([60.0, 40.0, 10.0, 10.0, 10.0], 0.3, 22.5),  # twice 22.5 of 75
        ([10.0, 20.0], 0.1, 10),  # two can never have a tenth each: all are cut to the smallest
        ([10.0, 20.0], 1.0, float("inf")),
    ],
)
def test_the_limit_is_a_share_of_what_is_left(sizes: list[float], share: float, want: float) -> None:
    assert limit(np.array(sizes), share) == pytest.approx(want)


def test_of_what_is_too_much_the_best_files_stay() -> None:
    groups = np.array([0, 0, 0, 0, 1, 2])
    sizes = np.array([10, 10, 10, 10, 10, 10], np.uint64)
    quality = np.array([50, 90, 70, 60, 10, 10], np.uint8)
    assert surplus(groups, sizes, quality, 0.5).tolist() == [True, False, False, True, False, False]


def test_balance_cuts_a_giant_project(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    source(raw, "giant/one", [code(seed, 30) for seed in range(40)])
    for number in range(4):
        source(raw, f"small/r{number}", [code(1000 + 10 * number + seed, 30) for seed in range(5)])
    free = run(raw, tmp_path / "free")
    card = run(raw, tmp_path / "balanced", balance=Balance(project=0.25))
    sizes = {each["repo"]: each["bytes"] for each in card["sources"]}
    assert sizes["giant/one"] <= 0.26 * sum(sizes.values())
    assert {repo: size for repo, size in sizes.items() if repo != "giant/one"} == {
        each["repo"]: each["bytes"] for each in free["sources"] if each["repo"] != "giant/one"
    }
    assert card["dropped"]["over-represented"][0] > 25


def signatures(texts: list[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.array([nearduplicates.signature(word_hashes(text)) for text in texts])


def test_a_text_that_is_nearly_in_an_earlier_split_leaks() -> None:
    text = code(1, functions=40)
    texts = [text, text.replace("return", "return not", 3), code(2), text + "\nx = 1\n", code(3), code(2)]
    places = np.array([0, 1, 1, 2, 2, 2])
    assert leaks(signatures(texts), places).tolist() == [False, True, False, True, False, True]


def test_pairs_just_above_the_threshold_are_found() -> None:
    pairs = [(code(n, 60) + code(1000 + n, 7), code(n, 60) + code(2000 + n, 7)) for n in range(40)]
    texts = [text for pair in pairs for text in pair]
    found = leaks(signatures(texts), np.arange(len(texts)) % 2)
    similar = [(one == other).mean() >= nearduplicates.THRESHOLD for one, other in signatures(texts).reshape(40, 2, -1)]
    assert sum(similar) > 20
    assert found[1::2].tolist() == similar


def test_no_text_is_in_two_splits_of_the_corpus(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for number in range(12):
        own = [code(100 * number + seed, 30) for seed in range(6)]
        shared = code(7777, 30).replace("return", "return not", number)  # a vendored file, changed a little everywhere
        source(raw, f"o/r{number}", [*own, shared])
    card = run(raw, tmp_path / "corpus")
    assert (card["leakage"]["exact"], card["leakage"]["near"]) == (0, 0)
    texts = {
        split: [each.text for path in (tmp_path / "corpus" / split).glob(f"*{SUFFIX}") for each in read(path)]
        for split in SPLITS
    }
    assert all(texts.values())
    everything = [text for split in SPLITS for text in texts[split]]
    places = np.repeat(np.arange(3), [len(texts[split]) for split in SPLITS])
    assert not leaks(signatures(everything), places).any()


def test_the_card_says_how_alike_the_splits_are(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for number in range(12):
        source(raw, f"o/r{number}", [code(100 * number + seed, 20) for seed in range(4)])
    card = run(raw, tmp_path / "corpus")
    assert set(card["divergence"]["domain"]) == set(SPLITS)
    assert all(0 <= bits < 0.3 for bits in card["divergence"]["difficulty"].values())
    text = (tmp_path / "corpus" / "README.md").read_text()
    for part in (
        "| domain | files | train | valid | test |",
        "0 exact and 0 near-duplicates",
        "(labels.svg)",
        "| documented | 0.25 |",
    ):
        assert part in text
