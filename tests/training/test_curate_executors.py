"""The same corpus from every executor: this machine, a Ray cluster, Slurm; and what happens when a task fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from python_slm.errors import CorpusError
from python_slm_training.cli.data import data
from python_slm_training.collect.record import SUFFIX
from python_slm_training.curate.executors import Where
from python_slm_training.curate.pipeline import curate as run_watched
from python_slm_training.curate.plan import Plan
from tests.training.test_curate_pipeline import code, corpus_files, run, source


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    for number in range(3):
        source(folder, f"o/r{number}", [code(10 * number + seed) for seed in range(4)])
    return folder


def curate(raw: Path, corpus: Path, *options: str, path: Path | None = None) -> None:
    """The command in a process of its own, since Ray and Slurm have threads, children and environments of theirs."""
    places = [str(path), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(places), "RAY_worker_niceness": "0"}  # not behind all else
    command = [sys.executable, "-m", "python_slm", "data", "curate", str(raw), "--out", str(corpus), *options]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_two_workers_of_ray_write_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra 'cluster'")
    run(raw, tmp_path / "local")
    curate(raw, tmp_path / "ray", "--executor", "ray", "--workers", "2")
    assert corpus_files(tmp_path / "ray") == corpus_files(tmp_path / "local") != {}


# What datatrove asks of Slurm: sbatch takes a script with directives and prints a job's number, srun runs, scontrol
# names hosts. This one runs an array at once, one task after the other, and refuses one whose dependency has failed.
_SBATCH = """\
    #!{python}
    import os, pathlib, re, subprocess, sys
    state = pathlib.Path(__file__).parent / "jobs"
    state.mkdir(exist_ok=True)
    script = pathlib.Path(sys.argv[-1]).read_text()
    directives = dict(re.findall(r"^#SBATCH --([\\w-]+)=(.*)$", script, re.M))
    assert directives["partition"] == "compute" and directives["time"] == "01:00:00", directives
    given = [argument.split(":")[-1] for argument in sys.argv if argument.startswith("--dependency=afterok")]
    needed = given + [directives["dependency"].split(":")[-1]] if "dependency" in directives else given
    assert all((state / job).read_text() == "ok" for job in needed), needed
    number = str(len(list(state.iterdir())) + 1)
    (state / number).write_text("ok")
    if "merge_stats" not in script:
        for task in range(int(directives["array"].split("-")[1].split("%")[0]) + 1):
            own = {{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_NODELIST": "localhost", "RUN_OFFSET": "0"}}
            done = subprocess.run(["bash", sys.argv[-1]], env=os.environ | own, capture_output=True, text=True)
            if done.returncode:
                (state / number).write_text(done.stderr)
    print("Submitted batch job", number)
    """
_SRUN = """\
    #!/bin/sh
    shift 3   # -l -n 1
    exec "$@"
    """
_SCONTROL = """\
    #!/bin/sh
    echo localhost
    """


@pytest.fixture
def slurm(tmp_path: Path) -> Path:
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in (("sbatch", _SBATCH.format(python=sys.executable)), ("srun", _SRUN), ("scontrol", _SCONTROL)):
        (folder / name).write_text(dedent(text))
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.slow
def test_jobs_of_slurm_write_the_same_bytes(raw: Path, tmp_path: Path, slurm: Path) -> None:
    run(raw, tmp_path / "local")
    options = ("--executor", "slurm", "--partition", "compute", "--time", "01:00:00")
    curate(raw, tmp_path / "slurm-corpus", *options, path=slurm)
    jobs = {path.name: path.read_text() for path in (slurm / "jobs").iterdir()}
    assert set(jobs.values()) == {"ok"}, jobs
    assert corpus_files(tmp_path / "slurm-corpus") == corpus_files(tmp_path / "local") != {}


def test_slurm_without_a_partition_is_refused(raw: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(data, ["curate", str(raw), "--out", str(tmp_path / "c"), "--executor", "slurm"])
    assert result.exit_code == 2
    assert "sinfo" in result.output


def test_a_damaged_raw_file_ends_the_run_and_the_next_one_goes_on(raw: Path, tmp_path: Path) -> None:
    whole = (raw / f"git-o+r1{SUFFIX}").read_bytes()
    (raw / f"git-o+r1{SUFFIX}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorpusError, match=r"git-o\+r1\.jsonl\.zst: .*collect it again"):
        run(raw, tmp_path / "corpus", workers=2)
    assert not (tmp_path / "corpus" / "card.json").exists()
    (raw / f"git-o+r1{SUFFIX}").write_bytes(whole)
    run(raw, tmp_path / "corpus")
    run(raw, tmp_path / "other")
    assert corpus_files(tmp_path / "corpus") == corpus_files(tmp_path / "other")


def test_a_file_that_no_collector_wrote_is_an_error_with_a_way_out(raw: Path, tmp_path: Path) -> None:
    (raw / f"notes{SUFFIX}").write_bytes(b"")
    with pytest.raises(CorpusError, match="move it elsewhere"):
        run(raw, tmp_path / "corpus")


def test_a_raw_file_without_its_note_is_an_error_with_a_way_out(raw: Path, tmp_path: Path) -> None:
    (raw / "git-o+r0.json").unlink()
    with pytest.raises(CorpusError, match="collect it again"):
        run(raw, tmp_path / "corpus")


def test_two_curations_in_one_folder_notice_each_other(raw: Path, tmp_path: Path) -> None:
    first = Plan(raw, tmp_path / "corpus").save()
    Plan(raw, tmp_path / "corpus", earlier={"r0": "test"}).save()
    with pytest.raises(CorpusError, match="another 'slm data curate' works in this folder"):
        first.load()


def test_what_is_clean_is_no_task_again(raw: Path, tmp_path: Path) -> None:
    run(raw, tmp_path / "corpus")
    source(raw, "o/new", [code(99)])
    plan = Plan(raw, tmp_path / "corpus")
    assert [plan.files[at].name for at in plan.pending] == [f"git-o+new{SUFFIX}"]


def test_progress_ends_with_every_task_done(raw: Path, tmp_path: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def watch(stage: str, done: int, tasks: int) -> None:
        seen.setdefault(stage, []).append((done, tasks))

    run_watched(Plan(raw, tmp_path / "c"), Where(), watch)
    ends = {stage: counts[-1] for stage, counts in seen.items()}
    assert ends == {"clean": (3, 3), "decide": (1, 1), "write": (3, 3), "card": (1, 1)}
    assert all(counts == sorted(counts) for counts in seen.values())
