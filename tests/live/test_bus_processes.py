"""The unix bus between real processes: a daemon that is stopped, killed, replaced; a worker under gevent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platypush.bus.unix import UnixBusClient
from platypush.errors import AnswerLost, TimeLimit
from platypush.message.envelope import Envelope

pytestmark = pytest.mark.live

LONG = 30.0

DAEMON = """
import sys, time
from pathlib import Path
from platypush.bus.unix import UnixBusServer
from platypush.message.envelope import Reply

log = open(sys.argv[2], "a")

def handle(envelope):
    log.write(envelope.name + "\\n")
    log.flush()
    time.sleep(float(envelope.body or b"0"))
    return Reply(body=envelope.name.encode())

UnixBusServer(Path(sys.argv[1])).start(handle)
sys.stdin.read()
"""

GEVENT_WORKER = """
from gevent import monkey
monkey.patch_all()
import sys, time
from pathlib import Path
import gevent
from platypush.bus.unix import UnixBusClient
from platypush.message.envelope import Envelope

client = UnixBusClient(Path(sys.argv[1]))
calls = [gevent.spawn(client.call, Envelope("execute", b"0.5", str(number))) for number in range(300)]
gevent.joinall(calls, raise_error=True)
assert [call.value.body for call in calls] == [str(number).encode() for number in range(300)]
given_up = gevent.spawn(client.call, Envelope("execute", b"20", "given up"))
gevent.sleep(0.2)
given_up.kill()
assert client.call(Envelope("execute", b"", "after")).body == b"after"
client.close()
"""


class Daemon:
    """A daemon process that notes the name of each call it runs and sleeps for as long as the body says."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bus.sock"
        self._log = folder / "ran"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", DAEMON, str(self.path), str(self._log)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def stand_still(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def ran(self) -> list[str]:
        return self._log.read_text().split() if self._log.exists() else []


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def client(daemon: Daemon) -> Iterator[UnixBusClient]:
    made = UnixBusClient(daemon.path, wait=LONG, margin=0.1)
    yield made
    made.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def call(client: UnixBusClient, name: str, *, sleep: float = 0.0, time_left: float = 60.0) -> bytes:
    return client.call(Envelope("execute", str(sleep).encode(), name, time_left=time_left)).body


def test_what_nobody_waits_for_any_more_does_not_run_when_a_stopped_daemon_goes_on(
    daemon: Daemon, client: UnixBusClient
) -> None:
    call(client, "before")
    daemon.stand_still()
    with pytest.raises(TimeLimit):
        call(client, "late", time_left=1.0)
    daemon.go_on()
    assert call(client, "after") == b"after"
    assert daemon.ran() == ["before", "after"]


def test_a_killed_daemon_loses_the_call_it_ran_and_the_next_daemon_is_found_without_running_it_again(
    daemon: Daemon, client: UnixBusClient
) -> None:
    for number in range(5):
        name = f"slow{number}"
        waiting = subprocess.Popen(
            [sys.executable, "-c", _CALL, str(daemon.path), name], stdout=subprocess.PIPE, text=True
        )
        until(lambda name=name: name in daemon.ran())  # type: ignore[misc]
        daemon.kill()
        assert waiting.communicate(timeout=LONG)[0].strip() == AnswerLost.__name__
        daemon.start()
        assert call(client, f"next{number}") == f"next{number}".encode()
    assert daemon.ran() == [name for number in range(5) for name in (f"slow{number}", f"next{number}")]


_CALL = """
import sys
from pathlib import Path
from platypush.bus.unix import UnixBusClient
from platypush.message.envelope import Envelope
try:
    UnixBusClient(Path(sys.argv[1])).call(Envelope("execute", b"60", sys.argv[2]))
except Exception as error:
    print(type(error).__name__)
"""


def test_hundreds_of_slow_calls_of_one_gevent_worker_run_at_once(daemon: Daemon, client: UnixBusClient) -> None:
    call(client, "ready")
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", GEVENT_WORKER, str(daemon.path)], check=True, timeout=LONG)
    # One after the other they would take 150 s.
    assert time.monotonic() - started < LONG
    assert daemon.ran().count("after") == 1
