"""Serving on a socket: run the application, say when it answers, stop when asked to."""

import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.logs import configure
from api.patience import patient_protocol
from api.settings import Settings
from api.subscriptions import MAX_MESSAGE_BYTES
from graph.errors import InputError, StoreError

__all__ = ["COLLECT_AFTER", "SHUTDOWN_TIMEOUT_S", "WEB_SOCKETS", "serve"]

SHUTDOWN_TIMEOUT_S = 20

WEB_SOCKETS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "ws": "websockets-sansio",
        "ws_max_size": MAX_MESSAGE_BYTES,
        "ws_per_message_deflate": False,  # a small message could stand for a large one
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
    }
)
"""How the server speaks on WebSockets."""

# Python's collector looks through the youngest objects after every 700. While a large answer is made there are hundreds
# of times as many, all alive: it would find nothing, again and again, in half of the time that the answer takes.
# The older ones it looks through after some five and some ten times: what requests leave behind in cycles, some ten
# objects each, would else pile up for thousands of requests. It takes some milliseconds, as what stays is frozen.
COLLECT_AFTER = (20_000, 5, 1)


def serve(
    settings: Settings, sock: socket.socket, *, on_ready: Callable[[], None], shared_metrics: Path | None = None
) -> None:
    """Serve the application of `settings` on `sock` until SIGINT or SIGTERM; `on_ready` is called when it answers.

    Requests under way may end, for at most 20 s. `shared_metrics` is the folder that workers share for their metrics.
    Raises StoreError if the store cannot be opened.
    """
    configure(settings.log_format)
    gc.set_threshold(*COLLECT_AFTER)
    app = create_app(settings, shared_metrics=shared_metrics)
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
                http=patient_protocol(app.state.settings.receive_timeout_s),
                **WEB_SOCKETS,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # it would believe everyone on this machine; see api.callers
                timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()
