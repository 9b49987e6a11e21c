"""Addresses and listening sockets: what other machines reach, and a port that is ours before anything starts.

The socket listens before anything else is started, so that a busy port is known at once, and a port that was found
free cannot be taken by someone else in between.
"""

import errno
import ipaddress
import socket
from contextlib import ExitStack

from graph.errors import InputError

__all__ = ["address_of", "is_loopback", "listen", "listen_together"]

_PORTS_TRIED = 50
_BACKLOG = 2048


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
            return _server((host, candidate), family)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise InputError(f"cannot listen on {host}, port {candidate}: {reason}; give another one") from error
    ports = f"ports {port} to {last} of {host} are" if last > port else f"port {port} of {host} is"
    raise InputError(f"{ports} in use: stop what listens there, or give another --port (0 finds a free one)")


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """Return `count` sockets that listen on one port, each for a process of its own.

    The kernel spreads connections among them (SO_REUSEPORT); where it cannot, all are the same socket. A port that
    someone else listens on is refused as by `listen`, although it could be shared as well.
    """
    first = listen(host, port)
    if not hasattr(socket, "SO_REUSEPORT"):
        return [first] * count
    address = first.getsockname()
    first.close()
    with ExitStack() as opened:
        try:
            sockets = [opened.enter_context(_server(address[:2], first.family, reuse_port=True)) for _ in range(count)]
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"cannot listen on {host}, port {address[1]}: {reason}; give another one") from error
        opened.pop_all()
    return sockets


def address_of(sock: socket.socket) -> str:
    """Return the address that a browser on this machine opens to reach `sock`."""
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if sock.family == socket.AF_INET6 else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host!r} is no address of this machine: give another --host, such as 127.0.0.1") from error
    return [(family, address) for family, _, _, _, address in found]


def _server(address: tuple[str, int], family: socket.AddressFamily, *, reuse_port: bool = False) -> socket.socket:
    """Return a listening socket that says it speaks TCP.

    Python's does not, and asyncio sends small answers at once (TCP_NODELAY) only on connections of one that does: else
    a body that follows its headers waits until the client confirms these, 40 ms later.
    """
    made = socket.create_server(address, family=family, backlog=_BACKLOG, reuse_port=reuse_port)
    return socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())
