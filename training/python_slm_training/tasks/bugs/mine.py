"""Commit history → small real bug fixes: both versions of a whole file that differ by a few tokens of one place.

What counts as a bug is left to who reads them (``python_slm.bugs`` says which rewrite a fix is). Here only what is
cheap to see is asked: a commit that says it mends something, modifies one file of code beside tests and texts, and
leaves that file about as long as it was. Sizes come from git's object headers, so that few files are unpacked: pip's
12,000 commits take two seconds.
"""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from contextlib import contextmanager, suppress
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from python_slm_training.collect.commits import Change, Commit, commits
from python_slm_training.collect.edits import is_fix_message
from python_slm_training.collect.files import decoded
from python_slm_training.collect.git import batch, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.git import GitSource, Objects

MOST_BYTES = 200_000
_MOST_GROWTH = 40  # bytes that two versions differ by
_MOST_TOKENS = 12  # gone and come together: two swapped arguments are some
_MOST_FILES = 8
_TEST = re.compile(r"(?:^|/)(?:tests?|testing|examples?|docs?|vendor\w*|_vendor|third_party|extern\w*)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|setup|conf|_?version|__about__)\.py$")  # fmt: skip  # noqa: E501
_MENDS = re.compile(
    r"\b(?:fix\w*|bug\w*|incorrect\w*|wrong\w*|regression|crash\w*|broken|mistake\w*|error\w*|fail\w*|proper\w*|correct\w*"
    r"|issue|resolves?|should|closes?|invalid|missing|forgot\w*|traceback|exception)\b|#\d+",
    re.IGNORECASE,
)
_KEPT = frozenset({tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING})
_REVERT = re.compile(r"^Revert\b|[Bb]ack(?:ed|s|ing)? ?out\b")


def fixes(source: GitSource, *, limit: int = 60_000) -> Iterator[dict[str, Any]]:
    """Records ``repo, path, revision, subject, is_fix, tests_changed, before, after`` (whole files), newest first.

    ``is_fix``: the subject says so in the stricter sense of ``collect.edits``.
    """
    with batch(source.git_dir) as objects, _sizes(source.git_dir) as sizes:
        for commit in commits(source.git_dir, limit=limit):
            change = _only_code(commit)
            if change is None or not _is_as_long(sizes, change):
                continue
            before, after = _text(objects, change.before), _text(objects, change.after)
            if before and after and is_small(before, after):
                yield {
                    "repo": source.repo,
                    "path": change.path,
                    "revision": commit.revision,
                    "committed_at": commit.committed_at,
                    "subject": commit.message.split("\n", 1)[0][:200],
                    "is_fix": is_fix_message(commit.message),
                    "tests_changed": any(_TEST.search(each.path) for each in commit.changes),
                    "before": before,
                    "after": after,
                }


def is_small(before: str, after: str) -> bool:
    """Whether few tokens of at most two neighbouring lines differ, and no comment, blank or text alone."""
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new):
        return False
    touched = [number for number, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    if not touched or len(touched) > 2 or touched[-1] - touched[0] > 3:  # noqa: PLR2004
        return False
    one, other = (_tokens("\n".join(lines[touched[0] : touched[-1] + 1])) for lines in (old, new))
    gone = come = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag != "equal":
            gone, come = gone + i2 - i1, come + j2 - j1
    return 0 < gone + come <= _MOST_TOKENS


def _tokens(text: str) -> list[str]:
    """Tokens as far as they can be read; a piece of a file ends where it ends."""
    found: list[str] = []
    pieces = tokenize.generate_tokens(io.StringIO(text.strip() + "\n").readline)
    with suppress(tokenize.TokenError, SyntaxError):
        found.extend(each.string for each in pieces if each.type in _KEPT)
    return found


def _only_code(commit: Commit) -> Change | None:
    if len(commit.changes) > _MOST_FILES or _REVERT.search(commit.message) or not _MENDS.search(commit.message):
        return None
    code = [each for each in commit.changes if each.path.endswith(".py") and not _TEST.search(each.path)]
    return code[0] if len(code) == 1 and code[0].status == "M" else None


@contextmanager
def _sizes(git_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running ``git cat-file --batch-check``: sizes of blobs from their headers alone."""
    command = ["git", f"--git-dir={git_dir}", "cat-file", "--batch-check=%(objectsize)"]
    with subprocess.Popen(  # noqa: S603  # fixed program, our own arguments
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _is_as_long(sizes: subprocess.Popen[bytes], change: Change) -> bool:
    assert sizes.stdin is not None
    assert sizes.stdout is not None
    sizes.stdin.write(f"{change.before}\n{change.after}\n".encode())
    sizes.stdin.flush()
    one, other = sizes.stdout.readline().strip(), sizes.stdout.readline().strip()
    if not (one.isdigit() and other.isdigit()):  # "… missing" in a partial clone
        return False
    return max(int(one), int(other)) <= MOST_BYTES and abs(int(one) - int(other)) <= _MOST_GROWTH


def _text(objects: Objects, blob: str) -> str | None:
    data = objects.read(blob)
    return None if data is None else decoded(data)
