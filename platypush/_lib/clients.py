"""Who the client is, behind any number of proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["UNIX_PEER", "Client", "ClientResolver", "host_name"]

UNIX_PEER = "unix"
"""The address of a peer on a unix socket that names no address; as a trusted proxy, every such peer."""

_FORWARDING_HEADERS = frozenset(
    {
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_REAL_IP",
        "HTTP_FORWARDED",
        "HTTP_VIA",
    }
)
_REMEMBERED = 4096

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Client(NamedTuple):
    """The client of a request. ``forwarded`` tells whether a proxy left its marks, believed or not."""

    address: str
    scheme: str
    host: str
    """The host, with its port if any, by which the client reaches the hub."""
    forwarded: bool
    peer_trusted: bool

    @property
    def is_secure(self) -> bool:
        """Whether the client speaks HTTPS."""
        return self.scheme == "https"

    @property
    def is_direct_loopback(self) -> bool:
        """Whether the client runs on this machine and nothing stands in between.

        The host has to be this machine's loopback name too: a page of a foreign site whose name resolves to
        127.0.0.1 reaches the hub from here, but under its own name.
        """
        return not self.forwarded and _is_loopback(self.address) and _is_loopback(host_name(self.host))


class ClientResolver:
    """Finds the client of a request. Safe for many threads.

    Args:
        trusted: addresses and networks of proxies whose forwarding headers are believed, or ``unix`` for peers on a
            unix socket. Empty: nobody's are.

    Raises ValueError for what is neither.
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trust_unix = UNIX_PEER in trusted
        self._networks: tuple[Network, ...] = tuple(
            ipaddress.ip_network(item, strict=False) for item in trusted if item != UNIX_PEER
        )
        self._known: dict[str, bool] = {}

    def resolve(self, environ: WSGIEnvironment) -> Client:
        """The client of a request: the rightmost hop that is no trusted proxy (RFC 7239, section 8.1)."""
        peer = environ.get("REMOTE_ADDR") or UNIX_PEER
        scheme = environ["wsgi.url_scheme"]
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        forwarded = not environ.keys().isdisjoint(_FORWARDING_HEADERS)
        if not self._trusts(peer):
            return Client(peer, scheme, host, forwarded, False)
        if forwarded:
            peer = self._last_untrusted(peer, environ.get("HTTP_X_FORWARDED_FOR", ""))
            proto = _last(environ.get("HTTP_X_FORWARDED_PROTO", "")).lower()
            scheme = proto if proto in ("http", "https") else scheme
            host = _last(environ.get("HTTP_X_FORWARDED_HOST", "")) or host
        return Client(peer, scheme, host, forwarded, True)

    def _last_untrusted(self, peer: str, forwarded_for: str) -> str:
        for hop in reversed(forwarded_for.split(",")):
            if not self._trusts(peer):
                break
            address = _parse(hop.strip())
            if address is None:
                break
            peer = str(address)
        return peer

    def _trusts(self, peer: str) -> bool:
        if peer == UNIX_PEER:
            return self._trust_unix
        if not self._networks:
            return False
        known = self._known.get(peer)
        if known is None:
            address = _parse(peer)
            known = address is not None and any(
                address.version == network.version and address in network for network in self._networks
            )
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[peer] = known
        return known


def host_name(host: str) -> str:
    """A ``Host`` without its port and without the brackets of an IPv6 address, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower() if host.count(":") <= 1 else host.lower()


def _last(values: str) -> str:
    return values.rpartition(",")[2].strip()


def _parse(text: str) -> Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, ipaddress.IPv4Address) else address


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    address = _parse(name)
    return address is not None and address.is_loopback
