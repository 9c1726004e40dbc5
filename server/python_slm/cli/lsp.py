"""``slm lsp``: the language server, as editors start it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.lsp.models import Factory
    from python_slm.lsp.server import Server
    from python_slm.lsp.transport import Admit

_END_S = 0.6
_INTERRUPTED = 130
_SWITCH_S = 0.0005
"""A message passes three threads; at the default of 5 ms each would wait that long for the decoding one."""


def _address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """``HOST:PORT`` → (host, port); port 0 takes a free one."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter(f"{value!r} is not HOST:PORT, as in 127.0.0.1:2087")
    return host.strip("[]"), int(port)


@click.command()
@click.option("--stdio", is_flag=True, help="Speak on stdin and stdout; this is the default.")
@click.option(
    "--tcp",
    metavar="HOST:PORT",
    callback=_address,
    help="Listen on a TCP socket; each connection is a session of its own.",
)
@click.option(
    "--ws",
    metavar="HOST:PORT",
    callback=_address,
    help="Listen for WebSocket connections, as a page in a browser makes them.",
)
@click.option(
    "--model", type=click.Path(path_type=Path), help="Model folder instead of the one in use ('slm model list')."
)
@click.option("--log-file", type=click.Path(dir_okay=False, path_type=Path), help="Append a JSON object a line here.")
def lsp(
    *,
    stdio: bool,
    tcp: tuple[str, int] | None,
    ws: tuple[str, int] | None,
    model: Path | None,
    log_file: Path | None,
) -> None:
    """Run the language server: ghost text and completions for every LSP editor.

    An editor starts it itself, for example Neovim: vim.lsp.config('python_slm', {cmd = {'slm', 'lsp'}}). Try it by hand
    with: slm lsp --tcp 127.0.0.1:2087 --log-file slm.log
    """
    if sum((stdio, tcp is not None, ws is not None)) > 1:
        raise click.UsageError("choose one of --stdio, --tcp and --ws")
    from python_slm.lsp.models import onnx_model

    leave(run(onnx_model, tcp=tcp, ws=ws, model=model, log_file=log_file))


def run(
    model_factory: Factory,
    *,
    tcp: tuple[str, int] | None = None,
    ws: tuple[str, int] | None = None,
    model: Path | None = None,
    log_file: Path | None = None,
    announce: Callable[[str, int], None] | None = None,
    admit: Admit | None = None,
) -> int:
    """Serve until the client, or the user, ends it; returns the exit code.

    ``announce`` is told the address that is listened on, ``admit`` answers what else is asked of the WebSocket's port.
    """
    from python_slm.history import History
    from python_slm.lsp import logs, transport
    from python_slm.lsp.journal import Journal
    from python_slm.lsp.models import Models
    from python_slm.lsp.server import build_server
    from python_slm.lsp.worker import Worker
    from python_slm.places import state_folder
    from python_slm.registry import Registry
    from python_slm.settings import ModelSettings, Settings
    from python_slm.syntax.garbage import collect_less

    logs.configure(log_file)
    sys.setswitchinterval(_SWITCH_S)
    collect_less()
    worker, models = Worker(), Models(model_factory, Registry.of_user())
    journal, history = Journal(state_folder()), History(state_folder())
    defaults = Settings(model=ModelSettings(path=str(model) if model else ""))

    def connect() -> Server:
        return build_server(models, worker, defaults, journal, history)

    async def serve() -> int:
        try:
            if tcp is not None:
                await transport.serve_tcp(connect, *tcp, announce or _announce)
            elif ws is not None:
                await transport.serve_websocket(connect, *ws, announce or _announce, admit)
            else:
                return await transport.serve_stdio(connect, *transport.claim_stdio())
        finally:
            worker.close(_END_S)
            await asyncio.sleep(0)  # deliver the last answers while there is a loop
        return 0

    try:
        code = asyncio.run(serve())
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if not worker.ended:  # native code does not heed us: end without it, as the client asked
        leave(code)
    return code


def leave(code: int) -> NoReturn:
    """End the process at once: unloading a model and a thousand modules takes longer than an editor waits."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def _announce(host: str, port: int) -> None:
    click.echo(f"listening on {host}:{port}", err=True)
