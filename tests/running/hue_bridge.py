"""A stand-in for a Philips Hue bridge: its published API v1 over real HTTP.

What it follows: pairing with the button (error 101), errors inside of answers with status 200, the ranges of
parameters, lights that are off (201) or lack a parameter (6), groups, scenes, and the directory (N-UPnP).

    python -m tests.running.hue_bridge PORT STATE.json [CERTIFICATE KEY]

Its state is in the file, so that it can be killed and started again. ``/test/…`` is for tests only.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.running.hue_model import BRIDGE_ID, CONFIG, Model, error
from tests.running.processes import free_port, run_group

__all__ = ["HueBridge", "running_bridge"]

ROOT = Path(__file__).resolve().parents[2]


class Handler(BaseHTTPRequestHandler):
    """The bridge's web server."""

    protocol_version = "HTTP/1.1"
    model: Model
    lock: threading.Lock
    base: str

    def do_GET(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses have user names in them."""

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.strip("/").split("/")
        with self.lock:
            if parts[0] == "test":
                status, answer = 200, self._test(parts[1:], json.loads(raw or b"null"))
            elif parts[0] == "discovery":
                host, _, port = self.base.rpartition(":")
                status, answer = 200, [{"id": BRIDGE_ID.lower(), "internalipaddress": host, "port": int(port)}]
            elif parts[0] != "api":
                status, answer = 404, None
            else:
                status, answer = 200, self._api(parts[1:], raw)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _api(self, parts: list[str], raw: bytes) -> Any:
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return [error(2, "/", "body contains invalid json")]
        parts = [part for part in parts if part]
        if not parts:
            return self._create(body)
        if parts[0] == "config" or (len(parts) == 2 and parts[1] == "config"):
            return dict(CONFIG)
        address = "/" + "/".join(parts[1:])
        if parts[0] not in self.model.data["users"]:
            return [error(1, address, "unauthorized user")]
        return self._resource(parts[1:], address, body)

    def _create(self, body: Any) -> Any:
        if self.command != "POST":
            return [error(4, "/", f"method, {self.command}, not available for resource, /")]
        return self.model.create_user(body)

    def _resource(self, parts: list[str], address: str, body: Any) -> Any:
        model = self.model
        if self.command == "PUT" and len(parts) == 3 and (parts[0], parts[2]) == ("lights", "state"):
            model.commands.append((time.time(), parts[0]))
            return model.set_light(parts[1], body)
        if self.command == "PUT" and len(parts) == 3 and (parts[0], parts[2]) == ("groups", "action"):
            model.commands.append((time.time(), parts[0]))
            return model.set_group(parts[1], body)
        if self.command != "GET":
            return [error(4, address, f"method, {self.command}, not available for resource, {address}")]
        views = {"lights": model.data["lights"].__getitem__, "groups": model.group, "scenes": model.scene}
        if not parts or parts[0] not in views or len(parts) > 2:
            return [error(3, address, f"resource, {address}, not available")]
        view = views[parts[0]]
        if len(parts) == 1:
            return {number: view(number) for number in model.data[parts[0]]}
        if parts[1] not in model.data[parts[0]]:
            return [error(3, address, f"resource, {address}, not available")]
        return view(parts[1])

    def _test(self, parts: list[str], body: Any) -> Any:
        model = self.model
        if parts == ["press"]:
            model.pressed = time.monotonic()
        elif parts == ["forget"]:
            model.data["users"].clear()
        elif parts[0] == "change":
            model.data["lights"][parts[1]]["state"].update(body)
        elif parts[0] == "rename":
            model.data["lights"][parts[1]]["name"] = body
        elif parts == ["commands"]:
            return model.commands
        elif parts == ["data"]:
            return model.data
        model.save()
        return None


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(port: int, state: Path, certificate: str | None = None, key: str | None = None) -> None:
    """Answer until killed."""
    handler = type("Bridge", (Handler,), {"model": Model(state), "lock": threading.Lock()})
    server = _Server(("127.0.0.1", port), handler)
    handler.base = f"127.0.0.1:{port}"  # type: ignore[attr-defined]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever(poll_interval=0.05)


class HueBridge:
    """A running stand-in, as tests see it."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.port = free_port()
        self.folder = folder
        self.tls = tls
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._names: tuple[Path, ...] = ()
        folder.mkdir(parents=True, exist_ok=True)
        if tls:
            self.renew_certificate()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def renew_certificate(self) -> None:
        """A new certificate that it signs itself, on the name of its id as real ones do."""
        cert, key = self.folder / "bridge.pem", self.folder / "bridge.key"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
                *("-days", "90", "-subj", f"/C=NL/O=Philips Hue/CN={BRIDGE_ID.lower()}"),
                *("-keyout", str(key), "-out", str(cert)),
            ],
            check=True,
            capture_output=True,
        )
        self._names = (cert, key)

    def start(self) -> None:
        """Start it, on the same port and with the same state as before; returns when it answers."""
        argv = [sys.executable, "-m", "tests.running.hue_bridge", str(self.port), str(self.folder / "bridge.json")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        log = self.folder / "bridge.log"
        self._process = self._stack.enter_context(run_group([*argv, *map(str, self._names)], env=environment, log=log))
        deadline = time.monotonic() + 15
        while True:
            try:
                self.ask("GET", "/test/nothing")
                return
            except (OSError, http.client.HTTPException):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The bridge did not start.\n{log.read_text()}") from None
                threading.Event().wait(0.02)

    def stop(self) -> None:
        """Cut its power: its process group is killed."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._stack.close()

    def freeze(self) -> None:
        """Let it accept connections and answer none."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """End ``freeze``."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def press(self) -> None:
        """Press its button."""
        self.ask("POST", "/test/press")

    def forget(self) -> None:
        """Let it forget everybody, as after a reset."""
        self.ask("POST", "/test/forget")

    def change(self, light: str, **state: Any) -> None:
        """Change a light elsewhere, such as with a switch on the wall."""
        self.ask("POST", f"/test/change/{light}", state)

    def rename(self, light: str, name: str) -> None:
        """Give a light another name in the app."""
        self.ask("POST", f"/test/rename/{light}", name)

    def state(self, light: str) -> dict[str, Any]:
        """What a light is like."""
        state: dict[str, Any] = self.data()["lights"][light]["state"]
        return state

    def data(self) -> dict[str, Any]:
        """Everything that it knows."""
        data: dict[str, Any] = self.ask("GET", "/test/data")
        return data

    def commands(self) -> list[tuple[float, str]]:
        """Time and kind (``lights``, ``groups``) of each command since it started."""
        return [(float(at), str(kind)) for at, kind in self.ask("GET", "/test/commands")]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send it a request, as any client."""
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=5, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextlib.contextmanager
def running_bridge(folder: Path, *, tls: bool = False) -> Iterator[HueBridge]:
    """A bridge that answers, stopped at the end of the block."""
    bridge = HueBridge(folder, tls=tls)
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
