"""A real hub: the daemon with its web server, on free ports, in a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running.processes import free_port, run_group, tree, wait_for

__all__ = ["PASSWORD", "ROOT", "USER", "Answer", "Hub", "HubFolder", "hub_folder", "running_daemon", "running_hub"]

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "owner", "owner-password"
GLOBAL_TOKEN = "global-token-of-the-tests"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Hub:
    """A running hub with the user ``owner``. ``pid`` is the daemon's."""

    port: int
    websocket_port: int
    pid: int
    config: Path
    workdir: Path
    log: Path
    ready_after: float
    """Seconds from the start to the first answer of a worker."""

    @property
    def url(self) -> str:
        """Where actions are run."""
        return f"http://127.0.0.1:{self.port}/execute"

    @property
    def python(self) -> str:
        """The interpreter that the hub runs on."""
        return sys.executable

    @property
    def token(self) -> dict[str, str]:
        """The header of the global token."""
        return {"X-Token": GLOBAL_TOKEN}

    def argv(self, *arguments: str) -> list[str]:
        """The ``platypush`` command for this installation."""
        return [sys.executable, "-m", "platypush", "-c", str(self.config), "-w", str(self.workdir), *arguments]

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run ``platypush`` on this installation and give what it printed."""
        return self.run(*arguments, check=check).stdout.strip()

    def run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run ``platypush`` on this installation."""
        return subprocess.run(self.argv(*arguments), capture_output=True, text=True, check=check, cwd=ROOT, timeout=120)

    def pids(self) -> list[int]:
        """The daemon, the uWSGI master and the workers."""
        return tree(self.pid)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def execute(self, action: str, headers: Mapping[str, str] | None = None, **args: Any) -> Answer:
        """Run an action with the global token or with ``headers``."""
        body = json.dumps({"type": "request", "action": action, "args": args})
        sent = {"Content-Type": "application/json", **(self.token if headers is None else headers)}
        return self.request("POST", "/execute", body, sent)


@dataclass(frozen=True)
class HubFolder:
    """An installation on the disk, with the user ``owner``."""

    port: int
    websocket_port: int
    config: Path
    workdir: Path
    log: Path

    def argv(self, *arguments: str) -> list[str]:
        """The ``platypush`` command for this installation."""
        return [sys.executable, "-m", "platypush", "-c", str(self.config), "-w", str(self.workdir), *arguments]


def hub_folder(
    folder: Path,
    *,
    http: str = "",
    config: str = "",
    scripts: Mapping[str, str] | None = None,
    user: bool = True,
    port: int | None = None,
    device: str = "tests",
) -> HubFolder:
    """An installation in ``folder``, not started.

    ``http`` is appended to its section ``backend.http`` (indented by two spaces), ``config`` to the whole file.
    ``{port}`` in ``http`` is the hub's port. ``scripts`` maps file names to their text.
    """
    port, websocket_port = port or free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    made = HubFolder(port, websocket_port, folder / "config.yaml", folder / "work", folder / "hub.log")
    made.config.write_text(
        f"device_id: {device}\ntoken: {GLOBAL_TOKEN}\nbackend.http:\n  port: {port}\n"
        f"  websocket_port: {websocket_port}\n  bind_address: 127.0.0.1\n"
        f"{http.replace('{port}', str(port))}{config}"
    )
    made.config.chmod(0o600)
    (folder / "scripts").mkdir(exist_ok=True)
    for name, text in (scripts or {}).items():
        (folder / "scripts" / name).write_text(text)
    if user:
        argv = made.argv("user", "add", USER, "--password-stdin")
        subprocess.run(argv, input=PASSWORD, text=True, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return made


@contextlib.contextmanager
def running_daemon(folder: HubFolder, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon of an installation, whose bus answers; stopped at the end of the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    bus = folder.workdir / "run" / "bus.sock"
    bus.unlink(missing_ok=True)
    with run_group(folder.argv("run"), env=environment, log=folder.log) as process:
        deadline = time.monotonic() + 30
        while not bus.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The daemon did not start.\n{folder.log.read_text()}")
            threading.Event().wait(0.005)
        yield process


@contextlib.contextmanager
def running_hub(
    folder: Path,
    *,
    uwsgi_args: Sequence[str] | None = ("--ini", str(ROOT / "uwsgi.ini")),
    http: str = "",
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Hub]:
    """A hub in ``folder`` that answers HTTP, stopped at the end of the block.

    ``uwsgi_args`` None means the built-in server; ``{port}`` in an argument is the hub's port. Other options are those
    of ``hub_folder``.
    """
    served = "" if uwsgi_args is None else f"  run_externally: true\n  uwsgi_args: {json.dumps(list(uwsgi_args))}\n"
    made = hub_folder(folder, http=served + http, **options)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    started = time.monotonic()
    with run_group(made.argv("run"), env=environment, log=made.log) as process:
        try:
            wait_for(made.port, "/health", process=process)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{made.log.read_text()}") from error
        took = time.monotonic() - started
        yield Hub(made.port, made.websocket_port, process.pid, made.config, made.workdir, made.log, took)
