"""What is announced of the web service. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["WEB_SERVICE", "Announcement", "announcement", "reachable", "service_type"]

WEB_SERVICE = "_platypush-http._tcp.local."
_PORTS = {"http": 80, "https": 443}
_TYPE = re.compile(r"_[a-z0-9-]{1,15}\._(tcp|udp)(\.local\.?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Under which scheme, port and path the web service is reached, and its host where it has a public name."""

    scheme: str
    port: int
    path: str
    host: str | None = None

    def properties(self, device_id: str, version: str) -> dict[str, str]:
        """The TXT record (RFC 6763, section 6)."""
        found = {
            "name": "Platypush",
            "vendor": "Platypush",
            "version": version,
            "device_id": device_id,
            "scheme": self.scheme,
            "path": self.path,
        }
        return {**found, "host": self.host} if self.host else found


def announcement(urls: Iterable[str]) -> Announcement | None:
    """What to announce of a web service with these addresses, the public one first; None when it can be reached from
    this machine only.

    ``localhost`` stands for all addresses of the machine, as in the addresses that the hub shows at its start.
    """
    for url in urls:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in _PORTS or _is_loopback(host):
            continue
        named = None if host == "localhost" or _is_address(host) else host
        return Announcement(parts.scheme, parts.port or _PORTS[parts.scheme], parts.path or "/", named)
    return None


def reachable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those of a machine's addresses that others on the network reach; the loopback's where it has no other."""
    found = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    useful = [address for address in found if not address.is_loopback and not address.is_link_local]
    return tuple(dict.fromkeys(str(address) for address in useful or found))


def service_type(text: str) -> str:
    """``text`` as a full service type: ``_mpd._tcp.local.`` for ``_mpd._tcp``.

    Raises ValueError for what is none.
    """
    if not _TYPE.fullmatch(text):
        raise ValueError(f"{text!r} is no type of service. It looks like _mpd._tcp or _hue._tcp.local.")
    return f"{text.removesuffix('.').removesuffix('.local')}.local."


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
