"""``slm``: one group whose commands are the entry points ``python_slm.commands``, each imported only when it is used.

Exit codes: 0 done, 1 an SLMError (one line on stderr), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import ast
import importlib.util
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from python_slm.errors import MissingExtraError, SLMError

if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = ("python_slm", "python_slm_training", "python_slm_model")


class LazyGroup(click.Group):
    """A group of entry points: listing them reads their source, only running one imports it."""

    def __init__(self, *args: Any, entries: Iterable[EntryPoint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._entries = {entry.name: entry for entry in entries}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted({*self._entries, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now. Raises MissingExtraError when its extra is not installed."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        try:
            command: click.Command = entry.load()
        except ModuleNotFoundError as error:
            _explain_missing(error, entry)
            raise
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        names = self.list_commands(ctx)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(self._entries[name])) for name in names])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; our errors become one line on stderr, an interrupt exit code 130."""
        try:
            return self._explained(ctx)
        except SLMError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)

    def _explained(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            entry = self._entries.get(ctx.invoked_subcommand or "")
            if entry is not None:
                _explain_missing(error, entry)
            raise


def _explain_missing(error: ModuleNotFoundError, entry: EntryPoint) -> None:
    """Raise MissingExtraError where a training command lacks a library of its extra; else return."""
    missing = (error.name or "").partition(".")[0]
    if entry.module.startswith("python_slm_training") and missing not in _OURS:
        raise MissingExtraError(
            f"'slm {entry.name}' needs the training extra ({missing} is missing): "
            "pip install 'python-slm[train]', or in its repository: pip install '.[train]'"
        ) from error


def _summary(entry: EntryPoint) -> str:
    """First sentence of the command's help, read from its source."""
    try:
        spec = importlib.util.find_spec(entry.module)
    except ModuleNotFoundError:  # its package is gone
        return ""
    if spec is None or spec.origin is None:
        return ""
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry.attr]
    text = ast.get_docstring(found[0] if found else tree) or ""
    return click.Command(entry.name, help=text).get_short_help_str(limit=200)


@click.group(
    cls=LazyGroup,
    entries=entry_points(group="python_slm.commands"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="python-slm", prog_name="slm")
def main() -> None:
    """Ghost text for Python from a small model that runs here, and the tools that made it.

    Nothing you open leaves this machine. Example: slm complete src/app.py:42:17
    """
