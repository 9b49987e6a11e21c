"""Serving on a socket: find a port, run the application, say where it is once it listens, stop when asked to.

The socket listens before anything else is started, so that a busy port is known at once, and a port that was found
free cannot be taken by someone else in between.
"""

import errno
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from graph.errors import InputError, StoreError

__all__ = ["address_of", "is_loopback", "listen", "serve"]

_PORTS_TRIED = 50
_SHUTDOWN_TIMEOUT_S = 20


def is_loopback(host: str) -> bool:
    """Tell whether all addresses of `host` are for this machine alone. Raises InputError if it has no address."""
    return bool(host) and all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for _, address in _addresses(host, 0)
    )


def listen(host: str, port: int, *, or_next: bool = False) -> socket.socket:
    """Return a socket that listens on `host` and `port`; port 0 stands for any free one.

    If the port is taken and `or_next` is set, the next free one above it is used. Raises InputError if nothing can be
    listened on, with what to do.
    """
    last = min(port + _PORTS_TRIED, 65_535) if or_next and port else port
    family, _ = _addresses(host, port)[0]
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((host, candidate), family=family, backlog=2048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise InputError(f"cannot listen on {host}, port {candidate}: {reason}; give another one") from error
    ports = f"ports {port} to {last} of {host} are" if last > port else f"port {port} of {host} is"
    raise InputError(f"{ports} in use: stop what listens there, or give another --port (0 finds a free one)")


def address_of(sock: socket.socket) -> str:
    """Return the address that a browser on this machine opens to reach `sock`."""
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if sock.family == socket.AF_INET6 else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(settings: Settings, sock: socket.socket, *, on_ready: Callable[[], None]) -> None:
    """Serve the application of `settings` on `sock` until SIGINT or SIGTERM; `on_ready` is called when it answers.

    Requests under way may end, for at most 20 s. Raises StoreError if the store cannot be opened.
    """
    app = create_app(settings)
    # A store that cannot be opened is told in one line by whoever called; the server would log its trace as well.
    logging.getLogger("uvicorn.error").addFilter(lambda _: app.state.start_failure is None)
    # The server raises the signal that stopped it once more when it is done: then, as before it starts, that is an end
    # as good as any other.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    server = _Server(app, on_ready)
    stop = None
    try:
        server.run(sockets=[sock])
    except SystemExit as error:  # by one of the signals, or by a start that failed
        stop = error
    if isinstance(app.state.start_failure, StoreError):
        raise app.state.start_failure
    if not server.started and (stop is None or stop.code):
        raise InputError("the service could not start; the log above says why")


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT_S,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host!r} is no address of this machine: give another --host, such as 127.0.0.1") from error
    return [(family, address) for family, _, _, _, address in found]
