"""The Redis bus between real processes: a daemon that is stopped, killed, replaced; a worker under gevent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.bus.redis import RedisBusClient
from platypush.errors import AnswerLost, TimeLimit
from platypush.message.envelope import Envelope
from platypush.outgoing.redis import RedisServer
from tests.running.redis import RedisProcess, running_redis
from tests.running.waiting import until

pytestmark = pytest.mark.live

LONG = 30.0
SECRET = b"s" * 32

DAEMON = """
import sys, time
from platypush.bus.redis import open_redis_server
from platypush.message.envelope import Reply

log = open(sys.argv[2], "a")

def handle(envelope):
    log.write(envelope.name + "\\n")
    log.flush()
    time.sleep(float(envelope.body or b"0"))
    return Reply(body=envelope.name.encode())

open_redis_server(sys.argv[1], b"s" * 32).start(handle)
sys.stdin.read()
"""

GEVENT_WORKER = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from platypush.bus.redis import open_redis_client
from platypush.message.envelope import Envelope

client = open_redis_client(sys.argv[1], b"s" * 32, wait=20)
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

    def __init__(self, redis: RedisProcess, folder: Path) -> None:
        self._url = redis.url
        self._log = folder / "ran"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", DAEMON, self._url, str(self._log)], stdin=subprocess.PIPE
        )

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
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis") as made:
        yield made


@pytest.fixture
def daemon(redis: RedisProcess, tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(redis, tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def client(redis: RedisProcess) -> Iterator[RedisBusClient]:
    made = RedisBusClient(RedisServer({"port": redis.port}), SECRET, wait=LONG, margin=0.1)
    yield made
    made.close()


def call(client: RedisBusClient, name: str, *, sleep: float = 0.0, time_left: float = 60.0) -> bytes:
    return client.call(Envelope("execute", str(sleep).encode(), name, time_left=time_left)).body


def test_what_nobody_waits_for_any_more_does_not_run_when_a_stopped_daemon_goes_on(
    daemon: Daemon, client: RedisBusClient
) -> None:
    call(client, "before")
    daemon.stand_still()
    with pytest.raises(TimeLimit):
        call(client, "late", time_left=1.0)
    daemon.go_on()
    assert call(client, "after") == b"after"
    assert daemon.ran() == ["before", "after"]


CALL = """
import sys
from platypush.bus.redis import open_redis_client
from platypush.message.envelope import Envelope
try:
    open_redis_client(sys.argv[1], b"s" * 32).call(Envelope("execute", b"60", sys.argv[2]))
except Exception as error:
    print(type(error).__name__)
"""


def test_a_killed_daemon_loses_the_call_it_ran_and_the_next_daemon_is_found_without_running_it_again(
    daemon: Daemon, client: RedisBusClient, redis: RedisProcess
) -> None:
    waiting = subprocess.Popen([sys.executable, "-c", CALL, redis.url, "slow"], stdout=subprocess.PIPE, text=True)
    until(lambda: "slow" in daemon.ran())
    daemon.kill()
    killed = time.monotonic()
    daemon.start()
    assert call(client, "next") == b"next"
    assert waiting.communicate(timeout=LONG)[0].strip() == AnswerLost.__name__
    assert time.monotonic() - killed < 10
    assert daemon.ran() == ["slow", "next"]


def test_a_worker_that_is_killed_leaves_a_request_that_does_not_run_later(
    daemon: Daemon, client: RedisBusClient, redis: RedisProcess
) -> None:
    call(client, "before")
    daemon.stand_still()
    waiting = subprocess.Popen([sys.executable, "-c", CALL, redis.url, "orphan"], stdout=subprocess.PIPE)
    with redis.client() as admin:
        until(lambda: admin.keys("platypush/hub/*/request/*"))
        waiting.kill()
        waiting.communicate()
        until(lambda: not admin.keys("platypush/hub/*/request/*"))
    daemon.go_on()
    assert call(client, "after") == b"after"
    assert daemon.ran() == ["before", "after"]


def test_hundreds_of_slow_calls_of_one_gevent_worker_run_at_once(
    daemon: Daemon, client: RedisBusClient, redis: RedisProcess
) -> None:
    call(client, "ready")
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", GEVENT_WORKER, redis.url], check=True, timeout=LONG)
    # One after the other they would take 150 s.
    assert time.monotonic() - started < LONG
    assert daemon.ran().count("after") == 1
