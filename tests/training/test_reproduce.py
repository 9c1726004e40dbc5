"""``training/reproduce.sh --size tiny``: from folders of code to a model that serves, however often it is killed."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_slm_training.pretrain.config import Config, presets

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "training" / "reproduce.sh"
STAGES = (
    "collect",
    "curate",
    "tokenizer",
    "shards",
    "pretrain",
    "tasks",
    "tune",
    "merge",
    "export",
    "evaluate",
    "install",
    "serve",
)
_PROJECTS = {
    "editor": "server/python_slm/lsp",
    "blocks": "server/python_slm/syntax",
    "sources": "training/python_slm_training/collect",
    "learning": "training/python_slm_training/pretrain",
    "engine": "server/python_slm/engine",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five projects."""
    made = tmp_path_factory.mktemp("sources")
    for name, place in _PROJECTS.items():
        shutil.copytree(ROOT / place, made / name, ignore=shutil.ignore_patterns("__pycache__"))
    return made


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one file, to measure on."""
    made = tmp_path_factory.mktemp("held_out")
    shutil.copyfile(ROOT / "examples" / "inventory.py", made / "inventory.py")
    return made


@dataclass
class Run:
    """One start of the script: its output so far, and how long each stage took."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def watch(self, seen: Callable[[str], object] = lambda _: None) -> int:
        """Read until it ends; ``seen`` gets the name of each stage as it begins."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.fullmatch(r"== (\w+)\n", line):
                seen(found[1])
        self.process.stdout.close()
        return self.process.wait()

    @property
    def seconds(self) -> dict[str, int]:
        found = (re.fullmatch(r" +(\w+) took (\d+) s\n", line) for line in self.lines)
        return {match[1]: int(match[2]) for match in found if match}


def start(work: Path, *arguments: str | Path) -> Run:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHON_SLM_HOME": str(work / "home"),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        ["bash", SCRIPT, "--size", "tiny", "--work", work, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    return Run(process)


@pytest.fixture(scope="module")
def whole(sources: Path, held_out: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A run that nobody disturbed."""
    work = tmp_path_factory.mktemp("whole")
    run = start(work, "--held-out", held_out, sources)
    assert run.watch() == 0, "".join(run.lines)[-4000:]
    return work, run


@pytest.mark.slow
def test_from_folders_of_code_to_a_model_that_serves(whole: tuple[Path, Run]) -> None:
    work, run = whole
    assert tuple(run.seconds) == STAGES
    assert sum(run.seconds.values()) < 15 * 60
    output = "".join(run.lines)
    assert "slm lsp: " in output
    assert '"device": "cpu"' in output
    chosen = json.loads((work / "home" / "models" / "active.json").read_text("utf-8"))
    assert "python-slm-tiny@0.1.0" in json.dumps(chosen)
    assert (work / "evaluation" / "evaluation.html").exists()


@pytest.mark.slow
def test_killed_in_every_stage_it_makes_the_same_model(
    whole: tuple[Path, Run], sources: Path, held_out: Path, tmp_path: Path
) -> None:
    wholly, undisturbed = whole
    chance = random.Random()  # another moment in every run of this test; a failure prints them
    moments: dict[str, float] = {}
    while True:
        run = start(tmp_path, "--held-out", held_out, sources)

        def kill_in_it(stage: str, group: int = run.process.pid) -> None:
            if stage in STAGES and stage not in moments:
                moments[stage] = chance.uniform(0, undisturbed.seconds[stage])
                threading.Timer(moments[stage], kill, [group]).start()

        code = run.watch(kill_in_it)
        if code != -signal.SIGKILL:
            break
    assert code == 0, f"killed after {moments}:\n" + "".join(run.lines)[-4000:]
    assert set(moments) == set(STAGES)
    for made in ("pretrain/final/model.safetensors", "merged/model.safetensors", "exported/model.int8.onnx"):
        assert (tmp_path / made).read_bytes() == (wholly / made).read_bytes(), f"{made}: killed after {moments}"


def kill(group: int) -> None:
    """SIGKILL to the script and all that it started; it may just have ended."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_two_runs_do_not_share_a_folder(tmp_path: Path, sources: Path) -> None:
    if not shutil.which("flock"):
        pytest.skip("no flock on this system")
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run = start(tmp_path, sources)
        assert run.watch() == 1
    assert "another run is at work here" in "".join(run.lines)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--size", "huge", "."], "--size is tiny, cpu or 64m"),
        ([], "no sources"),
        (["--colour"], "no such option"),
    ],
)
def test_a_wrong_command_says_what_to_do(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    run = start(tmp_path, *arguments)
    assert run.watch() == 1
    assert complaint in "".join(run.lines)


@pytest.mark.parametrize("name", presets())
def test_no_recipe_risks_more_than_a_minute(name: str) -> None:
    assert Config.preset(name).checkpoint_minutes <= 1
