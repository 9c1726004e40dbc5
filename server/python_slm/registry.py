"""Models of one's own: which are there, and which one runs for which folder.

``models/`` in the user's data folder holds ``NAME/VERSION/`` (exported model folders, never changed once registered,
each with ``registered.json``: for which folder it was made, and when) and ``active.json``: which model is in use
where, with what was in use before. A choice for a folder holds for everything below it and goes before the choice for
everywhere. Every change is one rename, so a reader sees the old state or the new one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from python_slm.engine.manifest import MANIFEST, Manifest, verify
from python_slm.errors import ModelError, RegistryError
from python_slm.places import data_folder
from python_slm.prompt import PROMPT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SHIPPED = "shipped"
"""How a person names the model that came with python-slm."""
EVERYWHERE = ""
"""The folder of a choice that holds for all folders without one of their own."""
_FORMAT = 1
_ACTIVE, _NOTE, _CARD = "active.json", "registered.json", "README.md"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_MOST_HISTORY = 100


@dataclass(frozen=True)
class Entry:
    """A registered model. ``workspace`` is the folder it was made for; empty: for any."""

    name: str
    version: str
    folder: Path
    workspace: str = ""
    added_at: str = ""

    @property
    def spec(self) -> str:
        """``NAME@VERSION``, as commands take it."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Change:
    """One line of the history: ``model`` came into use for ``workspace`` in place of ``before`` (specs, or shipped)."""

    workspace: str
    model: str
    before: str | None
    """None: there was no choice for this folder."""
    at: str


@dataclass(frozen=True)
class Choice:
    """The model to run. ``folder`` None is the shipped one; ``problem`` says why it is not the one that was chosen.

    ``name`` is NAME@VERSION as registered; empty for the shipped one.
    """

    folder: Path | None
    why: str
    problem: str = ""
    name: str = ""


class Registry:
    """The registry in ``root``. Two processes that change it at once: the last one wins."""

    def __init__(self, root: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root
        self._clock = clock

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The user's own, or the one that ``PYTHON_SLM_HOME`` names."""
        return cls(data_folder(environ) / "models")

    # What is there

    def entries(self) -> list[Entry]:
        """All registered models by name, the oldest version first."""
        found = [self._entry(path.parent) for path in self.root.glob(f"*/*/{MANIFEST}") if path.parts[-3][0] != "."]
        return sorted(found, key=lambda entry: (entry.name, _order(entry.version)))

    def find(self, spec: str) -> Entry:
        """The model that ``NAME`` (its newest version) or ``NAME@VERSION`` means. Raises RegistryError."""
        name, _, version = spec.partition("@")
        entries = self.entries()
        named = [entry for entry in entries if entry.name == name and version in {"", entry.version}]
        if not named:
            known = ", ".join(entry.spec for entry in entries) or "none is registered; 'slm model add FOLDER' adds one"
            raise RegistryError(f"{spec}: no such model in {self.root}; there are: {known}")
        return named[-1]

    def next_version(self, name: str) -> str:
        """The number after the highest version of ``name``, from 1 on."""
        taken = [entry.version for entry in self.entries() if entry.name == name]
        return str(1 + max([_order(version)[0][1] for version in taken if version[0].isdigit()], default=0))

    def verify(self, entry: Entry) -> Manifest:
        """Every file against its checksum, and the prompt version. Raises ModelError with the way out."""
        try:
            manifest = verify(entry.folder)
        except ModelError as error:
            way_out = f"'slm model remove {entry.spec}', then add or adapt it again"
            raise type(error)(f"{str(error).partition(';')[0]}; {way_out}") from error
        check_prompts(manifest)
        return manifest

    # What comes and goes

    def add(self, folder: Path, *, name: str = "", version: str = "", workspace: str = "") -> Entry:
        """Copy an exported model folder in, verified before and after. Nothing is in use by that.

        ``name`` and ``version`` default to the manifest's. Raises ModelError, or RegistryError when they are taken.
        """
        manifest = verify(folder)
        check_prompts(manifest)
        name, version = name or manifest.name, version or manifest.version
        for value in (name, version):
            if _NAME.fullmatch(value) is None or value == SHIPPED:
                raise RegistryError(f"{value!r}: cannot name a model; use letters, digits, '.', '_', '+' and '-'")
        target = self.root / name / version
        if target.exists():
            raise RegistryError(f"{name}@{version}: registered already; give another --version, or remove it first")
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=self.root) as scratch:
            made = Path(scratch) / "model"
            made.mkdir()
            for file in (*manifest.files, MANIFEST, *([_CARD] if (folder / _CARD).exists() else [])):
                shutil.copyfile(folder / file, made / file)
            verify(made)
            note = {"workspace": _resolved(workspace), "added_at": self._now()}
            (made / _NOTE).write_text(json.dumps(note, indent=1), encoding="utf-8")
            target.parent.mkdir(exist_ok=True)
            made.rename(target)
        return self._entry(target)

    def remove(self, entry: Entry) -> None:
        """Delete a model that is in use nowhere. Raises RegistryError when it is."""
        users = [where for where, spec in self.choices().items() if spec == entry.spec]
        if users:
            way_out = f"slm model use {SHIPPED} --{f'for {users[0]}' if users[0] else 'everywhere'}"
            raise RegistryError(f"{entry.spec}: in use {_place(users[0])}; choose another first: '{way_out}'")
        with tempfile.TemporaryDirectory(prefix=".outgoing-", dir=self.root) as scratch:
            entry.folder.rename(Path(scratch) / "model")
        if not any(entry.folder.parent.iterdir()):
            entry.folder.parent.rmdir()

    # What is in use

    def choices(self) -> dict[str, str]:
        """Folder → spec (or shipped); the folder EVERYWHERE is all others. Raises RegistryError when unreadable."""
        return dict(self._state()["choices"])

    def history(self) -> list[Change]:
        """What was changed and not rolled back, the newest last."""
        return [Change(**each) for each in self._state()["history"]]

    def use(self, spec: str, workspace: str | None = None) -> Change:
        """Put a model in use: for ``workspace``, by default the folder it was made for; EVERYWHERE is all folders.

        Its files are verified first. Raises ModelError.
        """
        if spec != SHIPPED:
            entry = self.find(spec)
            self.verify(entry)
            spec, workspace = entry.spec, entry.workspace if workspace is None else workspace
        state = self._state()
        place = _resolved(workspace or EVERYWHERE)
        change = Change(place, spec, state["choices"].get(place), self._now())
        state["choices"][place] = spec
        state["history"] = [*state["history"], asdict(change)][-_MOST_HISTORY:]
        self._write(state)
        return change

    def rollback(self, workspace: str | None = None) -> Change:
        """Undo the latest change (of ``workspace``, if given); what is in use now is the change's ``before``.

        Again, it goes back further. Raises RegistryError when there is nothing to undo, or what was in use is gone.
        """
        state = self._state()
        of_it = [each for each in state["history"] if workspace is None or each["workspace"] == _resolved(workspace)]
        if not of_it:
            raise RegistryError(f"no change to undo{'' if workspace is None else ' ' + _place(workspace)}")
        last = Change(**of_it[-1])
        if last.before is None:
            state["choices"].pop(last.workspace, None)
        else:
            if last.before != SHIPPED:
                self.verify(self.find(last.before))
            state["choices"][last.workspace] = last.before
        state["history"].remove(asdict(last))
        self._write(state)
        return last

    def choose(self, workspaces: Sequence[str | Path] = (), *, named: str = "") -> Choice:
        """The model for the first of ``workspaces`` with a choice, else the one for everywhere, else the shipped one.

        ``named`` is a folder that the settings ask for; it goes before all of these, and whoever loads it finds out
        whether it runs. Never fails: a choice that cannot run gives way to the shipped model, and ``problem`` says why
        and the way out.
        """
        if named:
            return Choice(Path(named).expanduser(), "named in the settings")
        try:
            place, spec = self._chosen(workspaces)
            if spec == SHIPPED:
                return Choice(None, f"in use {_place(place)}" if place is not None else "came with python-slm")
            entry = self.find(spec)
            self.verify(entry)
        except (ModelError, OSError) as error:
            return Choice(
                None, "came with python-slm", f"The active model cannot be used, the shipped one runs. {error}"
            )
        return Choice(entry.folder, f"in use {_place(place or EVERYWHERE)}", name=entry.spec)

    def stamp(self) -> tuple[int, ...]:
        """Changes whenever a choice does: one look at the file system."""
        try:
            found = (self.root / _ACTIVE).stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _chosen(self, workspaces: Sequence[str | Path]) -> tuple[str | None, str]:
        choices = self.choices()
        for workspace in workspaces:
            path = Path(workspace).resolve()
            for folder in (path, *path.parents):
                if str(folder) in choices:
                    return str(folder), choices[str(folder)]
        return (EVERYWHERE, choices[EVERYWHERE]) if EVERYWHERE in choices else (None, SHIPPED)

    def _entry(self, folder: Path) -> Entry:
        try:
            note = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            return Entry(folder.parent.name, folder.name, folder, str(note["workspace"]), str(note["added_at"]))
        except (OSError, ValueError, KeyError, TypeError):  # put there by hand: a model all the same
            return Entry(folder.parent.name, folder.name, folder)

    def _state(self) -> dict[str, Any]:
        path = self.root / _ACTIVE
        try:
            return _checked(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {"format": _FORMAT, "choices": {}, "history": []}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            way_out = "delete it and choose again with 'slm model use'"
            raise RegistryError(f"{path}: cannot be read ({error}); {way_out}") from error

    def _write(self, state: dict[str, Any]) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.root, prefix=".active-", encoding="utf-8", delete=False) as file:
            json.dump(state, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self.root / _ACTIVE)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _checked(state: dict[str, Any]) -> dict[str, Any]:
    """What ``active.json`` says. Raises ValueError, KeyError, TypeError or AttributeError when it is none."""
    if state["format"] != _FORMAT:
        raise ValueError(f"format {state['format']!r}, this version reads {_FORMAT}")
    return {
        "format": _FORMAT,
        "choices": {str(place): str(spec) for place, spec in state["choices"].items()},
        "history": [asdict(Change(**each)) for each in state["history"]],
    }


def check_prompts(manifest: Manifest) -> None:
    """Raises ModelError when the model was trained on another version of the prompts than this program writes."""
    if manifest.prompt_version != PROMPT_VERSION:
        raise ModelError(
            f"{manifest.folder}: reads prompts of version {manifest.prompt_version}, this python-slm writes version "
            f"{PROMPT_VERSION}; adapt or export it again, or use the model that came with it"
        )


def _order(version: str) -> list[tuple[str, int]]:
    """Sorts 2 before 10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", version)]


def _resolved(workspace: str) -> str:
    return str(Path(workspace).resolve()) if workspace else EVERYWHERE


def _place(workspace: str) -> str:
    return f"for {workspace}" if workspace else "everywhere"
