"""A real hub: the daemon with its web server, on free ports, in a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running.processes import free_port, run_group, tree, wait_for

__all__ = ["PASSWORD", "USER", "Answer", "Hub", "running_hub"]

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


@contextlib.contextmanager
def running_hub(
    folder: Path,
    *,
    uwsgi_args: Sequence[str] | None = ("--ini", str(ROOT / "uwsgi.ini")),
    http: str = "",
    config: str = "",
    scripts: Mapping[str, str] | None = None,
    user: bool = True,
    env: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[Hub]:
    """A hub in ``folder``, stopped at the end of the block.

    ``uwsgi_args`` None means the built-in server; ``{port}`` in an argument is the hub's port. ``http`` is appended to
    its section ``backend.http`` (indented by two spaces), ``config`` to the whole file. ``scripts`` maps file names to
    their text. The user exists before the hub starts.
    """
    port, websocket_port = port or free_port(), free_port()
    served = "" if uwsgi_args is None else "  run_externally: true\n"
    if uwsgi_args is not None:
        served += f"  uwsgi_args: {json.dumps([argument.format(port=port) for argument in uwsgi_args])}\n"
    folder.mkdir(parents=True, exist_ok=True)
    path, workdir, log = folder / "config.yaml", folder / "work", folder / "hub.log"
    path.write_text(
        f"device_id: tests\ntoken: {GLOBAL_TOKEN}\nbackend.http:\n  port: {port}\n"
        f"  websocket_port: {websocket_port}\n  bind_address: 127.0.0.1\n{served}{http}{config}"
    )
    path.chmod(0o600)
    (folder / "scripts").mkdir(exist_ok=True)
    for name, text in (scripts or {}).items():
        (folder / "scripts" / name).write_text(text)
    argv = [sys.executable, "-m", "platypush", "-c", str(path), "-w", str(workdir)]
    if user:
        subprocess.run(
            [*argv, "user", "add", USER, "--password-stdin"],
            input=PASSWORD,
            text=True,
            check=True,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    started = time.monotonic()
    with run_group([*argv, "run"], env=environment, log=log) as process:
        try:
            wait_for(port, "/health", process=process)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text()}") from error
        yield Hub(port, websocket_port, process.pid, path, workdir, log, time.monotonic() - started)
