"""Which servers may be reached: decided by name, port, and the address that the connection really goes to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

__all__ = ["AllowedHosts", "origin_of"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PUBLIC = "public"
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class AllowedHosts:
    """The hosts that a configuration allows. Immutable."""

    def __init__(
        self, entries: Iterable[str] | None = None, *, urls: Iterable[str] = (), refused_ports: Iterable[int] = ()
    ) -> None:
        """``entries`` are names, wildcards, addresses, networks and ``public``; None means ``public``. A name or an
        address may have a port (``nas.lan:5000``): nothing else is reached there.

        ``urls`` stand in the configuration themselves, so their host is allowed, on their port. ``refused_ports`` are
        connected to on public addresses only, whatever the entries say: here something else than HTTP is spoken there.

        Raises ValueError for an entry that is none of these.
        """
        self._public = entries is None
        self._refused = frozenset(refused_ports)
        self._names: list[tuple[str, int | None]] = []
        self._networks: list[tuple[Network, int | None]] = []
        for entry in (*(entries or ()), *(origin_of(url) for url in urls)):
            self._add(entry.strip().lower())

    def allows(self, host: str, address: str, port: int) -> bool:
        """Whether a connection to ``port`` of ``host``, which is at ``address``, is allowed."""
        name = host.lower().strip("[]").rstrip(".")
        number = _plain(ipaddress.ip_address(address.split("%", 1)[0]))
        if port in self._refused and not _is_public(number):
            return False
        if any(only in (None, port) and fnmatchcase(name, pattern) for pattern, only in self._names):
            return True
        for network, only in self._networks:
            if only in (None, port) and number.version == network.version and number in network:
                return True
        return self._public and _is_public(number)

    def _add(self, entry: str) -> None:
        if entry == _PUBLIC:
            self._public = True
            return
        try:
            self._networks.append((ipaddress.ip_network(entry.strip("[]"), strict=False), None))
            return
        except ValueError:
            pass
        name, port = _with_port(entry)
        try:
            self._networks.append((ipaddress.ip_network(name.strip("[]")), port))
            return
        except ValueError:
            pass
        if not name or any(character in name for character in "/: @[]") or name == "*":
            raise ValueError(
                f"allowed_hosts: {entry!r} is no host. Give names (hub.lan, nas.lan:5000, *.example.com), addresses, "
                "networks (192.168.1.0/24) or 'public'; without a scheme."
            )
        self._names.append((name.rstrip("."), port))


def origin_of(url: str) -> str:
    """Host and port of a URL, as an entry for ``AllowedHosts``. Raises ValueError for what is no URL."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme.lower())
    if not parts.hostname or port is None:
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise ValueError(f"{shown!r} is no URL: it begins with http:// or https:// and names a host.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def _with_port(entry: str) -> tuple[str, int | None]:
    name, separator, port = entry.rpartition(":")
    if separator and port.isdecimal() and 0 < int(port) < 65536:
        return name, int(port)
    return entry, None


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, in any of the ways that reach it, as what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified
