"""Preference pairs from replay: at cursors in real files, what the file has against what the model would have shown.

Each cursor gives at most one pair. A suggestion that is right but goes on where the file does not is *verbose*: the
better answer is its right part. One that differs from the start is *wrong*: the better answer is what the file has, as
many lines as were suggested.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from python_slm_training.evaluate.cases import sample_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.cases import Case
    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.sources import Project
    from python_slm_training.tune.prefer import Pair

Fault = Literal["verbose", "wrong"]
_CONTEXT = 6000  # characters on each side that a pair keeps: more than any model of ours reads


def write_pairs(
    projects: Sequence[Project],
    completer: Completer,
    out: Path,
    *,
    per_kind: int,
    seed: int,
    progress: Callable[[int], object] = lambda _: None,
) -> int:
    """Ask ``completer`` at ``per_kind`` cursors of each kind in each project; write JSON lines, return how many pairs.

    Cursors that are in ``out``'s notes already are not asked again, so an interrupted run goes on.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    done = {json.loads(line) for line in _whole_lines(_notes(out))} | _ids(out)
    with out.open("a", encoding="utf-8") as file, _notes(out).open("a", encoding="utf-8") as notes:
        for project in projects:
            for case in sample_cases(project.files, per_kind, seed):
                key = f"{project.name}@{project.revision}:{case.file.path}:{case.offset}:{case.scene}"
                if key not in done:
                    pair = _pair(case, completer)
                    if pair:
                        file.write(json.dumps({**pair, "id": key}, ensure_ascii=False) + "\n")
                        file.flush()
                    notes.write(json.dumps(key) + "\n")
                    notes.flush()
                progress(1)
    return len(_ids(out))


def _pair(case: Case, completer: Completer) -> Pair | None:
    shown = [one for one in completer(case.file, case.text, case.offset) if one.strip()]
    if not shown:
        return None
    compared = compare(shown[0], case.file.text[case.offset :])
    if compared is None:
        return None
    chosen, fault = compared
    text: dict[str, Any] = {
        "prefix": case.text[max(0, case.offset - _CONTEXT) : case.offset],
        "suffix": case.text[case.offset : case.offset + _CONTEXT],
    }
    return {"task": "infill", **text, "path": case.file.path, "chosen": chosen, "rejected": shown[0], "fault": fault}


def compare(suggestion: str, truth: str) -> tuple[str, Fault] | None:
    """The better answer and what is wrong with ``suggestion``, if anything. ``truth`` is the rest of the file."""
    said = suggestion.rstrip().split("\n")
    real = truth.split("\n")[: len(said)]
    right = 0
    while right < len(real) and said[right].rstrip() == real[right].rstrip():
        right += 1
    if right == len(said):
        return None
    if right:
        return "\n".join(said[:right]), "verbose"
    chosen = "\n".join(line.rstrip() for line in real).rstrip()
    if not chosen.strip():
        return None
    return chosen, "wrong"


def _notes(out: Path) -> Path:
    return out.with_name(out.name + ".asked")


def _ids(out: Path) -> set[str]:
    return {json.loads(line)["id"] for line in _whole_lines(out)}


def _whole_lines(path: Path) -> list[str]:
    """Lines that end: a killed process may have left half of one, which is cut off. None where there is no file."""
    data = path.read_bytes() if path.exists() else b""
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    return whole.decode("utf-8").split("\n")[:-1]
