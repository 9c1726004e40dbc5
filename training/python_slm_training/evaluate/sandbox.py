"""Runs Python that a model wrote, where it can reach nothing: bubblewrap namespaces, resource limits, no root.

What the program sees: ``/usr`` read-only, an empty 16 MiB ``/tmp``, a bare ``/dev``; no network, no home, no ``/etc``,
no other processes. A run counts as passed when a nonce, new for each run, is printed by the line after the last test:
leaving early (``sys.exit(0)``, ``os._exit(0)``) therefore fails. A program that reads its own source from memory could
still print it; this guards against accidents and careless code, not against a model that games its own test.

Verdicts do not depend on what runs beside: a program has its own namespaces, scratch space and limits, and one that is
slow because the machine is busy is waited for until it has used its processor time.

There is no fallback: plain ``exec`` in a child process, or ``unshare`` alone, leaves the host's files readable.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Self

import psutil

from python_slm.errors import SandboxError, SandboxMissingError

PYTHON = "/usr/bin/python3"  # a pyenv or virtual environment's Python is not mounted
NOBODY = 65534
MIB = 1 << 20

PATIENCE = 20
_IDLE_SHARE = 0.005  # of a processor: less than what any program gets that wants to run, even beside many

_ACTIVE = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)

Reason = Literal["passed", "failed", "timeout"]


@dataclass(frozen=True)
class Outcome:
    """How one program ended. ``detail`` is the last line it wrote to stderr, at most 200 characters."""

    reason: Reason
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the line after the last test was reached."""
        return self.reason == "passed"


@dataclass(frozen=True)
class Limits:
    """What one program may use."""

    seconds: float = 20.0
    """Wall clock, for a program that waits; one that computes has ``PATIENCE`` times as long."""
    cpu_seconds: int = 6
    """Processor time of one process: the same verdict on a busy machine as on an idle one."""
    memory_mib: int = 512
    processes: int = 32
    disk_mib: int = 16
    output_mib: int = 1


@dataclass(frozen=True)
class Activity:
    """What a process and all below it do: processor ``seconds`` so far, and whether any of them wants to run now."""

    seconds: float
    runs: bool

    @classmethod
    def of(cls, pid: int) -> Self:
        """Look at ``pid``; nothing where it is gone."""
        try:
            top = psutil.Process(pid)
            found = [(one.cpu_times(), one.status()) for one in (top, *top.children(recursive=True))]
        except psutil.Error:
            return cls(0.0, runs=False)
        used = sum(times.user + times.system for times, _ in found)
        return cls(float(used), any(status in _ACTIVE for _, status in found))


class Sandbox:
    """Runs programs one at a time a call; calls may run in parallel threads. About 40 ms a run.

    Raises SandboxMissingError at construction when this machine cannot make a sandbox.
    """

    def __init__(self, limits: Limits | None = None, bwrap: str | None = None) -> None:
        self._limits = limits or Limits()
        self._bwrap = bwrap or _find_bwrap()
        proof = self.run("")
        if not proof.passed:
            raise SandboxError(
                f"{self._bwrap}: an empty program does not pass ({proof.reason}: {proof.detail}); "
                "user namespaces may be off: check 'sysctl kernel.unprivileged_userns_clone user.max_user_namespaces'"
            )

    def run(self, program: str) -> Outcome:
        """Run ``program`` to its end and say whether it got there."""
        nonce = secrets.token_hex(16)
        source = f"{program}\n\nprint({nonce!r}, flush=True)\n"
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            stdin.write(source.encode("utf-8", "surrogatepass"))
            stdin.seek(0)
            finished = self._finish(stdin, stdout, stderr)
            lines = _read(stdout).splitlines()
            detail = (_read(stderr).strip().splitlines() or [""])[-1][:200]
        if not finished:
            return Outcome(
                "timeout", f"more than {self._limits.seconds} s, or {self._limits.cpu_seconds} s of a processor"
            )
        return Outcome("passed" if lines and lines[-1] == nonce else "failed", detail)

    def _finish(self, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> bool:
        """Start, wait, kill what is left; False when the time ran out."""
        info_read, info_write = os.pipe()
        as_root = os.geteuid() == 0
        try:
            process = subprocess.Popen(  # noqa: S603 - the arguments are ours; running untrusted code is the purpose
                self._command(info_write),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd="/",
                env={},
                pass_fds=[info_write],
                start_new_session=True,
                user=NOBODY if as_root else None,  # root's processes are not counted against RLIMIT_NPROC
                group=NOBODY if as_root else None,
                extra_groups=[] if as_root else None,
            )
        finally:
            os.close(info_write)
        try:
            finished = self._wait(process)
            if not finished:
                _kill_child(info_read)
                process.kill()
                process.wait()
        finally:
            os.close(info_read)
        return finished

    def _wait(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it ended in time: a program that computes has time while it has used less than its share of it."""
        before = Activity(0.0, runs=True)
        for _ in range(PATIENCE):
            try:
                process.wait(self._limits.seconds)
            except subprocess.TimeoutExpired:
                now = Activity.of(process.pid)
                waits = not now.runs and now.seconds - before.seconds < _IDLE_SHARE * self._limits.seconds
                if waits or now.seconds >= self._limits.cpu_seconds:
                    return False
                before = now
            else:
                return True
        return False

    def _command(self, info_fd: int) -> list[str]:
        limits = self._limits
        namespaces = "--unshare-all --unshare-user --disable-userns --die-with-parent --new-session --clearenv"
        files = (
            "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --dev /dev"
        )
        scratch = f"--size {limits.disk_mib * MIB} --tmpfs /tmp --remount-ro / --chdir /tmp"
        identity = f"--uid {NOBODY} --gid {NOBODY} --cap-drop ALL --info-fd {info_fd}"
        prlimit = (
            f"/usr/bin/prlimit --as={limits.memory_mib * MIB} --nproc={limits.processes} --core=0 --nofile=64 "
            f"--fsize={limits.output_mib * MIB} --cpu={limits.cpu_seconds}"
        )
        python = f"{PYTHON} -I -S -B -"
        return [self._bwrap, *f"{namespaces} {files} {scratch} {identity} {prlimit} {python}".split()]


def _find_bwrap() -> str:
    found = shutil.which("bwrap")
    for needed in (found, PYTHON, "/usr/bin/prlimit"):
        if needed is None or not Path(needed).exists():
            raise SandboxMissingError(
                f"{needed or 'bwrap'}: not found, and code from a model runs only inside a sandbox; "
                "install it with 'apt-get install bubblewrap util-linux python3' (Linux only)"
            )
    assert found is not None
    return found


def _kill_child(info_fd: int) -> None:
    """Kill the sandbox's first process, and with it all of them; bwrap wrote its pid to ``info_fd``."""
    written = os.read(info_fd, 4096)
    if written:
        os.kill(int(json.loads(written)["child-pid"]), signal.SIGKILL)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MIB).decode("utf-8", "replace")
