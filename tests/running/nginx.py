"""A real nginx with the rendered site, as the user who runs the tests, in a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running.certificates import Authority
from tests.running.hub import Answer, Hub, running_hub
from tests.running.processes import free_port, run_group, tree

__all__ = ["HOST", "Front", "running_front", "running_nginx", "running_site"]

HOST = "hub.test"
UWSGI_INI = str(Path(__file__).resolve().parents[2] / "uwsgi.ini")

# Debian's nginx.conf, with what an ordinary user may use in place of the system's folders.
_MAIN = """\
{user}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    access_log {folder}/other-access.log;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include conf.d/*.conf;
    include sites-available/*.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """A running nginx. ``http_port`` and ``port`` (HTTPS) are on loopback."""

    folder: Path
    port: int
    http_port: int
    authority: Authority | None
    pid: int

    def logged(self, answer: Answer) -> dict[str, Any]:
        """The line that a request left in nginx's log, which comes a moment after the answer.

        Raises RuntimeError when there is none.
        """
        wanted = answer.headers["x-request-id"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for line in (self.folder / "platypush-access.log").read_text().splitlines():
                if wanted in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            threading.Event().wait(0.005)
        raise RuntimeError(f"nginx logged nothing of request {wanted}.")

    def connect(self, *, host: str = HOST, timeout: float = 30) -> socket.socket:
        """A connection to the site: TLS, for ``host``, checked by the authority; plain where the site has no TLS."""
        plain = socket.create_connection(("127.0.0.1", self.port if self.authority else self.http_port), timeout)
        if self.authority is None:
            return plain
        return self.authority.context().wrap_socket(plain, server_hostname=host)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        host: str = HOST,
        timeout: float = 30,
    ) -> Answer:
        """One request over a connection of its own."""
        port = self.port if self.authority else self.http_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        connection.sock = self.connect(host=host, timeout=timeout)
        try:
            name = host if port in (80, 443) else f"{host}:{port}"
            connection.request(method, path, body or None, {"Host": name, **(headers or {})})
            answer = connection.getresponse()
            return _answer(answer)
        finally:
            connection.close()

    def wait_for(
        self, status: int, path: str, headers: Mapping[str, str] | None = None, *, host: str = HOST, seconds: float = 30
    ) -> None:
        """Return when ``path`` is answered with ``status``. Raises RuntimeError when it is not in time."""
        deadline = time.monotonic() + seconds
        while (answer := self.request("GET", path, headers=headers, host=host)).status != status:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} is answered with {answer.status}: {answer.body!r}")
            threading.Event().wait(0.05)

    def plain(self, method: str, path: str, *, host: str = HOST) -> Answer:
        """One request to the port for HTTP."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        try:
            connection.request(method, path, headers={"Host": host})
            return _answer(connection.getresponse())
        finally:
            connection.close()

    def raw(self, request: bytes, *, timeout: float = 30) -> bytes:
        """What nginx answers to these bytes until it closes the connection."""
        answer = b""
        with self.connect(timeout=timeout) as connection:
            connection.sendall(request)
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                while received := connection.recv(65_536):
                    answer += received
        return answer

    def test(self) -> subprocess.CompletedProcess[str]:
        """``nginx -t``."""
        return _nginx(self.folder, "-t")

    def reload(self) -> None:
        """Have nginx read its files anew. Returns when the workers that had the old ones are gone.

        One that ends cuts off the client whose connection it has just accepted.
        """
        old = [Path(f"/proc/{pid}") for pid in tree(self.pid)[1:]]
        os.kill(self.pid, signal.SIGHUP)
        deadline = time.monotonic() + 30
        while any(process.exists() for process in old):
            if time.monotonic() > deadline:
                raise RuntimeError("nginx did not replace its workers within 30 s.")
            threading.Event().wait(0.02)


def _answer(answer: http.client.HTTPResponse) -> Answer:
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(answer.status, headers, answer.read())


def _nginx(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = _argv(folder, *arguments)
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def _argv(folder: Path, *arguments: str) -> list[str]:
    main = folder / "etc" / "nginx" / "nginx.conf"
    return ["nginx", "-p", f"{folder}/", "-e", str(folder / "error.log"), "-c", str(main), *arguments]


def write_main(folder: Path, *, workers: int = 1) -> None:
    """The ``nginx.conf`` around the rendered files in ``folder``."""
    (folder / "run").mkdir(parents=True, exist_ok=True)
    # Started by root, workers would belong to nobody, who cannot enter the tests' folders.
    user = "user root root;" if os.geteuid() == 0 else ""
    (folder / "etc" / "nginx").mkdir(parents=True, exist_ok=True)
    (folder / "etc" / "nginx" / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user, workers=workers))


@contextlib.contextmanager
def running_nginx(
    folder: Path, *, port: int, http_port: int, authority: Authority | None, workers: int = 1
) -> Iterator[Front]:
    """nginx with the files in ``folder/etc/nginx``, which answers; stopped at the end of the block.

    Raises RuntimeError with what ``nginx -t`` says when the files are wrong.
    """
    write_main(folder, workers=workers)
    tried = _nginx(folder, "-t")
    if tried.returncode:
        raise RuntimeError(tried.stderr)
    argv = _argv(folder, "-g", "daemon off;")
    with run_group(argv, env=os.environ, log=folder / "output.log") as process:
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", http_port), 5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "error.log").read_text()) from None
                threading.Event().wait(0.005)
        yield Front(folder, port, http_port, authority, process.pid)


@contextlib.contextmanager
def running_site(
    folder: Path,
    hub: Hub,
    uwsgi: Path | str,
    *,
    names: Sequence[str] = (HOST,),
    options: Sequence[str] = (),
    authority: Authority | None = None,
    tls: bool = True,
    workers: int = 1,
) -> Iterator[Front]:
    """``platypush render nginx`` for ``hub``, and nginx with what it wrote."""
    port, http_port = free_port(), free_port()
    listen = ["--http", f"127.0.0.1:{http_port}"]
    if tls:
        authority = authority or Authority.make(folder / "ca")
        made = authority.issue(HOST, "localhost", "127.0.0.1")
        listen += ["--https", f"127.0.0.1:{port}", "--tls", f"{made.cert},{made.key}"]
    else:
        listen += ["--tls", "none"]
    own = [word for name in names for word in ("--domain", name)]
    own += ["--runtime", f"{folder}/run", "--logs", str(folder), "--acme", f"{folder}/acme"]
    sockets = ["--uwsgi", f"unix:{uwsgi}" if isinstance(uwsgi, Path) else uwsgi]
    sockets += ["--websocket", f"http://127.0.0.1:{hub.websocket_port}"]
    hub.command("render", "nginx", "--output", str(folder), *listen, *own, *sockets, *options)
    with running_nginx(
        folder, port=port, http_port=http_port, authority=authority if tls else None, workers=workers
    ) as front:
        yield front


@contextlib.contextmanager
def running_front(
    folder: Path, *, http: str = "", options: Sequence[str] = (), tls: bool = True, **hub_options: Any
) -> Iterator[tuple[Hub, Front]]:
    """A hub under the shipped ``uwsgi.ini`` with nginx in front; the hub also has its own port for HTTP.

    ``options`` are those of ``platypush render nginx``, ``http`` and the others those of ``running_hub``.
    """
    uwsgi = folder / "uwsgi.sock"
    args = ["--ini", UWSGI_INI, "--socket", str(uwsgi), "--chmod-socket=660", "--http-socket", "127.0.0.1:{port}"]
    with (
        running_hub(folder / "hub", uwsgi_args=args, http=http, **hub_options) as hub,
        running_site(folder / "nginx", hub, uwsgi, options=options, tls=tls) as front,
    ):
        yield hub, front
