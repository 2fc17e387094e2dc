"""``backend.http``: the web server of the hub, and the websocket server beside it.

``HttpBackend`` supervises processes and imports nothing of the application that they run: this package is also the
parent of everything that a worker imports, so it stays light.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platypush._lib.files import private_dir, write_private
from platypush.backend import Backend
from platypush.backend.http._modes import Launch, Opened, external_hint, launch_builtin, launch_uwsgi
from platypush.backend.http._urls import served_port, urls_of
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, parse_address
from platypush.backend.http.readiness import answers
from platypush.backend.http.services import HttpServices, WebClients
from platypush.backend.http.sockets import Activation, explain, port_of
from platypush.backend.http.trial import check
from platypush.errors import ConfigurationError, StorageFailed, Unavailable
from platypush.process import Supervisor, System

if TYPE_CHECKING:
    from platypush.config.web import WebSettings
    from platypush.message.event import Event

__all__ = ["HttpBackend", "HttpServices", "WebClients"]

SETTINGS_VARIABLE = "PLATYPUSH_WEB_SETTINGS"


class HttpBackend(Backend):
    """The web server: over it come actions, hooks, the panel and the dashboards.

    One of three servers, by ``run_externally`` and ``uwsgi_args``: the built-in one (gevent, one spawned process),
    a uWSGI that this backend starts and supervises, or the operator's own uWSGI.
    """

    _name = "http"

    def __init__(
        self,
        port: int = 8008,
        websocket_port: int = 8009,
        bind_address: str = "0.0.0.0",  # noqa: S104 - the default of the specification
        disable_websocket: bool = False,
        resource_dirs: Mapping[str, str] | None = None,
        ssl_cert: str | None = None,
        ssl_key: str | None = None,
        ssl_cafile: str | None = None,
        ssl_capath: str | None = None,
        maps: Mapping[str, Any] | None = None,
        run_externally: bool = False,
        uwsgi_args: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """The parameters of the specification:

        :param port: Listen port for the web server.
        :param websocket_port: Listen port for the websocket server.
        :param bind_address: Address or interface to bind to (default: any IPv4 address; ``::`` for IPv6 and IPv4).
        :param disable_websocket: Disable the websocket interface.
        :param resource_dirs: Folders to expose: the path under ``/resources`` to the absolute path of the folder.
        :param ssl_cert: Certificate (PEM), to serve HTTPS. With ``uwsgi_args``: for the websocket, and for an
            ``--https`` argument without one.
        :param ssl_key: Key of the certificate; by default in the same file.
        :param ssl_cafile: Trusted authorities (PEM). A client certificate is never demanded.
        :param ssl_capath: Folder of trusted authorities.
        :param maps: Kept for old configurations; nothing uses it.
        :param run_externally: Do not run the built-in server: uWSGI serves.
        :param uwsgi_args: With ``run_externally``: arguments of a uWSGI that this backend starts and supervises.
        """
        super().__init__(**kwargs)
        self.port = port
        self.websocket_port = websocket_port
        self.bind_address = bind_address
        self.disable_websocket = disable_websocket
        self.resource_dirs = dict(resource_dirs or {})
        self.ssl_cert = ssl_cert
        self.ssl_key = ssl_key
        self.ssl_cafile = ssl_cafile
        self.ssl_capath = ssl_capath
        self.maps = maps
        self.run_externally = run_externally
        self.uwsgi_args = tuple(str(argument) for argument in uwsgi_args or ())
        self._services: HttpServices | None = None
        self._launch: Launch | None = None
        self._opened: Opened | None = None
        self._clients: WebClients | None = None
        self._websocket_socket: socket.socket | None = None
        self._answered = 0

    def bind(self, services: HttpServices) -> None:
        """Give the backend its collaborators; before ``start``."""
        self._services = services

    @property
    def services(self) -> HttpServices:
        """What ``bind`` gave. Raises RuntimeError before."""
        if self._services is None:
            raise RuntimeError("HttpBackend.bind() comes before start().")
        return self._services

    def start(self) -> None:
        """Open the listening sockets and start the servers; returns before they answer (``wait_ready``).

        Raises ConfigurationError when a port, a file or uWSGI cannot be had, OSError when the settings cannot be
        written: nothing is left open then.
        """
        services = self.services
        private_dir(services.web_settings.runtime_dir)
        system = services.system()
        try:
            self._open(services, system)
        except BaseException:  # undone, and raised again
            if self._opened is not None:
                self._opened.sockets.close()
            self._launch = self._opened = None
            system.close()
            raise
        super().start()

    def _open(self, services: HttpServices, system: System) -> None:
        launch = self._make_launch(services, Supervisor(system), system)
        if not self.run_externally:
            self._opened = launch_builtin(launch)
        elif self.uwsgi_args:
            self._opened = launch_uwsgi(launch)
        else:
            self.logger.info(
                "backend.http leaves the web server to you (run_externally without uwsgi_args). To start it: %s",
                external_hint(services.config_path, services.web_settings.workdir, launch.listener),
            )
        self._launch = launch
        if not self.disable_websocket and services.websocket_factory is not None:
            activation = launch.activation
            own = TcpAddress(self.bind_address, self.websocket_port)
            self._websocket_socket = activation.take_named("websocket") or activation.take(own)
            if self._websocket_socket is not None:
                self.websocket_port = port_of(self._websocket_socket)
        self._write_settings(services.web_settings, self._settings_path)
        self.websocket()

    def run(self) -> None:
        """Start the supervised web server, and keep it until the backend is stopped."""
        launch, opened = self._launch, self._opened
        if launch is not None and opened is not None:
            launch.supervisor.start()
            opened.server.start()
        self.wait_stop()

    def websocket(self) -> None:
        """Websocket main server: start it, unless it is disabled. It serves in a thread of its own.

        A socket that systemd holds is used in place of ``websocket_port``, which is then that socket's, or 0 for a
        unix socket. Raises ConfigurationError when its port cannot be had.
        """
        factory = self.services.websocket_factory
        if self.disable_websocket or factory is None or self._clients is not None:
            return
        clients = factory(self._websocket_socket)
        try:
            clients.start()
        except OSError as error:
            raise ConfigurationError(explain(TcpAddress(self.bind_address, self.websocket_port), error)) from error
        self._clients = clients

    def notify_web_clients(self, event: Event) -> None:
        """Notify all the connected web clients (over websocket) of a new event. From any thread; returns at once."""
        clients = self._clients
        if clients is not None and not event.disable_web_clients_notification:
            clients.notify(event)

    def on_stop(self) -> None:
        """Stop both servers: requests under way get ``limits.graceful_stop`` seconds, then everything ends."""
        launch, opened, clients = self._launch, self._opened, self._clients
        self._clients = self._opened = None
        if launch is not None and not launch.supervisor.stop(launch.graceful_stop + 6.0):
            self.logger.error("The web server does not end. Its processes may have to be killed by hand.")
        if opened is not None:
            opened.sockets.close()
        if clients is not None:
            clients.stop()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until the web server answers; False when it does not within ``timeout`` seconds.

        True at once for an external one: it comes and goes as its operator wants.
        """
        opened = self._opened
        return True if opened is None else opened.server.wait_ready(timeout)

    def probe(self, timeout: float = 2.0) -> bool:
        """Whether the web server works; for a watchdog, from one thread. True for an external one.

        It does when it answers a request within ``timeout`` seconds, or has answered others since the last probe: one
        that is too busy for this one is not dead. Neither bus nor database are needed for it.
        """
        opened = self._opened
        listener = next((one for one in self._listeners() if one.protocol is not Protocol.OTHER), None)
        if opened is None or listener is None:
            return True
        before, self._answered = self._answered, opened.server.answered()
        return answers(listener, timeout) or opened.server.answered() > before

    def reload(self, settings: WebSettings) -> None:
        """Let the workers serve with ``settings``, without a failed request. Blocks until they do.

        First a throw-away process loads the application with them. Raises ConfigurationError with its words when
        that fails: the old workers go on with the old settings, which also remain in the file. Raises
        StorageFailed when the file cannot be written, Unavailable when the new ones do not come up in time.
        """
        launch, opened = self._launch, self._opened
        if launch is None:
            raise Unavailable("backend.http is not running.")
        trial = self._settings_path.with_suffix(".new.json")
        try:
            self._write_settings(settings, trial)
            if opened is not None:
                env = {**launch.child_env, SETTINGS_VARIABLE: str(trial)}
                check(opened.target, env, self.services.preflight_time)
            os.replace(trial, self._settings_path)
        except OSError as error:
            raise StorageFailed(
                f"The settings of the web workers cannot be written to {self._settings_path}: {error.strerror}. The "
                "old ones go on."
            ) from error
        finally:
            trial.unlink(missing_ok=True)
        if opened is not None:
            opened.server.reload()

    def status(self) -> dict[str, Any]:
        """``state`` (``external`` for an operator's own server), ``pid``, ``restarts``, ``last_exit``, ``workers``…"""
        opened = self._opened
        if opened is None:
            state = "external" if self._launch is not None and self.run_externally else "stopped"
            return {"state": state, "server": "external", "workers": [], "urls": list(self.urls())}
        return {**opened.server.status(), "urls": list(self.urls())}

    def urls(self) -> tuple[str, ...]:
        """Where the panel can be opened: the public address first, then the sockets that speak HTTP."""
        public = self._services.web_settings.public_url if self._services is not None else None
        return urls_of(self._listeners(), public)

    def _listeners(self) -> tuple[Listener, ...]:
        opened = self._opened
        if opened is not None:
            return opened.listeners
        return () if self.run_externally else (self._own_listener(),)

    def _own_listener(self) -> Listener:
        host = f"[{self.bind_address}]" if ":" in self.bind_address else self.bind_address
        address = parse_address(f"{host}:{self.port}")
        assert address is not None  # noqa: S101 - for the type checker: host and port always are an address
        return Listener(address=address, protocol=Protocol.HTTPS if self.ssl_cert else Protocol.HTTP)

    @property
    def _settings_path(self) -> Path:
        return self.services.web_settings.runtime_dir / "web.json"

    def _write_settings(self, settings: WebSettings, path: Path) -> None:
        port = served_port(self._listeners())
        # A reload cannot move what is open.
        settings = replace(settings, websocket_port=self.websocket_port)
        write_private(path, (settings if port is None else replace(settings, port=port)).to_json())

    def _make_launch(self, services: HttpServices, supervisor: Supervisor, system: System) -> Launch:
        settings = services.web_settings
        config = services.config_path

        def path(text: str | None) -> Path | None:
            return Path(text).expanduser() if text else None

        additions = {
            "PLATYPUSH_WORKDIR": str(settings.workdir),
            "PLATYPUSH_RUNTIME_DIR": str(settings.runtime_dir),
            SETTINGS_VARIABLE: str(self._settings_path),
        }
        return Launch(
            listener=self._own_listener(),
            uwsgi_args=self.uwsgi_args,
            ssl_cert=path(self.ssl_cert),
            ssl_key=path(self.ssl_key),
            ssl_cafile=path(self.ssl_cafile),
            ssl_capath=path(self.ssl_capath),
            config_path=config,
            runtime_dir=settings.runtime_dir,
            backlog=settings.limits.listen_backlog,
            graceful_stop=settings.limits.graceful_stop,
            harakiri=settings.limits.harakiri,
            application=services.application,
            environ=services.environ,
            additions={**additions, "PLATYPUSH_CONFIG": str(config)} if config is not None else additions,
            activation=services.activation or Activation(services.environ),
            supervisor=supervisor,
            system=system,
            clock=services.clock,
        )
