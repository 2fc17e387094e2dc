"""Which servers may be reached: decided by name and by the address that the connection really goes to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from fnmatch import fnmatchcase

__all__ = ["AllowedHosts"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PUBLIC = "public"


class AllowedHosts:
    """The hosts that a configuration allows. Immutable."""

    def __init__(self, entries: Iterable[str] | None = None) -> None:
        """``entries`` are names, wildcards, addresses, networks and ``public``; None means ``public``.

        Raises ValueError for an entry that is none of these.
        """
        self._public = entries is None
        self._names: list[str] = []
        self._networks: list[Network] = []
        for entry in entries or ():
            self._add(entry.strip().lower())

    def allows(self, host: str, address: str) -> bool:
        """Whether a connection to ``host``, which is at ``address``, is allowed."""
        name = host.lower().strip("[]").rstrip(".")
        if any(fnmatchcase(name, pattern) for pattern in self._names):
            return True
        number = _plain(ipaddress.ip_address(address.split("%", 1)[0]))
        if any(number.version == network.version and number in network for network in self._networks):
            return True
        return self._public and _is_public(number)

    def _add(self, entry: str) -> None:
        if entry == _PUBLIC:
            self._public = True
            return
        try:
            self._networks.append(ipaddress.ip_network(entry, strict=False))
            return
        except ValueError:
            pass
        if not entry or any(character in entry for character in "/: @") or entry == "*":
            raise ValueError(
                f"allowed_hosts: {entry!r} is no host. Give names (hub.lan, *.example.com), addresses, networks "
                "(192.168.1.0/24) or 'public'; without scheme and port."
            )
        self._names.append(entry.rstrip("."))


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
