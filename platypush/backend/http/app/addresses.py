"""The addresses by which a client reaches the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from platypush._lib.clients import host_name

if TYPE_CHECKING:
    from platypush._lib.clients import Client
    from platypush.config.web import WebSettings

__all__ = ["WEBSOCKET_PATH", "base_address", "websocket_address"]

WEBSOCKET_PATH = "/ws/events"


def base_address(settings: WebSettings, client: Client) -> str:
    """The hub's own address, without a slash at its end: the public one, else the one that ``client`` has used."""
    return settings.public_url or f"{client.scheme}://{client.host}"


def websocket_address(settings: WebSettings, client: Client) -> str | None:
    """Where ``client`` finds the websocket; None when it is switched off.

    Behind a server that ends HTTPS it is below the same address, because a page of HTTPS may open no other; also when
    it listens on a unix socket, which a web server in front has to pass on. Else it is the daemon's own port.
    """
    if settings.disable_websocket:
        return None
    if settings.public_url:
        public = urlsplit(settings.public_url)
        return f"{'wss' if public.scheme == 'https' else 'ws'}://{public.netloc}{WEBSOCKET_PATH}"
    if client.forwarded or not settings.websocket_port or (client.is_secure and not settings.tls):
        return f"{'wss' if client.is_secure else 'ws'}://{client.host}{WEBSOCKET_PATH}"
    name = host_name(client.host)
    host = f"[{name}]" if ":" in name else name
    return f"{'wss' if settings.tls else 'ws'}://{host}:{settings.websocket_port}{WEBSOCKET_PATH}"
