"""Requests and events over a websocket with a port of its own, beside the one of the web service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platypush._lib.clients import ClientResolver
from platypush.backend.http.addresses import TcpAddress
from platypush.backend.http.tls import server_context
from platypush.backend.http.websocket import WebsocketServer, WebsocketSettings
from platypush.backend.services import ServiceBackend
from platypush.errors import Unavailable
from platypush.message.envelope import Principal
from platypush.user.credentials import Credential

__all__ = ["WebsocketBackend"]


class WebsocketBackend(ServiceBackend):
    """Takes requests over a websocket, answers them, and sends events: what the web service's own websocket does, for
    installations without ``backend.http`` and for clients that know the port of older versions.

    Every client signs in with its handshake, in any of the ways that HTTP takes.
    """

    def __init__(
        self,
        *,
        port: int = 8765,
        bind_address: str = "0.0.0.0",  # noqa: S104 - as older versions; every client signs in
        ssl_cert: str | None = None,
        ssl_key: str | None = None,
        ssl_cafile: str | None = None,
        ssl_capath: str | None = None,
        client_timeout: float = 60,
        **kwargs: Any,
    ) -> None:
        """
        :param port: Listen port.
        :param bind_address: Address to bind to; ``127.0.0.1`` for this machine only.
        :param ssl_cert: Certificate file, for ``wss``.
        :param ssl_key: Its key.
        :param ssl_cafile: Certificate authority file.
        :param ssl_capath: Certificate authority directory.
        :param client_timeout: Seconds that a request may take.
        """
        super().__init__(**kwargs)
        self.port = port
        self.bind_address = bind_address
        self.client_timeout = client_timeout
        self._tls = tuple(None if path is None else Path(path) for path in (ssl_cert, ssl_key, ssl_cafile, ssl_capath))

    def run(self) -> None:
        """Serve until the backend is stopped. Raises Unavailable while the port cannot be had."""
        services = self.services
        server = WebsocketServer(
            self._settings(),
            authenticate=self._authenticate,
            handle=services.handle,
            generation=lambda: services.users.generation.value,
            resolve=ClientResolver(services.config.http.trusted_proxies if services.config.http else ()).resolve,
        )
        try:
            server.start()
        except OSError as error:
            raise Unavailable(
                f"backend.websocket cannot listen on {TcpAddress(self.bind_address, self.port)}: "
                f"{error.strerror or error}. End what listens there, or set another port."
            ) from error
        stop_listening = services.listen(server.notify)
        try:
            self.presence.found()
            self.logger.info("Listening on %s", TcpAddress(self.bind_address, server.port))
            self.wait_stop()
        finally:
            stop_listening()
            server.stop()

    def _authenticate(self, credential: Credential | None, address: str) -> Principal:
        # The user store is looked up at each call: a reload may have opened it anew.
        return self.services.users.authenticate(credential, address)

    def _settings(self) -> WebsocketSettings:
        limits = self.services.config.limits
        cert, key, cafile, capath = self._tls
        return WebsocketSettings(
            host=self.bind_address,
            port=self.port,
            ssl_context=server_context("backend.websocket", cert, key, cafile, capath),
            request_body=limits.request_body,
            action_time=min(self.client_timeout, limits.action_time),
            backlog=limits.listen_backlog,
        )
