"""The addresses that people open. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress

__all__ = ["served_port", "urls_of"]

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_STANDARD = {Protocol.HTTP: 80, Protocol.HTTPS: 443}


def urls_of(listeners: Sequence[Listener], public_url: str | None) -> tuple[str, ...]:
    """``public_url`` first, then one for each socket that a browser can reach."""
    found = [public_url.rstrip("/") + "/"] if public_url else []
    for listener in listeners:
        address = listener.address
        if isinstance(address, TcpAddress) and listener.protocol in _STANDARD:
            host = "localhost" if address.host in _EVERYWHERE else address.host
            host = f"[{host}]" if ":" in host else host
            port = "" if address.port == _STANDARD[listener.protocol] else f":{address.port}"
            found.append(f"{listener.protocol}://{host}{port}/")
    return tuple(dict.fromkeys(found))


def served_port(listeners: Sequence[Listener]) -> int | None:
    """The first port on which a browser can connect, None when there is none (nginx in front)."""
    ports = (
        listener.address.port
        for listener in listeners
        if isinstance(listener.address, TcpAddress) and listener.protocol in _STANDARD
    )
    return next(ports, None)
