"""What happens when a worker, the master or the daemon is killed, under load."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.live.serving import alive, ask, asleep, children, eventually, load, parent, serving

pytestmark = pytest.mark.live

INI = ("--ini", "uwsgi.ini")
PROCESSES = ("--http-socket", "127.0.0.1:{port}", "--processes", "2", "--threads", "4")
SINGLE = ("--http-socket", "127.0.0.1:{port}", "--processes", "2")
ROUTER = ("--http", "127.0.0.1:{port}", "--processes", "2", "--threads", "4")


@pytest.mark.parametrize("arguments", [INI, PROCESSES], ids=["gevent", "threads"])
def test_a_killed_worker_is_replaced(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    # Looked for in /proc: a question to the stats server would wake the master.
    with serving(tmp_path, *arguments) as web:
        master = web.master()
        assert eventually(lambda: sum(worker["accepting"] for worker in web.backend.status()["workers"]) == 2)
        for _ in range(5):
            victim = min(children(master))
            with load(web.port) as traffic:
                os.kill(victim, signal.SIGKILL)
                assert eventually(lambda: len(children(master) - {victim}) == 2)  # noqa: B023
            # Each of the six connections may have been with the victim.
            assert len(traffic.failures) <= 6
            assert eventually(lambda: sum(worker["accepting"] for worker in web.backend.status()["workers"]) == 2)


@pytest.mark.parametrize("arguments", [INI, PROCESSES, ROUTER], ids=["gevent", "threads", "router"])
def test_a_killed_master_comes_back_and_nobody_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with serving(tmp_path, *arguments) as web:
        for _ in range(4):
            master, workers = web.master(), web.workers()
            with load(web.port) as traffic:
                assert traffic.more()
                os.kill(master, signal.SIGKILL)
                assert eventually(lambda: not any(alive(pid) for pid in workers))  # noqa: B023
                assert eventually(lambda: web.backend.status()["state"] == "running" and web.master() != master)  # noqa: B023
                ask(web.port)
            assert not any("refused" in failure.lower() for failure in traffic.failures)
            assert len(traffic.failures) <= 6


@pytest.mark.parametrize(
    "arguments", [INI, PROCESSES, SINGLE, ROUTER, ()], ids=["gevent", "threads", "single", "router", "builtin"]
)
def test_nothing_survives_a_killed_daemon_not_even_busy_workers(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with parent(tmp_path, *arguments) as daemon:
        family = daemon.family()
        with load(daemon.port, threads=4, path="/sleep/30"):
            assert asleep(tmp_path, 1 if arguments == SINGLE else 4)
            daemon.kill()
            assert eventually(lambda: not any(alive(pid) for pid in family))
        with pytest.raises(ConnectionRefusedError):
            ask(daemon.port)


def test_a_daemon_that_stops_takes_its_server_with_it(tmp_path: Path) -> None:
    with parent(tmp_path, *INI) as daemon:
        assert daemon.process.stdin is not None
        daemon.process.stdin.close()
        assert daemon.process.wait(15) == 0
        assert not any(alive(pid) for pid in daemon.family())


@pytest.mark.parametrize("arguments", [INI, PROCESSES], ids=["gevent", "threads"])
def test_a_stop_lets_requests_finish_but_does_not_wait_for_ever(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with serving(tmp_path, *arguments) as web, load(web.port, threads=2, path="/sleep/1.5") as traffic:
        assert asleep(tmp_path, 2)
        web.backend.stop()
        assert traffic.answered == 2


def test_the_builtin_server_comes_back_when_it_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as web:
        master = web.master()
        with load(web.port) as traffic:
            assert traffic.more()
            os.kill(master, signal.SIGKILL)
            assert eventually(lambda: web.backend.status()["state"] == "running" and web.master() != master)
        assert not any("refused" in failure.lower() for failure in traffic.failures)
        assert len(traffic.failures) <= 6


def test_a_stop_does_not_wait_long_for_a_worker_that_is_just_starting(tmp_path: Path) -> None:
    """Such a worker ignores the first signal, and uWSGI would wait for it for ever."""
    with serving(tmp_path, *PROCESSES, application="tests.fakes.wsgi_slow") as web:
        begin = time.monotonic()
        web.backend.stop()
        # Without a reminder it is killed after limits.graceful_stop, 10 s, and more.
        assert time.monotonic() - begin < 8
