"""Every setting, its unit, default and range: frozen dataclasses filled by one ``from_dict``.

The LSP client sends the same names (camelCase accepted), nested as here.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from python_slm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEVERITIES = ("error", "warning", "information", "hint", "off")


@dataclass(frozen=True)
class ModelSettings:
    """Which model runs, and where."""

    path: str = ""
    """Model folder; empty means the one in use for the workspace ('slm model list'), else the shipped model."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it runs; auto takes the GPU where onnxruntime finds one."""
    threads: int = 0
    """Engine threads; 0 chooses from the machine."""


@dataclass(frozen=True)
class CompletionSettings:
    """What a completion may cost and how much it may say."""

    enable: bool = True
    """Suggest anything at all."""
    deadline_ms: int = 750
    """Answers later than this are cut where they stand; VS Code shows nothing slower."""
    prompt_tokens: int = 512
    """How much code the model is shown; more is slower where the cursor jumps, not while typing."""
    max_new_tokens: int = 48
    """Longest suggestion; a token is about four characters of code."""
    multiline: bool = True
    """Suggest more than the rest of a line where a body begins."""
    recall: bool = True
    """Let what the open file says elsewhere after the same tokens have a say in the next one."""
    memory: bool = True
    """Let the other Python files of the workspace have one too. Needs recall."""
    memory_mb: int = 8
    """Megabytes of source to remember, the newest files first; each takes about 5 MB of memory."""
    draft_tokens: int = 7
    """Most tokens to guess ahead from what is remembered, verified in one pass; changes the speed alone. 0 is off."""
    suggestions: int = 3
    """How many distinct suggestions to offer for cycling."""
    alternatives_ms: int = 75
    """All but the first are left out when they are not there this long after the request; one by hand gets them all."""
    temperature: float = 0.0
    """0 is greedy."""
    validate: bool = True
    """Cut or drop a suggestion that uses names, arguments or modules which are known not to exist."""
    auto_import: bool = True
    """Let a suggestion bring the import that it needs, where it is clear which. Needs validate."""
    show_filter: bool = True
    """Show a suggestion as far as it is likely to be right, or not at all, where the model brings a filter.json."""
    eagerness: Literal["quiet", "balanced", "eager"] = "balanced"
    """How likely it must be: quiet shows less and is right more often, eager shows more and saves more keys."""
    in_comments: bool = True
    """Suggest by itself while a comment is typed."""
    in_strings: bool = True
    """Suggest by itself within strings, docstrings too."""
    languages: tuple[str, ...] = ("python",)
    """Language identifiers, as editors have them, of the files to suggest in."""
    exclude: tuple[str, ...] = ()
    """Files to be silent in, relative to the workspace folder: patterns of .gitignore, as in ["tests/", "*.gen.py"]."""
    back_off: bool = True
    """Keep quiet for a while when suggestions in a row were not wanted; a request by hand is always answered."""
    safety: bool = True
    """Drop a suggestion that looks like a secret, or that brings an insecure call which the file does not make."""
    provenance: Literal["off", "trace", "suppress"] = "trace"
    """What becomes of a suggestion that is copied from the training corpus, where an index of it lies by the model:
    its trace names file, project and licence, or it is not offered."""


@dataclass(frozen=True)
class ContextSettings:
    """Which places besides the open file may be quoted to the model, or weighed like the open file.

    None is by default: beside the project's n-grams (``completion.memory``) none wins clearly on replay with the
    shipped model, which never saw other files in a prompt (see the lab log). Files for secrets never are.
    """

    definitions: bool = False
    """Signatures of what imported names stand for, in the prompt. What is suggested is checked by them in any case."""
    importers: bool = False
    """Lines of other files that use what the open one defines, in the prompt."""
    related: bool = False
    """The few files that the open one imports, that import it, or that lie beside it, weighed like the open one."""
    tabs: bool = False
    """Other open files, weighed like the one that is typed into."""
    edits: bool = False
    """What was edited lately, weighed like the open file."""
    yanks: bool = False
    """What was copied lately, where the editor tells, weighed like the open file."""


@dataclass(frozen=True)
class DiagnosticsSettings:
    """What is looked for in open files, and how loudly it is said."""

    enable: bool = True
    """Look for anything at all; without it there are syntax errors neither."""
    ruff: bool = True
    """What ruff finds, by the project's own configuration, in a file that is half typed too."""
    rules: bool = True
    """What is certain and no linter says: our own rules ('slm check --explain CODE' tells each)."""
    docstrings: bool = True
    """Docstrings that no longer agree with their code. Missing ones are a matter of the style profile."""
    bugs: bool = True
    """What the model takes for a bug, of the kinds that it is right about often enough."""
    profile: str = ""
    """Style profile: google, numpy, strict, or a team's own file, relative to the workspace folder. Empty:
    .slm-style.toml there, where there is one."""
    severity: Mapping[str, str] = field(default_factory=dict)
    """Code, beginning of codes, or origin (ruff, rules, style, docstrings, bugs) → error, warning, information, hint or
    off. The longest beginning counts, an origin last."""
    delay_ms: int = 250
    """How long typing must pause before anything but syntax errors and ruff's findings is looked for."""


@dataclass(frozen=True)
class ProjectSettings:
    """What belongs to the code that is being written."""

    python: str = ""
    """Its interpreter, or the folder of its environment, from the workspace folder if relative; it is read, never run.
    Empty takes .venv, venv or env in the workspace, else the one that VIRTUAL_ENV or CONDA_PREFIX name."""


@dataclass(frozen=True)
class TraceSettings:
    """What is kept of how requests went, for 'slm why'."""

    keep: bool = True
    """Write a line a request to the user's state folder: place, figures and verdicts, none of the code."""


@dataclass(frozen=True)
class HistorySettings:
    """What is kept of how suggestions were taken, for 'slm train filter --history'."""

    keep: bool = False
    """Write a line a shown suggestion to the user's state folder: figures and what became of it, no code, no paths."""


@dataclass(frozen=True)
class Settings:
    """The whole of it."""

    model: ModelSettings = field(default_factory=ModelSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    context: ContextSettings = field(default_factory=ContextSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    project: ProjectSettings = field(default_factory=ProjectSettings)
    trace: TraceSettings = field(default_factory=TraceSettings)
    history: HistorySettings = field(default_factory=HistorySettings)

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Settings from nested mappings as a client sends them; unknown names and wrong types raise SettingsError."""
        return typing.cast("Self", _build(cls, values, ""))


MINIMUM = {
    "model.threads": 0,
    "completion.deadline_ms": 1,
    "completion.prompt_tokens": 16,
    "completion.max_new_tokens": 1,
    "completion.memory_mb": 0,
    "completion.draft_tokens": 0,
    "completion.suggestions": 1,
    "completion.alternatives_ms": 0,
    "completion.temperature": 0,
    "diagnostics.delay_ms": 0,
}


def _build(kind: type, values: object, where: str) -> object:
    if values is None:
        return kind()
    if not isinstance(values, dict):
        raise SettingsError(f"{where.rstrip('.') or 'settings'}: expected an object, got {type(values).__name__}")
    hints = typing.get_type_hints(kind)
    built: dict[str, Any] = {}
    for key, value in values.items():
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", str(key)).lower()
        path = where + name
        if name not in hints:
            raise SettingsError(f"{path}: no such setting; known here: {', '.join(sorted(hints))}")
        built[name] = _value(hints[name], value, path)
    return kind(**built)


def _value(hint: Any, value: object, path: str) -> object:
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast("type", hint), value, path + ".")
    if hint == tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise SettingsError(f"{path}: expected a list of strings, got {value!r}")
        if path == "completion.exclude":
            _check_patterns(value, path)
        return tuple(value)
    if hint == Mapping[str, str]:
        return _severities(value, path)
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise SettingsError(f"{path}: {value!r} is not one of {', '.join(map(repr, choices))}")
        return value
    number = hint is float and isinstance(value, int) and not isinstance(value, bool)
    if not number and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise SettingsError(f"{path}: expected {hint.__name__}, got {value!r}")
    return _within_range(hint, value, path)


def _within_range(hint: type, value: Any, path: str) -> object:
    if hint is float and not -math.inf < value < math.inf:
        raise SettingsError(f"{path}: expected a finite number, got {value!r}")
    if path in MINIMUM and value < MINIMUM[path]:
        raise SettingsError(f"{path}: {value!r} is below the minimum, {MINIMUM[path]}")
    return value


def _severities(value: object, path: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{path}: expected an object of code and severity, got {value!r}")
    for code, severity in value.items():
        if severity not in SEVERITIES:
            raise SettingsError(f"{path}.{code}: {severity!r} is not one of {', '.join(map(repr, SEVERITIES))}")
    return {str(code): str(severity) for code, severity in value.items()}


def _check_patterns(patterns: Sequence[str], path: str) -> None:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only those who exclude files need it

    try:
        GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise SettingsError(f"{path}: not patterns of a .gitignore: {error}") from error
