"""Sockets held by systemd: they outlive the daemon, so that clients wait for the next one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.serving import ROOT, alive, ask, eventually
from tests.running.processes import tree

pytestmark = pytest.mark.live

# As systemd does it: the socket is descriptor 3, and LISTEN_PID is the process that is started.
START = 'export LISTEN_PID=$$; exec "$0" -m tests.fakes.http_parent "$1" 3<&"$2"'


@contextmanager
def activated(workdir: Path, held: socket.socket, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A daemon that gets the listening socket ``held``."""
    backend = {"run_externally": True, "uwsgi_args": [*args, "--module", "tests.fakes.wsgi"]} if args else {}
    options = {"backend": backend, "workdir": str(workdir), "application": "tests.fakes.wsgi:application"}
    process = subprocess.Popen(
        ("bash", "-c", START, sys.executable, json.dumps(options), str(held.fileno())),
        cwd=ROOT,
        env={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "http", "PATH": "/usr/bin:/bin"},
        pass_fds=(held.fileno(),),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ready"]
        yield process
    finally:
        family = tree(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        # The kernel ends the children with it, but not in the same moment: one could take the next client with it.
        assert eventually(lambda: not any(map(alive, family)))


@pytest.mark.parametrize(
    "arguments", [("--ini", "uwsgi.ini"), ("--processes", "2"), ()], ids=["ini", "plain", "builtin"]
)
def test_a_client_waits_for_the_next_daemon_instead_of_being_refused(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with activated(tmp_path, held, *arguments):
            assert b"pid" in ask(port)
        answers: list[bytes] = []
        client = threading.Thread(target=lambda: answers.append(ask(port, timeout=30)))
        client.start()
        with activated(tmp_path, held, *arguments):
            client.join(30)
    assert b"pid" in answers[0]
