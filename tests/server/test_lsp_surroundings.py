"""What a session keeps of its project: kept up with files, folders and open documents, none of it secret."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_slm.lsp.child import MAX_DEATHS
from python_slm.lsp.models import LoadedModel
from python_slm.lsp.resolving import QUESTION_S, Question, ResolverProcess
from python_slm.lsp.session import Session
from python_slm.lsp.surroundings import PAUSE_S, SessionSurroundings
from python_slm.lsp.worker import Worker
from python_slm.settings import Settings
from python_slm.text import Change, Document
from tests.e2e.conftest import patience
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

TOKENIZER = byte_tokenizer()


async def until(condition: Callable[[], Any]) -> None:
    """Wait, as long as a busy machine needs."""
    async with asyncio.timeout(15 * patience()):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in threads and processes
            await asyncio.sleep(0.02)


class Bench:
    """A session with its surroundings, and a person who opens and edits files."""

    def __init__(self, roots: list[Path], settings: dict[str, Any]) -> None:
        model = LoadedModel(None, "none", TOKENIZER, None)  # type: ignore[arg-type]
        self.session = Session(Settings.from_dict(settings), roots=tuple(map(str, roots)), model=model)
        self.worker = Worker()
        self.tasks: set[asyncio.Task[None]] = set()
        self.surroundings = SessionSurroundings(self.session, self.worker, self._run)

    def _run(self, work: Any) -> None:
        self.tasks.add(asyncio.get_running_loop().create_task(work))

    def open(self, path: Path) -> str:
        uri = path.as_uri()
        self.surroundings.opened(self.session.open(Document(uri, path.read_text(), 0)))
        return uri

    def edit(self, uri: str, text: str, line: int) -> None:
        snapshot = self.session.snapshot(uri)
        assert snapshot is not None
        self.session.change(uri, [Change(text, None, None)], snapshot.document.version + 1)
        snapshot = self.session.snapshot(uri)
        assert snapshot is not None
        self.surroundings.changed(snapshot, snapshot.document.line_starts[line])

    def known(self, uri: str) -> Any:
        snapshot = self.session.snapshot(uri)
        assert snapshot is not None
        return self.surroundings.of(snapshot)

    def says(self, uri: str, text: str) -> str:
        """What the memory says after ``text``: the next byte, or nothing."""
        memory = self.known(uri).memory
        if memory is None:
            return ""
        followers, length = memory.followers(TOKENIZER.encode(text))
        return TOKENIZER.decode(np.unique(followers)) if length >= min(len(text), 7) else ""


@asynccontextmanager
async def bench(*roots: Path, **settings: Any) -> AsyncIterator[Bench]:
    found = Bench(list(roots), settings)
    try:
        yield found
    finally:
        await found.surroundings.resolver.close()
        found.surroundings.close()
        for task in found.tasks:
            task.cancel()
        await asyncio.gather(*found.tasks, return_exceptions=True)
        found.worker.close(5)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.py").write_text("import other\n\n\ndef main():\n    pass\n")
    (folder / "other.py").write_text("fallow_deer = 1\n")
    return folder


async def test_the_memory_knows_the_other_files_and_follows_them(project: Path) -> None:
    async with bench(project) as at:
        main = at.open(project / "main.py")
        await until(lambda: at.says(main, "fallow_de") == "e")
        assert at.says(main, "def main()") == ""
        (project / "other.py").write_text("fallow_dart = 1\n" * 2)
        at.surroundings.files_changed()
        await until(lambda: at.says(main, "fallow_d") == "a")


async def test_an_open_document_is_known_as_it_is_and_as_its_file_once_closed(project: Path) -> None:
    async with bench(project) as at:
        main, other = at.open(project / "main.py"), at.open(project / "other.py")
        await until(lambda: at.says(main, "fallow_d") == "e")
        at.edit(other, "fallow_duck = 1\n", 0)
        await until(lambda: at.says(main, "fallow_d") == "u")
        at.surroundings.closed(other)
        at.session.close(other)
        await until(lambda: at.says(main, "fallow_d") == "e")


async def test_secrets_are_not_known(project: Path) -> None:
    (project / "secrets.py").write_text("password = 'fallow_deer'\n" * 3)
    async with bench(project, context={"tabs": True}) as at:
        main = at.open(project / "main.py")
        at.open(project / "secrets.py")
        at.surroundings.yanked("secrets.py", "password = 'fallow_deer'\n" * 3)
        await until(lambda: at.says(main, "fallow_de") == "e")
        assert at.says(main, "password") == ""
        assert {one.path for one in at.known(main).chunks} <= {"other.py"}


async def test_a_file_with_a_private_key_is_no_context(project: Path) -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{'MIIEowIB' * 8}\n"
    text = f'from other import value_1\nKEY = """{key}"""\n' + "roe_deer = 1\n" * 99
    (project / "keys.py").write_text(text)
    async with bench(project, context={"tabs": True, "edits": True, "yanks": True, "related": True}) as at:
        main, keys = at.open(project / "main.py"), at.open(project / "keys.py")
        at.edit(keys, text, 20)
        at.edit(keys, text, 80)
        at.surroundings.yanked("keys.py", text)
        await until(lambda: at.says(main, "fallow_de") == "e")
        await asyncio.sleep(2 * PAUSE_S)
        assert not [one.source for one in at.known(main).chunks if one.path == "keys.py"]
        assert at.says(main, "roe_de") != "e"


async def test_each_folder_of_a_workspace_has_a_memory(project: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "main.py").write_text("roe_deer_two = 2\n")
    (second / "other.py").write_text("red_deer_three = 3\n")
    async with bench(project, second) as at:
        first, another = at.open(project / "main.py"), at.open(second / "main.py")
        await until(lambda: at.says(first, "fallow_de") and at.says(another, "red_deer_t"))
        assert at.says(first, "red_deer_t") == ""
        assert at.says(another, "fallow_de") == ""


async def test_without_memory_no_file_is_read(project: Path) -> None:
    async with bench(project, completion={"memory": False}) as at:
        main = at.open(project / "main.py")
        await asyncio.sleep(1)
        assert at.known(main).memory is None


async def test_it_knows_how_the_project_imports_a_name(project: Path) -> None:
    for name in ("a.py", "b.py"):
        (project / name).write_text("from other import fallow_deer\n")
    async with bench(project) as at:
        main = at.open(project / "main.py")
        await until(lambda: at.known(main).imports)
        assert at.known(main).imports == {"fallow_deer": "from other import fallow_deer"}


async def test_edits_tabs_and_yanks_become_chunks(project: Path) -> None:
    (project / "long.py").write_text("".join(f"value_{line} = {line}\n" for line in range(300)))
    async with bench(project, context={"tabs": True, "edits": True, "yanks": True}) as at:
        main, long = at.open(project / "main.py"), at.open(project / "long.py")
        text = (project / "long.py").read_text()
        at.edit(long, text, 20)
        at.edit(long, text, 200)
        at.surroundings.yanked("long.py", text[:200])
        await until(lambda: {one.source for one in at.known(main).chunks} == {"edit", "tab", "yank"})
        assert {one.source for one in at.known(long).chunks} >= {"edit", "yank"}


async def test_related_files_become_chunks_unless_they_are_open(project: Path) -> None:
    async with bench(project, context={"related": True, "tabs": True}) as at:
        main = at.open(project / "main.py")
        await until(lambda: [(one.source, one.path) for one in at.known(main).chunks] == [("related", "other.py")])
        (project / "other.py").write_text("fallow_deer = 1\n" * 3)
        at.open(project / "other.py")
        await until(lambda: [(one.source, one.path) for one in at.known(main).chunks] == [("tab", "other.py")])


async def test_only_what_is_new_is_asked_for(project: Path) -> None:
    (project / "other.py").write_text("def old(): ...\ndef new(): ...\n")
    asked: list[Question] = []
    async with bench(project) as at:
        ask = at.surroundings.resolver.ask

        async def noted(question: Question) -> Any:
            asked.append(question)
            return await ask(question)

        at.surroundings.resolver.ask = noted  # type: ignore[method-assign]
        main = at.open(project / "main.py")
        at.edit(main, "import other\nother.old()\n", 1)
        await until(lambda: "other.old" in at.known(main).definitions)
        at.edit(main, "import other\nother.old()\nx = 1\n", 2)
        await asyncio.sleep(0.5)
        assert len(asked) == 1
        at.edit(main, "import other\nother.old()\nother.new()\n", 1)
        await until(lambda: {"other.old", "other.new"} <= set(at.known(main).definitions))
        assert asked[1].names == ("other.new",)


def question(project: Path, text: str = "import other\n") -> Question:
    return Question(str(project), "no environment", "main.py", text, 0, ("other",))


async def test_a_late_resolver_is_killed_and_the_next_question_answered(project: Path) -> None:
    process = ResolverProcess(question_s=0.05)
    try:
        assert await process.ask(question(project)) is None
        assert process.pid is None
        process._child.__dict__["_answer_s"] = QUESTION_S * patience()
        answer = await process.ask(question(project))
        assert answer is not None
        assert set(answer.definitions) == {"other"}
        assert answer.installed is None
    finally:
        await process.close()


async def test_a_resolver_that_never_runs_is_given_up(project: Path) -> None:
    process = ResolverProcess(question_s=0.0)
    for _ in range(MAX_DEATHS):
        await process.ask(question(project))
    process._child.__dict__["_answer_s"] = 60.0
    assert await process.ask(question(project)) is None
    assert process.pid is None
