"""The web service's side of the daemon: ``backend.http`` with the websocket server beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from platypush._lib.clients import Client, ClientResolver
from platypush.backend.http import HttpBackend, HttpServices
from platypush.backend.http.tls import server_context
from platypush.backend.http.websocket import WebsocketServer, WebsocketSettings
from platypush.config.web import WebSettings

if TYPE_CHECKING:
    import socket

    from platypush.config.model import Config, HttpSettings
    from platypush.daemon.parts import Parts
    from platypush.dispatch import Dispatcher

__all__ = ["make_http_backend"]


def make_http_backend(config: Config, parts: Parts, dispatcher: Dispatcher, start_id: str) -> HttpBackend | None:
    """``backend.http`` as configured and bound to the hub, not started; None where it is not configured."""
    http = config.http
    if http is None:
        return None
    backend = HttpBackend(
        port=http.port,
        websocket_port=http.websocket_port,
        bind_address=http.bind_address,
        disable_websocket=http.disable_websocket,
        resource_dirs={name: str(path) for name, path in http.resource_dirs.items()},
        ssl_cert=str(http.ssl_cert) if http.ssl_cert else None,
        ssl_key=str(http.ssl_key) if http.ssl_key else None,
        ssl_cafile=str(http.ssl_cafile) if http.ssl_cafile else None,
        ssl_capath=str(http.ssl_capath) if http.ssl_capath else None,
        maps=http.maps,
        run_externally=http.run_externally,
        uwsgi_args=http.uwsgi_args,
    )

    def make_websocket(handed: socket.socket | None) -> WebsocketServer:
        parts.websocket = _websocket(config, http, parts, dispatcher, handed)
        return parts.websocket

    backend.bind(
        HttpServices(
            web_settings=WebSettings.from_config(config, start_id=start_id),
            config_path=config.path,
            websocket_factory=make_websocket,
        )
    )
    return backend


def _websocket(
    config: Config, http: HttpSettings, parts: Parts, dispatcher: Dispatcher, handed: socket.socket | None
) -> WebsocketServer:
    clients = ClientResolver(http.trusted_proxies)

    def resolve(environ: dict[str, str]) -> Client:
        return clients.resolve(environ)

    public = _host_of(http.public_url)
    settings = WebsocketSettings(
        host=http.bind_address,
        port=http.websocket_port,
        sock=handed,
        # The same certificate and trust stores as the web server's.
        ssl_context=server_context("backend.http", http.ssl_cert, http.ssl_key, http.ssl_cafile, http.ssl_capath),
        allowed_hosts=frozenset({public} if public else ()),
        request_body=config.limits.request_body,
        action_time=config.limits.action_time,
        backlog=config.limits.listen_backlog,
    )
    # The user store is looked up at each call: a reload may have opened it anew.
    return WebsocketServer(
        settings,
        authenticate=parts.users.authenticate,
        handle=dispatcher.handle,
        generation=lambda: parts.users.generation.value,
        resolve=resolve,
    )


def _host_of(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None
