"""The hub installed in a test machine, as its operator and its clients see it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path

from tests.machine.container import Machine
from tests.machine.wheelhouse import PIP
from tests.running.hub import Answer

__all__ = ["CHECKOUT", "ROOT", "InstalledHub", "copy_checkout", "eventually"]

ROOT = Path(__file__).resolve().parents[2]
CHECKOUT = "/root/platypush"
"""Where the machine has a copy of this checkout."""
NAME = "hub"
"""The machine's own name, which the certificate is for."""


def copy_checkout(machine: Machine, target: str = CHECKOUT) -> None:
    """Put this checkout, as it is on the disk, without what git ignores, into the machine."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    machine.put_files(ROOT, [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()], target)


def eventually(condition: Callable[[], bool], seconds: float = 30) -> float | None:
    """After how many seconds ``condition`` holds; None when it does not within ``seconds``."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.02)
    return time.monotonic() - began


class InstalledHub:
    """A booted machine with the hub in it, and the user ``admin``."""

    def __init__(self, machine: Machine, password: str) -> None:
        self.machine = machine
        self.password = password

    def deploy(self, script: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a script of ``deploy/`` as the operator does, from the checkout; pip gets all from the wheels there."""
        return self.machine.run(f"{CHECKOUT}/deploy/{script}", *arguments, env=PIP, check=check, seconds=300)

    def platypush(self, *arguments: str, text: str | None = None) -> str:
        """Run the ``platypush`` command and give what it prints."""
        return self.machine.run("platypush", *arguments, text=text).stdout

    def pid(self) -> int:
        """The daemon's process id, inside of the machine; 0 while there is none."""
        return int(self.machine.shell("systemctl show -p MainPID --value platypush.service"))

    def children(self, pid: int) -> list[int]:
        """The children of a process, inside of the machine."""
        return [int(word) for word in self.machine.run("pgrep", "-P", str(pid), check=False).stdout.split()]

    def tls(self) -> ssl.SSLContext:
        """A context that trusts the hub's own certificate and nothing else."""
        return ssl.create_default_context(cadata=(self.machine.root / "etc/platypush/tls/cert.pem").read_text())

    def connect(self, seconds: float = 30) -> ssl.SSLSocket:
        """A connection to nginx from outside of the machine. Raises OSError."""
        return self.tls().wrap_socket(self.machine_socket(seconds), server_hostname=NAME)

    def machine_socket(self, seconds: float = 30) -> socket.socket:
        """A connection to nginx's port for HTTPS, before TLS. Raises OSError."""
        return socket.create_connection((self.machine.address, 443), seconds)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        seconds: float = 30,
    ) -> Answer:
        """One request over HTTPS from outside, on a connection of its own. Raises OSError."""
        connection = HTTPConnection(NAME, timeout=seconds)
        connection.sock = self.connect(seconds)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def sign_in(self) -> dict[str, str]:
        """The header with a token of ``admin``."""
        body = json.dumps({"username": "admin", "password": self.password})
        answer = self.request("POST", "/auth", body, {"Content-Type": "application/json"})
        assert answer.status == 200, answer
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def execute(self, action: str, headers: Mapping[str, str], seconds: float = 30, **args: object) -> Answer:
        """Run an action."""
        body = json.dumps({"type": "request", "action": action, "args": args})
        return self.request("POST", "/execute", body, {"Content-Type": "application/json", **headers}, seconds)

    def answers(self) -> bool:
        """Whether a worker answers, through nginx."""
        try:
            return self.request("GET", "/health", seconds=2).status == 200
        except OSError:
            return False
