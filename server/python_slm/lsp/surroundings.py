"""What a session knows beyond the document that is completed: gathered while nobody waits, handed out at once.

- what imported names stand for: from the resolver's process, a moment after a change, only for names not asked yet
- the project's n-grams, how it imports names, who imports a file: background jobs of the worker, which requests stop
- other open documents, edits and yanks: noted as they come

Written on the event loop, but for what lies in ``_Folder``, which belongs to the worker's thread.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from python_slm.lsp.resolving import Question, ResolverProcess
from python_slm.project.names import imports_text, names_used
from python_slm.project.recent import Edits, Ring, tab_chunks
from python_slm.project.secret import holds_key, is_secret
from python_slm.project.surroundings import NOTHING_KNOWN, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping
    from typing import Any

    from python_slm.engine.recall import Memory
    from python_slm.lsp.session import Session, Snapshot
    from python_slm.lsp.worker import Worker
    from python_slm.project.files import ProjectFile
    from python_slm.project.memory import ProjectMemory
    from python_slm.project.surroundings import Chunk, Definition
    from python_slm.tokenizer import Tokenizer

PAUSE_S = 0.3
"""From a change to the look at its names; from any number of changes to the next reading of files, twice that."""
_AGAIN_S = 0.2


@dataclass
class _Known:
    """Of one open document. ``asked`` are the names that the resolver was asked for, found or not."""

    offset: int = 0
    imports: str = ""
    asked: set[str] = field(default_factory=set)
    definitions: Mapping[str, Definition] = field(default_factory=lambda: MappingProxyType({}))
    installed: frozenset[str] | None = None
    tab: tuple[Chunk, ...] = ()
    importers: tuple[Chunk, ...] = ()
    related: tuple[Chunk, ...] = ()


@dataclass
class _Folder:
    """Of one workspace folder. ``texts`` are what ``memory`` was told of open documents since it read the files."""

    memory: ProjectMemory
    tokenizer: Tokenizer
    texts: dict[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_new: bool = True


class SessionSurroundings:
    """Keeps the surroundings of one session. ``run`` runs a coroutine beside the messages."""

    def __init__(self, session: Session, worker: Worker, run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.resolver = ResolverProcess()
        self._session = session
        self._worker = worker
        self._run = run
        self._known: dict[str, _Known] = {}
        self._folders: dict[str, _Folder] = {}
        self._edits = Edits()
        self._yanks = Ring("yank")
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._round = itertools.count()
        self._reading = False
        self._stale = True
        """Something happened since the last reading began; ``_files_stale``: to files that are not open, too."""
        self._files_stale = True

    def of(self, snapshot: Snapshot) -> Surroundings:
        """What is known now. For the worker's thread."""
        known = self._known.get(snapshot.document.uri)
        if known is None:
            return NOTHING_KNOWN
        wanted = self._session.settings.context
        tabs = [one.tab for uri, one in list(self._known.items()) if uri != snapshot.document.uri]
        open_paths = {tab[0].path for tab in tabs if tab}
        related = (chunk for chunk in known.related if chunk.path not in open_paths)
        edits, yanks = self._edits.chunks if wanted.edits else (), self._yanks.chunks if wanted.yanks else ()
        chunks = itertools.chain(known.importers, related, *tabs, edits, yanks)
        folder = self._folders.get(self._session.root_of(snapshot.document.uri))
        imports = folder.imports if folder else MappingProxyType({})
        return Surroundings(known.definitions, tuple(chunks), self._memory(snapshot), known.installed, imports)

    def stamp(self, uri: str) -> object:
        """Changes when something that a suggestion was checked against does. For the event loop."""
        known = self._known.get(uri)
        return known and (known.definitions, known.installed)

    async def look_up(self, snapshot: Snapshot, offset: int, name: str) -> Definition | None:
        """What an imported name stands for, as the file spells it (``np.zeros``); asked for where it is not known."""
        known, root = self._known.get(snapshot.document.uri), self._session.root_of(snapshot.document.uri)
        if known is None:
            return None
        if name in known.definitions or not root:
            return known.definitions.get(name)
        python = self._session.settings.project.python
        question = Question(root, python, snapshot.path, snapshot.document.text, offset, (name,))
        answer = await self.resolver.ask(question)
        return answer.definitions.get(name) if answer else None

    def opened(self, snapshot: Snapshot) -> None:
        """A document was opened."""
        if not (is_secret(snapshot.path) or is_secret(snapshot.document.uri)):
            self._known[snapshot.document.uri] = _Known()
            self._look_later(snapshot.document.uri)
            self.read_project(files=True)

    def changed(self, snapshot: Snapshot, offset: int | None) -> None:
        """A document was edited, up to ``offset`` if that is known."""
        known = self._known.get(snapshot.document.uri)
        if known is None:
            return
        if offset is not None and not holds_key(snapshot.document.text):
            known.offset = min(offset, len(snapshot.document.text))
            self._edits.edited(snapshot.path, snapshot.document.text, snapshot.document.line_at(known.offset))
        self._look_later(snapshot.document.uri)

    def saved(self) -> None:
        """A document was saved: what others know of it may have changed."""
        self._edits.leave()
        self.files_changed()

    def closed(self, uri: str) -> None:
        """A document was closed: it is a file like others now."""
        self._known.pop(uri, None)
        if timer := self._timers.pop(uri, None):
            timer.cancel()
        self.read_project(files=True)

    def yanked(self, path: str, text: str) -> None:
        """``text`` of the file ``path`` was copied."""
        if not (is_secret(path) or holds_key(text)):
            self._yanks.add(path, text)

    def files_changed(self) -> None:
        """Files of the project changed on disk, or its settings or folders did."""
        for uri, known in self._known.items():
            known.asked.clear()
            self._look_later(uri)
        self.read_project(files=True)

    def read_project(self, *, files: bool) -> None:
        """Read what changed in open documents, and on disk if ``files``, when nothing else is to do."""
        self._stale = True
        self._files_stale |= files
        if self._known and not self._reading:
            self._reading = True
            self._run(self._read_until_done())

    def close(self) -> None:
        """The connection is over."""
        for timer in self._timers.values():
            timer.cancel()
        self._worker.stop(self._key)
        self._known.clear()
        self.resolver.kill()

    @property
    def _key(self) -> tuple[str, int]:
        return "project", id(self._session)

    def _look_later(self, uri: str) -> None:
        if uri not in self._timers:  # and not put off: who types without a pause must get something, too
            self._timers[uri] = asyncio.get_running_loop().call_later(PAUSE_S, self._look, uri)

    def _look(self, uri: str) -> None:
        """See whether there is something new to ask for."""
        self._timers.pop(uri, None)
        known, snapshot = self._known.get(uri), self._session.snapshot(uri)
        if known is None or snapshot is None:
            return
        text = snapshot.document.text
        wanted = self._session.settings.context.tabs and not holds_key(text)
        known.tab = tab_chunks(snapshot.path, text) if wanted else ()
        self.read_project(files=False)
        if (imports := imports_text(text)) != known.imports:
            known.imports = imports
            known.asked.clear()
        settings = self._session.settings
        wants_names = settings.completion.validate or settings.context.definitions
        names = names_used(text, known.offset) if wants_names else ()
        new = tuple(name for name in names if name not in known.asked)
        root = self._session.root_of(uri)
        if new and root:
            known.asked.update(new)
            question = Question(root, settings.project.python, snapshot.path, text, known.offset, new)
            self._run(self._resolve(uri, known, question))

    async def _resolve(self, uri: str, known: _Known, question: Question) -> None:
        answer = await self.resolver.ask(question)
        if answer is None:
            known.asked.difference_update(question.names)  # another process may know, when typing goes on
            return
        kept = {name: one for name, one in known.definitions.items() if name not in question.names}
        if known.imports != imports_text(question.text):
            return  # they have changed since, and are asked for anew
        every = {**kept, **answer.definitions}
        known.definitions = MappingProxyType({name: one for name, one in every.items() if name in known.asked})
        known.installed = answer.installed
        if answer.left:
            known.asked -= answer.left
            self._look_later(uri)

    async def _read_until_done(self) -> None:
        """Requests stop the worker's background jobs, so each goes on where the one before was stopped."""
        try:
            await asyncio.sleep(2 * PAUSE_S)
            while self._known and self._stale:
                self._stale = False
                job = self._worker.submit(self._key, next(self._round), self._read, background=True)
                if not await asyncio.wrap_future(job.future):
                    self._stale = True
                    await asyncio.sleep(_AGAIN_S)
        finally:
            self._reading = False

    def _read(self, stopped: Callable[[], bool]) -> bool:
        """Bring memories and importers up to date; True when that is done. The worker's job."""
        model, settings = self._session.model, self._session.settings
        if model is None:
            return True
        files_stale, self._files_stale = self._files_stale, False
        for root in self._session.roots:
            folder = self._folder(root, model.tokenizer)
            if (files_stale or folder.is_new) and not self._read_files(root, folder, stopped):
                self._files_stale = True
                return False
            if settings.completion.memory:
                self._read_open(root, folder)
        return True

    def _read_files(self, root: str, folder: _Folder, stopped: Callable[[], bool]) -> bool:
        from python_slm.project.files import source_files  # noqa: PLC0415 - what a request needs comes first

        settings = self._session.settings
        limit = settings.completion.memory_mb * 1_000_000
        files = source_files(Path(root), most_bytes=limit, cancelled=stopped)
        if stopped() or not folder.memory.refresh(files if settings.completion.memory else [], stopped):
            return False
        folder.texts.clear()
        folder.is_new = False
        wants_imports = settings.completion.validate and settings.completion.auto_import
        if not (settings.context.importers or settings.context.related or wants_imports):
            return True
        return self._find_imports(root, folder, files, stopped)

    def _find_imports(
        self, root: str, folder: _Folder, files: Iterable[ProjectFile], stopped: Callable[[], bool]
    ) -> bool:
        from python_slm.project.imports import imports_of  # noqa: PLC0415 - see _read_files

        texts: dict[str, str] = {}
        for file in files:
            if stopped():
                return False
            if text := file.text():
                texts[file.name] = text
        folder.imports = MappingProxyType(imports_of(texts, stopped))
        if stopped():
            return False
        for uri, known in list(self._known.items()):
            snapshot = self._session.snapshot(uri)
            if snapshot is not None and self._session.root_of(uri) == root:
                self._find_neighbours(snapshot, known, texts, folder.tokenizer)
        return True

    def _find_neighbours(
        self, snapshot: Snapshot, known: _Known, texts: Mapping[str, str], tokenizer: Tokenizer
    ) -> None:
        from python_slm.project.importers import importers  # noqa: PLC0415 - see _read_files
        from python_slm.project.related import related  # noqa: PLC0415 - see _read_files

        wanted = self._session.settings.context
        known.importers = importers(snapshot.path, texts) if wanted.importers else ()
        known.related = related(snapshot.path, snapshot.document.text, texts) if wanted.related else ()
        for chunk in known.related:
            tokenizer.encode_kept(chunk.text)  # here rather than in a request

    def _read_open(self, root: str, folder: _Folder) -> None:
        """Open documents as they are now, saved or not."""
        for uri in list(self._known):
            snapshot = self._session.snapshot(uri)
            if snapshot is None or self._session.root_of(uri) != root:
                continue
            text = snapshot.document.text
            if folder.texts.get(snapshot.path) != text:
                folder.texts[snapshot.path] = text
                folder.memory.update(snapshot.path, text)
        folder.memory.memory()  # makes the index anew, here rather than in a request

    def _folder(self, root: str, tokenizer: Tokenizer) -> _Folder:
        from python_slm.project.memory import ProjectMemory  # noqa: PLC0415 - see _read_files

        known = self._folders.get(root)
        if known is None or known.tokenizer is not tokenizer:
            known = self._folders[root] = _Folder(ProjectMemory(tokenizer), tokenizer)
        return known

    def _memory(self, snapshot: Snapshot) -> Memory | None:
        """The n-grams of the folder that the document is in, but for its own."""
        model, settings = self._session.model, self._session.settings.completion
        folder = self._folders.get(self._session.root_of(snapshot.document.uri))
        if not settings.memory or folder is None or model is None or folder.tokenizer is not model.tokenizer:
            return None
        return folder.memory.memory(without=snapshot.path)
