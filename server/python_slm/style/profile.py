r"""A style profile: a TOML file that gives conventions their values, over those of the profile that it extends.

::

    extends = "google"               # google, numpy, strict, or another file beside this one
    [naming]
    boolean-function = '(?:is|has)_\w+'
    [strings]
    format = "off"                   # what the profile below wants, is wanted no longer
    [severity]
    string-format = "hint"           # by code of a rule: error, warning, information or hint
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from python_slm.errors import SettingsError
from python_slm.findings import Severity
from python_slm.style.base import style_rules
from python_slm.style.conventions import OFF, by_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_slm.style.conventions import Convention, Value

FILE_NAME = ".slm-style.toml"
BUILT_IN = ("google", "numpy", "strict")
_DEEPEST = 8
"""Profiles that extend each other; more is a circle."""
_SEVERITIES = get_args(Severity)


@dataclass(frozen=True)
class Profile:
    """``values`` by the keys of conventions; ``severities`` by codes of rules; ``source`` is its file, or its name."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    source: str = ""


def load(name_or_path: str, root: Path | None) -> Profile | None:
    """The profile of a name or file (from ``root`` if relative); without either, ``.slm-style.toml`` in ``root``.

    None where nothing is named and ``root`` has no such file. Raises SettingsError for what cannot be read, with the
    file, the key and the way out. Reads the file anew each time.
    """
    if not name_or_path:
        own = root / FILE_NAME if root else None
        return _of_file(own, 0) if own and own.is_file() else None
    return _named(name_or_path, root, 0)


def parsed(text: str, source: str, root: Path | None = None) -> Profile:
    """The profile that ``text`` is; ``source`` names it in errors, ``root`` is where what it extends lies."""
    return _read(text, source, root, 0)


def conventions() -> dict[str, Convention]:
    """Every convention that a profile can fix, by its key, in the order of the rules' files."""
    return by_key(convention for rule in style_rules() for convention in rule.conventions)


def _named(name: str, root: Path | None, depth: int) -> Profile:
    if name in BUILT_IN:
        file = resources.files("python_slm.style") / "profiles" / f"{name}.toml"
        return _read(file.read_text(encoding="utf-8"), name, None, depth)
    return _of_file((root or Path()) / Path(name).expanduser(), depth)


def _of_file(path: Path, depth: int) -> Profile:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        known = ", ".join(BUILT_IN)
        raise SettingsError(f"{path}: no such style profile; built in are {known}, else name a TOML file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as a style profile ({error}); it must be UTF-8 TOML") from error
    return _read(text, str(path), path.parent, depth)


def _read(text: str, source: str, root: Path | None, depth: int) -> Profile:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source}: not TOML ({error}); 'slm style show google' prints one that is") from error
    if depth > _DEEPEST:
        raise SettingsError(f"{source}: extends itself, by way of others; take one 'extends' out")
    name = _text(table.pop("name", Path(source).name), source, "name")
    below = table.pop("extends", "")
    base = _named(_text(below, source, "extends"), root, depth + 1) if below else Profile("")
    severities = {**base.severities, **_severities(table.pop("severity", {}), source)}
    values = dict(base.values)
    known = conventions()
    for key, value in _entries(table, known, source):
        if value == OFF:
            values.pop(key, None)
        else:
            values[key] = _joined(values.get(key), _value(known[key], value, source))
    return Profile(name, values, severities, source)


def _entries(table: Mapping[str, object], known: Mapping[str, Convention], source: str) -> Iterator[tuple[str, object]]:
    sections = sorted({key.partition(".")[0] for key in known})
    for section, entries in table.items():
        if section not in sections:
            raise SettingsError(f"{source}: {section}: no such section; known are {', '.join([*sections, 'severity'])}")
        if not isinstance(entries, dict):
            raise SettingsError(f"{source}: {section}: expected a table, [{section}], got {entries!r}")
        for name, value in entries.items():
            key = f"{section}.{name}"
            if key not in known:
                there = ", ".join(one.partition(".")[2] for one in known if one.startswith(f"{section}."))
                raise SettingsError(f"{source}: {key}: no such convention; [{section}] has {there}")
            yield key, value


def _value(convention: Convention, value: object, source: str) -> Value:
    try:
        return convention.parsed(value)
    except ValueError as error:
        raise SettingsError(f'{source}: {convention.key}: {error}; or "{OFF}"') from error


def _joined(below: Value | None, value: Value) -> Value:
    """Tables add to what is below; an entry that is off goes."""
    if isinstance(below, dict) and isinstance(value, dict):
        value = {**below, **value}
    return {name: word for name, word in value.items() if word != OFF} if isinstance(value, dict) else value


def _severities(table: object, source: str) -> dict[str, Severity]:
    codes = sorted(rule.code for rule in style_rules())
    if not isinstance(table, dict):
        raise SettingsError(f"{source}: severity: expected a table, [severity], got {table!r}")
    for code, severity in table.items():
        if code not in codes:
            raise SettingsError(f"{source}: severity.{code}: no such rule of style; known are {', '.join(codes)}")
        if severity not in _SEVERITIES:
            raise SettingsError(f"{source}: severity.{code}: {severity!r} is not one of {', '.join(_SEVERITIES)}")
    return {code: cast("Severity", severity) for code, severity in table.items()}


def _text(value: object, source: str, key: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{source}: {key}: expected text in quotes, got {value!r}")
    return value
