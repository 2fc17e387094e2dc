"""What ``platypush check`` looks at for the web service: folders, certificates, uWSGI's sockets, ports."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from platypush.config.default import uwsgi_available
from platypush.config.model import HttpSettings
from platypush.config.problem import Problem

__all__ = ["check_web"]

_UWSGI_SOCKETS = frozenset({"--socket", "-s", "--uwsgi-socket", "--suwsgi-socket"})
_HTTP_SOCKETS = frozenset({"--http", "--http-socket", "--https", "--https-socket", *_UWSGI_SOCKETS})


def check_web(http: HttpSettings, *, running: bool) -> Iterator[Problem]:
    """What is wrong or doubtful about ``backend.http`` on this machine. ``running``: its ports are the hub's own."""
    for name, folder in http.resource_dirs.items():
        key = f"backend.http.resource_dirs.{name}"
        if not folder.is_dir():
            yield Problem.warning("check.resources", key, f"there is no folder {folder}.")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Problem.warning("check.resources", key, f"this user cannot read the folder {folder}.")
    for name in ("ssl_cert", "ssl_key", "ssl_cafile", "ssl_capath"):
        path: Path | None = getattr(http, name)
        if path is not None and not os.access(path, os.R_OK):
            yield Problem("check.tls", f"backend.http.{name}", f"{path} cannot be read by this user.")
    yield from _uwsgi(http)
    if not running:
        yield from _ports(http)


def _uwsgi(http: HttpSettings) -> Iterator[Problem]:
    if not (http.run_externally and http.uwsgi_args):
        return
    key = "backend.http.uwsgi_args"
    if not uwsgi_available():
        yield Problem("check.uwsgi", key, "uWSGI is not installed: pip install 'platypush[uwsgi]'")
    for option, value in _options(http.uwsgi_args):
        if option in _UWSGI_SOCKETS and _is_tcp(value):
            reason = (
                f"{option} {value}: whoever reaches that port can run code here, for the uwsgi protocol lets its "
                "caller choose the file to run. Use a unix socket, or --http-socket."
            )
            yield Problem.warning("check.uwsgi-tcp", key, reason)


def _options(args: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for index, arg in enumerate(args):
        option, joined, value = arg.partition("=")
        yield option, value if joined else args[index + 1] if index + 1 < len(args) else ""


def _is_tcp(address: str) -> bool:
    return ":" in address and not address.startswith(("/", "@", "unix:", "fd://", "."))


def _ports(http: HttpSettings) -> Iterator[Problem]:
    wanted = []
    own_sockets = any(option in _HTTP_SOCKETS for option, _ in _options(http.uwsgi_args))
    if not http.run_externally or (http.uwsgi_args and not own_sockets):
        wanted.append(("port", http.port))
    if not http.disable_websocket:
        wanted.append(("websocket_port", http.websocket_port))
    for name, port in wanted:
        if reason := _refused(http.bind_address, port):
            yield Problem("check.port", f"backend.http.{name}", f"port {port} on {http.bind_address}: {reason}")


def _refused(address: str, port: int) -> str | None:
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except PermissionError:
        return "this user may not listen there: use a port above 1023, with nginx in front of it."
    except OSError as error:
        return f"{error.strerror}. Another program, or another hub, may listen there already."
    return None
