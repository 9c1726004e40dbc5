"""A repository of GitHub as a source: a bare clone, or the tarball of its default branch where git is not wanted."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.errors import SourceError
from python_slm_training.collect import licences
from python_slm_training.collect.archive import read_archive
from python_slm_training.collect.files import Origin, is_read, of_tree
from python_slm_training.collect.git import GitSource, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.github import GitHub, Repository
    from python_slm_training.collect.record import Record

_TIMEOUT_S = 1800
_MAX_TARBALL_BYTES = 1_000_000_000


@dataclass(frozen=True)
class CloneSource:
    """Read from a bare clone below ``cache``, which is made or brought up to date when it is needed.

    ``full`` fetches the whole history, for ``slm data history``; else the newest commit alone.
    """

    found: Repository
    cache: Path
    full: bool = False
    kind: str = "github"

    @property
    def repo(self) -> str:
        """owner/name."""
        return self.found.name

    @property
    def git_dir(self) -> Path:
        """Where the clone is, or will be."""
        return self.cache / f"{self.repo.replace('/', '+')}.git"

    @cached_property
    def revision(self) -> str:
        """The newest commit, asked of the server. Raises SourceError if it cannot be reached."""
        lines = _git("ls-remote", "--", self.found.clone_url, f"refs/heads/{self.found.branch}").split()
        if not lines:
            raise SourceError(f"{self.repo}: its default branch {self.found.branch!r} is empty")
        return lines[0]

    def records(self, collected_at: str) -> Iterator[Record]:
        """Every Python file of the newest commit."""
        self._clone()
        declared = licences.of_name(self.found.licence) if self.found.licence else licences.UNKNOWN
        for record in GitSource.of(self.git_dir).records(collected_at):
            known = record.metadata.licence != licences.UNKNOWN
            about = replace(
                record.metadata,
                source=self.kind,
                repo=self.repo,
                licence=record.metadata.licence if known else declared,
                extra=self.found.indicators,
            )
            yield replace(record, id=f"{self.repo}@{about.revision[:12]}:{about.path}", metadata=about)

    def _clone(self) -> None:
        depth = [] if self.full else ["--depth=1"]
        if self.git_dir.exists():
            is_shallow = (self.git_dir / "shallow").exists()
            if _git(f"--git-dir={self.git_dir}", "rev-parse", "HEAD").strip() == self.revision and not (
                self.full and is_shallow
            ):
                return
            branch = f"+refs/heads/{self.found.branch}:refs/heads/{self.found.branch}"
            more = ["--unshallow"] if self.full and is_shallow else depth
            _git(f"--git-dir={self.git_dir}", "fetch", "--quiet", *more, "origin", branch)
            return
        partial = self.git_dir.with_name(self.git_dir.name + ".tmp")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        options = ["--quiet", "--bare", "--single-branch", f"--branch={self.found.branch}", *depth]
        _git("clone", *options, "--", self.found.clone_url, str(partial))
        partial.rename(self.git_dir)


@dataclass(frozen=True)
class TarballSource:
    """Read from the archive of the default branch; its revision is the time of the last push."""

    github: GitHub
    found: Repository
    cache: Path
    kind: str = "github"

    @property
    def repo(self) -> str:
        """owner/name."""
        return self.found.name

    @property
    def revision(self) -> str:
        """When it was last pushed to."""
        return self.found.pushed_at or "unknown"

    def records(self, collected_at: str) -> Iterator[Record]:
        """Every Python file of the default branch."""
        path = self.cache / f"{self.repo.replace('/', '+')}.tar.gz"
        url = f"{self.github.api}/repos/{self.repo}/tarball/{self.found.branch}"
        headers = self.github.headers
        self.github.client.download(url, path, headers=headers, max_bytes=_MAX_TARBALL_BYTES)
        declared = licences.of_name(self.found.licence) if self.found.licence else licences.UNKNOWN
        extra = self.found.indicators
        origin = Origin(self.kind, self.repo, self.revision, collected_at, self.found.pushed_at, declared, extra)
        try:
            yield from of_tree(origin, read_archive(path, is_read))
        finally:
            path.unlink(missing_ok=True)


def _git(*arguments: str) -> str:
    # No prompt for a password, no hooks or settings of others: the address came from a server.
    safe = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "protocol.file.allow=user"]
    try:
        result = subprocess.run(  # noqa: S603  # fixed program; addresses come after "--"
            ["git", *safe, *arguments],  # noqa: S607  # where the user has it
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_S,
            env={**environment(), "GIT_TERMINAL_PROMPT": "0"},
        )
    except FileNotFoundError as error:
        raise SourceError("git is not installed; install it, or use --tarball") from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"git {arguments[0]}: no end after {_TIMEOUT_S} s; run the same command again") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(
            f"git {arguments[0]}: {said[-1] if said else 'failed'}; check the network, then run the same command again"
        ) from error
    return result.stdout.decode("utf-8", "replace")
