"""Where a request comes from: the address that limits count by, and whether it came by https.

Both are what the connection says. A proxy in front says more in `X-Forwarded-For` and `X-Forwarded-Proto`, and so can
anyone: they are believed only of the addresses that the setting `trusted_proxies` names. Of a chain of addresses the
last one that is no such proxy is the caller; what stands before it was written by the caller.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from api.settings import Network

__all__ = ["Caller", "Callers", "is_cross_site"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNKNOWN = "unknown"
_FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's origin.

    `address` is what is counted by: an IPv4 address, the /64 network of an IPv6 one (whoever has one address there has
    them all), or "unknown". `is_local` is set for this machine itself, unless a proxy here passes something on.
    """

    address: str
    is_https: bool
    is_local: bool


class Callers:
    """Tells callers apart; `trusted` are the proxies that are believed."""

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def of(self, scope: Scope) -> Caller:
        """Return where the request of an ASGI scope comes from."""
        peer = _parsed(scope["client"][0]) if scope.get("client") else None
        headers = Headers(scope=scope)
        is_https = scope.get("scheme") == "https"
        passed_on = any(name in headers for name in _FORWARDING)
        if peer is not None and self._trusts(peer):
            is_https = is_https or headers.get("x-forwarded-proto", "").strip().lower() == "https"
            peer = self._behind(peer, headers.getlist("x-forwarded-for"))
        local = peer is not None and peer.is_loopback and not passed_on
        return Caller(_key(peer), is_https=is_https, is_local=local)

    def _behind(self, peer: Address, chain: Iterable[str]) -> Address:
        for text in reversed([part.strip() for line in chain for part in line.split(",")]):
            address = _parsed(text)
            if address is None:
                break
            peer = address
            if not self._trusts(address):
                break
        return peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def is_cross_site(headers: Headers) -> bool:
    """Tell whether a browser makes this request for another site's page.

    It says so in two headers that pages cannot set; other clients send neither.
    """
    site = headers.get("sec-fetch-site", "none")
    origin = headers.get("origin")
    host = headers.get("host", "")
    foreign = origin is not None and origin.lower().partition("://")[2] != host.lower()
    return site not in {"same-origin", "none"} or foreign


def _parsed(text: str) -> Address | None:
    text = text.strip().removeprefix("[").partition("]")[0].partition("%")[0]
    if text.count(":") == 1:  # some proxies add the port
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _key(address: Address | None) -> str:
    if address is None:
        return _UNKNOWN
    if address.version == 6 and not address.is_loopback:
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
