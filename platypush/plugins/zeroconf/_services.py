"""Services of others on the network, as JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from zeroconf import ServiceInfo, ServiceListener, Zeroconf

__all__ = ["Finder", "describe"]

_INFO_MILLISECONDS = 2000
Told = Callable[[str, dict[str, Any]], None]
"""Called with ``added``, ``updated`` or ``removed``, and the service."""


def describe(kind: str, name: str, info: ServiceInfo | None) -> dict[str, Any]:
    """``{name, type, server, port, addresses, properties}``; what is not known is None or empty."""
    return {
        "name": name,
        "type": kind,
        "server": info.server if info else None,
        "port": info.port if info else None,
        "addresses": info.parsed_scoped_addresses() if info else [],
        "properties": _texts(info.properties) if info else {},
    }


class Finder(ServiceListener):
    """Keeps what services there are. Called in a thread of the library, read from any."""

    def __init__(self, told: Told | None = None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Any]] = {}
        self.changed = threading.Event()
        """Set whenever something is found."""

    def services(self) -> list[dict[str, Any]]:
        """What there is now, by name."""
        with self._lock:
            return [self._known[name] for name in sorted(self._known)]

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Called by the library."""
        self._take("added", describe(type_, name, zc.get_service_info(type_, name, _INFO_MILLISECONDS)))

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Called by the library."""
        self._take("updated", describe(type_, name, zc.get_service_info(type_, name, _INFO_MILLISECONDS)))

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002 - the library's signature
        """Called by the library."""
        with self._lock:
            known = self._known.pop(name, None) or describe(type_, name, None)
        if self._told:
            self._told("removed", known)

    def _take(self, what: str, service: dict[str, Any]) -> None:
        with self._lock:
            is_new = self._known.get(service["name"]) != service
            self._known[service["name"]] = service
        self.changed.set()
        if is_new and self._told:
            self._told(what, service)


def _texts(properties: dict[bytes, bytes | None]) -> dict[str, str | None]:
    return {
        key.decode(errors="replace"): None if value is None else value.decode(errors="replace")
        for key, value in properties.items()
    }
