"""What ``slm doctor`` found: a line a check, with the way out of what failed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from python_slm.errors import SLMError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Check:
    """One line of the report. ``fix`` is the way out, for a person to do; empty when all is well."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    essential: bool = True


@dataclass
class Report:
    """The checks so far; a check that raises becomes a failed line instead of the end."""

    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing essential is broken."""
        return all(check.ok for check in self.checks if check.essential)

    def add(self, name: str, detail: str, *, ok: bool = True, fix: str = "", essential: bool = True) -> None:
        """Append one line; ``fix`` is kept only when it failed."""
        self.checks.append(Check(name, ok, detail, "" if ok else fix, essential))

    @contextmanager
    def guarding(self, name: str, fix: str, *, essential: bool = True) -> Iterator[None]:
        """Turn whatever a check raises into a failed line called ``name``."""
        try:
            yield
        except SLMError as error:
            self.add(name, str(error), ok=False, fix=fix, essential=essential)
        except Exception as error:  # noqa: BLE001 - a broken install raises anything, and reporting it is the job
            self.add(name, f"{type(error).__name__}: {error}", ok=False, fix=fix, essential=essential)

    def show_json(self) -> None:
        """``{"ok": bool, "checks": [{name, ok, detail, fix, essential}]}`` on stdout."""
        click.echo(json.dumps({"ok": self.ok, "checks": [asdict(check) for check in self.checks]}, indent=2))

    def show_lines(self, encoding: str) -> None:
        """A mark, name and finding, with the way out below what failed; in ``encoding``, which may know few letters."""
        for check in self.checks:
            mark = "✓" if check.ok else "✗" if check.essential else "–"
            _echo(f"{mark} {check.name:<12} {check.detail}", encoding)
            if check.fix:
                _echo(f"  {'':<12} → {check.fix}", encoding)
        _echo("ready" if self.ok else "not ready: see → above", encoding, err=not self.ok)


def _echo(text: str, encoding: str, *, err: bool = False) -> None:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(str.maketrans("✓✗–→", "+!->"))
        text = plain.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text, err=err)
