"""Real web servers for live tests: started on free ports, asked over their sockets, and ended as a whole."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platypush.backend.http import HttpBackend, HttpServices
from platypush.backend.http.addresses import TcpAddress
from platypush.config.model import Limits
from tests.fakes.settings import web_settings

__all__ = ["Load", "Web", "alive", "ask", "asleep", "children", "eventually", "free_port", "load", "parent", "serving"]

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = "tests.fakes.wsgi"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], timeout: float = 15.0) -> bool:
    """Whether ``condition`` holds within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> set[int]:
    """The child processes of a process that is no shell: for uWSGI's master, its workers."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    return {int(child) for child in found if alive(int(child))}


def ask(port: int, path: str = "/", timeout: float = 20.0) -> bytes:
    """The body of the answer to a GET request. Raises OSError, ValueError for anything but a whole 200."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while received := connection.recv(65_536):
            answer += received
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator or b" 200 " not in head.split(b"\r\n")[0]:
        raise ValueError(f"no answer 200: {answer[:200]!r}")
    return body


@dataclass
class Web:
    """A backend that serves the test application."""

    backend: HttpBackend
    port: int
    workdir: Path

    def ask(self, path: str = "/") -> dict[str, Any]:
        """The application's answer."""
        answer = json.loads(ask(self.port, path))
        assert isinstance(answer, dict)
        return answer

    def workers(self) -> set[int]:
        """Their pids. A master that is busy does not tell them in time: it is asked again."""
        found: set[int] = set()

        def told() -> bool:
            status = self.backend.status()
            found.update(worker["pid"] for worker in status["workers"])
            return bool(found) or status["server"] != "uwsgi"

        eventually(told)
        return found

    def master(self) -> int:
        """The pid of the supervised process."""
        pid = self.backend.status()["pid"]
        assert isinstance(pid, int)
        return pid


def uwsgi_options(args: Sequence[str], port: int, application: str | None) -> dict[str, Any]:
    """Parameters of the backend; ``{port}`` in ``args`` stands for the port."""
    words = [word.replace("{port}", str(port)) for word in args]
    if application is not None:
        words += ["--module", application]
    return {"port": port, "bind_address": "127.0.0.1", "run_externally": True, "uwsgi_args": words}


@contextmanager
def serving(
    workdir: Path, *args: str, application: str | None = APPLICATION, limits: Limits | None = None, **options: Any
) -> Iterator[Web]:
    """A backend in this process: with uWSGI when there are ``args``, else the built-in server."""
    port = free_port()
    settings = web_settings(workdir, limits=limits or Limits())
    if args:
        options = {**uwsgi_options(args, port, application), **options}
        services = HttpServices(web_settings=settings)
    else:
        options = {"port": port, "bind_address": "127.0.0.1", **options}
        services = HttpServices(web_settings=settings, application=f"{application}:application")
    backend = HttpBackend(**options)
    backend.bind(services)
    backend.start()
    try:
        assert backend.wait_ready(30), backend.status()
        own = [one.address.port for one in backend._listeners() if isinstance(one.address, TcpAddress)]
        yield Web(backend, own[0] if own else port, workdir)
    finally:
        backend.stop()


@dataclass
class Parent:
    """A process that runs a backend, as the daemon does."""

    process: subprocess.Popen[str]
    port: int
    status: dict[str, Any]

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def family(self) -> set[int]:
        """The master and its workers."""
        return {self.status["pid"], *(worker["pid"] for worker in self.status["workers"])}


@contextmanager
def parent(workdir: Path, *args: str) -> Iterator[Parent]:
    """Such a process; whatever it leaves behind is killed at the end."""
    port = free_port()
    backend = uwsgi_options(args, port, APPLICATION) if args else {"port": port, "bind_address": "127.0.0.1"}
    options = {"backend": backend, "workdir": str(workdir), "application": f"{APPLICATION}:application"}
    process = subprocess.Popen(
        (sys.executable, "-m", "tests.fakes.http_parent", json.dumps(options)),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: Parent | None = None
    try:
        assert process.stdout is not None
        line = ""
        while not line.startswith('{"ready"'):
            line = process.stdout.readline()
            assert line, "the parent ended"
        status = json.loads(line)
        assert status["ready"], status
        found = Parent(process, port, status)
        yield found
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        for pid in found.family() if found is not None else ():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def asleep(folder: Path, count: int) -> bool:
    """Whether ``count`` requests for ``/sleep`` have reached the application whose files are below ``folder``."""
    return eventually(lambda: len(list(folder.rglob("asleep-*"))) >= count)


@dataclass
class Load:
    """Requests that several threads send one after the other."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0
    devices: set[str] = field(default_factory=set)

    def more(self, count: int = 20) -> bool:
        """Wait for ``count`` more answers."""
        wanted = self.answered + count
        return eventually(lambda: self.answered >= wanted)


@contextmanager
def load(port: int, threads: int = 6, path: str = "/") -> Iterator[Load]:
    """Send requests until the end of the block."""
    result = Load()
    stop = threading.Event()
    lock = threading.Lock()

    def run() -> None:
        while not stop.is_set():
            begin = time.monotonic()
            try:
                device = json.loads(ask(port, path))["device"]
            except (OSError, ValueError) as error:
                with lock:
                    result.failures.append(repr(error))
                continue
            with lock:
                result.answered += 1
                result.devices.add(device)
                result.longest = max(result.longest, time.monotonic() - begin)

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield result
    finally:
        stop.set()
        for worker in workers:
            worker.join(30)
