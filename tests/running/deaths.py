"""Killing the hub's processes under load, and what clients and the operating system see of it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.running.hub import Hub
from tests.running.load import SteadyLoad
from tests.running.processes import tree

__all__ = ["Death", "gone", "kill_daemon", "kill_master", "kill_worker", "master_of", "workers_of"]

BODY = json.dumps({"type": "request", "action": "config.get_device_id"})


@dataclass
class Death:
    """What a death cost: failed requests by kind, seconds until all was back, the longest wait of a request."""

    failed: dict[str, int] = field(default_factory=dict)
    back_after: float = 0.0
    longest: float = 0.0
    orphans: list[int] = field(default_factory=list)


def master_of(hub: Hub) -> int:
    """The process id of the uWSGI master."""
    return next(pid for pid in tree(hub.pid)[1:] if _parent(pid) == hub.pid and "uwsgi" in _command(pid))


def workers_of(hub: Hub) -> list[int]:
    """The process ids of the workers."""
    master = master_of(hub)
    return [pid for pid in tree(master)[1:] if _parent(pid) == master]


def kill_worker(hub: Hub) -> Death:
    """SIGKILL one worker under load."""
    before = set(workers_of(hub))
    return _kill(
        hub, min(before), lambda: len(set(workers_of(hub))) == len(before) and min(before) not in workers_of(hub)
    )


def kill_master(hub: Hub) -> Death:
    """SIGKILL the uWSGI master under load: the daemon starts another one on the same socket."""
    old = tree(master_of(hub))

    def back() -> bool:
        try:
            return master_of(hub) not in old
        except StopIteration:
            return False

    death = _kill(hub, old[0], back)
    death.orphans = [pid for pid in old if not gone(pid)]
    return death


def kill_daemon(hub: Hub) -> Death:
    """SIGKILL the daemon under load: everything it started must end with it."""
    old = hub.pids()
    with _load(hub) as load:
        load.wait_for_more(50)
        os.kill(hub.pid, signal.SIGKILL)
        started = time.monotonic()
        _until(lambda: all(gone(pid) for pid in old[1:]), 5)
        took = time.monotonic() - started
    return Death(load.failed, took, load.longest, [pid for pid in old[1:] if not gone(pid)])


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _kill(hub: Hub, pid: int, back: Callable[[], bool]) -> Death:
    with _load(hub) as load:
        load.wait_for_more(50)
        os.kill(pid, signal.SIGKILL)
        started = time.monotonic()
        _until(back, 10)
        load.wait_for_more(20)
        took = time.monotonic() - started
        load.wait_for_more(100)
    return Death(load.failed, took, load.longest)


def _load(hub: Hub) -> SteadyLoad:
    return SteadyLoad(hub.port, BODY, {"Content-Type": "application/json", **hub.token})


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < deadline and not condition():
        pause.wait(0.005)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
