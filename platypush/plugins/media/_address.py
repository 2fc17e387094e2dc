"""The hub's address for players on other machines."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Protocol, cast
from urllib.parse import urlsplit

from platypush.config.model import HttpSettings
from platypush.context import get_backend
from platypush.errors import Unavailable

__all__ = ["hub_address", "own_address"]


class _Web(Protocol):
    def urls(self) -> Sequence[str]: ...


def hub_address(http: HttpSettings | None) -> str:
    """Where players find the hub, without a slash at the end: ``public_url``, else this machine's own address.

    Raises Unavailable where there is no web service, or none that a player could reach by itself.
    """
    if http is None:
        raise Unavailable("Media are served by the web service: config.yaml has no section backend.http.")
    if http.public_url:
        return http.public_url
    address = next(iter(cast("_Web", get_backend("http")).urls()), None)
    if address is None:
        raise Unavailable(
            "The web service is reached through another server only, so its address is not known here. Set public_url "
            "in backend.http to the one that players use."
        )
    parts = urlsplit(address)
    if parts.hostname != "localhost":
        return address.rstrip("/")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{own_address()}{port}"


def own_address() -> str:
    """This machine's address in its network; ``localhost`` where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the kernel only chooses the way to an address that is nobody's (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "localhost"
