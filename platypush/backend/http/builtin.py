"""The built-in web server: gevent's WSGI server in a process of its own, on a socket that the daemon holds.

``python -m platypush.backend.http.builtin --fd N [--ready-fd M] [--application module:name] [--certfile …]``.
SIGTERM lets requests under way finish for ``--grace`` seconds.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any

__all__ = ["main", "parse"]

APPLICATION = "platypush.backend.http.app:application"
_PATIENCE = 60.0
"""Seconds that a client may neither send nor take anything before its place is free again, as in ``uwsgi.ini``."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of the command line. Exits with status 2 for others."""
    parser = argparse.ArgumentParser(prog="platypush.backend.http.builtin")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the listening socket")
    parser.add_argument("--ready-fd", type=int, help="descriptor to write a byte to once requests are answered")
    parser.add_argument("--application", default=APPLICATION)
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=4096, help="connections at once")
    for name in ("certfile", "keyfile", "cafile", "capath"):
        parser.add_argument(f"--{name}")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 22 when the application does not load (as uWSGI has it)."""
    options = parse(argv)
    from gevent import monkey

    # Before anything of the application: what it binds at import has to be gevent's.
    monkey.patch_all()
    try:
        application = _load(options.application)
    except Exception:  # noqa: BLE001 - whatever the application's modules raise: the supervisor has to know
        traceback.print_exc()
        return 22
    return _serve(options, application)


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    application = getattr(importlib.import_module(module), name or "application")
    build = getattr(application, "build", None)
    if build is not None:
        build()
    return application


def _serve(options: argparse.Namespace, application: Any) -> int:
    import gevent
    from gevent.event import Event
    from gevent.pool import Pool
    from gevent.socket import socket as gevent_socket

    stopped = Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(signum, stopped.set)
    tls = {"ssl_context": _tls(options)} if options.certfile else {}
    server = _server_class()(
        gevent_socket(fileno=options.fd),
        application,
        spawn=Pool(options.connections),
        log=None,  # the application writes its own line for each request, without the tokens in addresses
        environ={"wsgi.multithread": True},
        **tls,
    )
    server.start()
    if options.ready_fd is not None:
        os.write(options.ready_fd, b"1")
        os.close(options.ready_fd)
    stopped.wait()
    server.stop(timeout=options.grace)
    return 0


def _server_class() -> Any:
    """gevent's server, but strangers who speak no HTTP, or none at all, neither fill the log nor keep a place."""
    import ssl

    from gevent.pywsgi import WSGIHandler, WSGIServer

    class Handler(WSGIHandler):
        def read_request(self, raw_requestline: str) -> Any:
            try:
                return super().read_request(raw_requestline)
            except OSError as error:
                raise ValueError(str(error)) from error

        def handle_error(self, t: type[BaseException] | None, v: BaseException | None, tb: Any) -> None:
            if t is not None and issubclass(t, (ConnectionError, TimeoutError)):
                self.close_connection = True
            else:
                super().handle_error(t, v, tb)

        def log_error(self, msg: str, *args: object) -> None:
            """Nothing: what is no HTTP is answered 400, and is no error of the hub."""

    class Server(WSGIServer):
        handler_class = Handler

        def do_handle(self, client_socket: Any, address: Any) -> None:
            client_socket.settimeout(_PATIENCE)
            super().do_handle(client_socket, address)

        def wrap_socket_and_handle(self, client_socket: Any, address: Any) -> None:
            try:
                super().wrap_socket_and_handle(client_socket, address)
            except (ssl.SSLError, OSError):
                return  # no TLS, or gone

    return Server


def _tls(options: argparse.Namespace) -> Any:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.certfile, options.keyfile or options.certfile)
    if options.cafile or options.capath:
        # A trust store, no more: a client certificate is never asked for.
        context.load_verify_locations(cafile=options.cafile, capath=options.capath)
    return context


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
