"""What dies comes back within five seconds, with an intact database, and systemd has nothing to complain about."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.hub import InstalledHub, eventually

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

BACK_WITHIN = 5.0
STATE = "/var/lib/platypush"


@pytest.fixture(autouse=True)
def intact(hub: InstalledHub) -> Iterator[None]:
    """Whatever a test kills: afterwards the machine is as healthy as before, and what was stored is there."""
    before = hub.platypush("user", "list")
    assert "admin" in before
    yield
    assert eventually(lambda: hub.machine.shell("systemctl is-active platypush || true") == "active") is not None
    assert hub.machine.shell("systemctl is-system-running || true") == "running"
    status = hub.machine.shell("systemctl status --no-pager platypush nginx")
    assert "Serving, version" in status
    databases = hub.machine.shell(f"cd {STATE}; find . -name '*.db'").split()
    assert databases
    for database in databases:
        asked = hub.machine.run("sqlite3", f"{STATE}/{database}", "pragma integrity_check")
        assert asked.stdout == "ok\n", database
    assert hub.execute("config.get_device_id", hub.sign_in()).status == 200


def master(hub: InstalledHub) -> int:
    """uWSGI's."""
    (found,) = [pid for pid in hub.children(hub.pid()) if "uwsgi" in command(hub, pid)]
    return found


def command(hub: InstalledHub, pid: int) -> str:
    return hub.machine.shell(f"cat /proc/{pid}/cmdline || true")


def seconds_until_back(hub: InstalledHub, old: int) -> float:
    """How long it takes until ``old`` is gone and two workers of a ready service answer."""

    def back() -> bool:
        alive = hub.machine.run("test", "-d", f"/proc/{old}", check=False).returncode == 0
        state = hub.machine.shell("systemctl is-active platypush || true")
        return not alive and state == "active" and hub.answers()

    took = eventually(back)
    assert took is not None
    return took


def kill(hub: InstalledHub, pid: int) -> None:
    hub.machine.run("kill", "-KILL", str(pid))


def test_the_daemon_is_killed(hub: InstalledHub) -> None:
    daemon = hub.pid()
    family = [daemon, *hub.children(daemon), *hub.children(master(hub))]
    kill(hub, daemon)
    assert seconds_until_back(hub, daemon) < BACK_WITHIN
    assert not [pid for pid in family if (hub.machine.root / "proc" / str(pid)).exists()]


def test_the_master_of_uwsgi_is_killed(hub: InstalledHub) -> None:
    daemon, old = hub.pid(), master(hub)
    kill(hub, old)
    assert seconds_until_back(hub, old) < BACK_WITHIN
    assert hub.pid() == daemon


def test_a_worker_is_killed(hub: InstalledHub) -> None:
    daemon, old = hub.pid(), hub.children(master(hub))[0]
    kill(hub, old)
    assert seconds_until_back(hub, old) < BACK_WITHIN
    assert eventually(lambda: len(hub.children(master(hub))) == 2, BACK_WITHIN)
    assert hub.pid() == daemon


def test_a_worker_of_nginx_is_killed(hub: InstalledHub) -> None:
    old = hub.children(int(hub.machine.shell("systemctl show -p MainPID --value nginx")))[0]
    kill(hub, old)
    assert seconds_until_back(hub, old) < BACK_WITHIN


@pytest.fixture
def tight() -> Iterator[Path]:
    """A control group of this machine with hardly any memory in it."""
    old, new = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    version_1 = old.is_dir()
    folder = (old if version_1 else new) / f"platypush-tests-{os.getpid()}"
    try:
        if not version_1:
            (new / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"No control group can be made here to take memory away: {error}")
    names = ("memory.limit_in_bytes",) if version_1 else ("memory.max", "memory.swap.max")
    for name, value in zip(names, ("8M", "0"), strict=False):
        if (folder / name).exists():
            (folder / name).write_text(value)
    yield folder
    for pid in (folder / "cgroup.procs").read_text().split():
        os.kill(int(pid), signal.SIGKILL)
    assert eventually(lambda: not (folder / "cgroup.procs").read_text(), 10) is not None
    folder.rmdir()


def test_a_worker_runs_out_of_memory(hub: InstalledHub, tight: Path) -> None:
    daemon, workers, token = hub.pid(), hub.children(master(hub)), hub.sign_in()
    # Both, so that the request below meets one of them.
    for worker in workers:
        (tight / "cgroup.procs").write_text(str(outside(hub, worker)))
    events = tight / ("memory.oom_control" if (tight / "memory.oom_control").exists() else "memory.events")
    hub.request("POST", "/execute", b"[" + b" " * 15_000_000, {"Content-Type": "application/json", **token})
    killed = re.search(r"oom_kill (\d+)", events.read_text())
    assert killed is not None
    assert int(killed[1]) >= 1
    replaced = eventually(lambda: len(set(hub.children(master(hub))) - set(workers)) > 0 and hub.answers(), BACK_WITHIN)
    assert replaced is not None
    assert hub.pid() == daemon


def outside(hub: InstalledHub, pid: int) -> int:
    """The process id by which this machine knows the process ``pid`` of that one."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                status = (entry / "status").read_text()
            except OSError:
                continue
            found = re.search(r"(?m)^NSpid:\t(\d+)\t(\d+)$", status)
            if found and int(found[2]) == pid and is_inside(hub, int(found[1])):
                return int(found[1])
    raise AssertionError(f"There is no process {pid} in the machine.")


def is_inside(hub: InstalledHub, pid: int) -> bool:
    return os.stat(f"/proc/{pid}/ns/pid").st_ino == os.stat(f"/proc/{hub.machine.init}/ns/pid").st_ino


@pytest.fixture
def small_disk(hub: InstalledHub) -> Iterator[None]:
    """The hub's folder on a disk of its own with 24 MB."""
    machine = hub.machine
    move = f"systemctl stop platypush.socket platypush-websocket.socket platypush; cp -a {STATE} /root/state"
    back = "systemctl start platypush.socket platypush-websocket.socket platypush"
    machine.shell(f"{move}; mount -t tmpfs -o size=24m,mode=700 small {STATE}; cp -a /root/state/. {STATE}/; {back}")
    yield
    machine.shell(f"{move}2; umount {STATE}; rm -rf {STATE}; mv /root/state2 {STATE}; rm -r /root/state; {back}")


def test_the_disk_is_full(hub: InstalledHub, small_disk: None) -> None:
    daemon, token = hub.pid(), hub.sign_in()
    hub.machine.run("sh", "-c", f"cat /dev/zero > {STATE}/filler", check=False)
    assert hub.machine.shell(f"df --output=avail {STATE} | tail -n 1").strip() == "0"
    # What needs no disk goes on; what does is refused, and says so.
    assert hub.execute("config.get_device_id", token).status == 200
    answer = hub.request(
        "POST", "/auth", f'{{"username": "admin", "password": "{hub.password}"}}', {"Content-Type": "application/json"}
    )
    assert answer.status in (200, 503)
    refused = hub.machine.run(
        "platypush", "user", "add", "late", "--password-stdin", text="a-long-password-1\n", check=False
    )
    assert refused.returncode != 0
    hub.machine.run("rm", f"{STATE}/filler")
    assert eventually(lambda: hub.execute("config.get_device_id", hub.sign_in()).status == 200, BACK_WITHIN)
    assert hub.pid() == daemon
    assert "late" not in hub.platypush("user", "list")


def test_the_machine_loses_its_power_and_boots_again(hub: InstalledHub) -> None:
    hub.platypush("user", "add", "keeper", "--password-stdin", text="a-long-password-1\n")
    hub.machine.kill()
    began = time.monotonic()
    hub.machine.switch_on()
    assert eventually(lambda: hub.machine.shell("systemctl is-active platypush || true") == "active" and hub.answers())
    assert time.monotonic() - began < BACK_WITHIN
    assert eventually(lambda: hub.machine.shell("systemctl is-system-running || true") == "running") is not None
    assert "keeper" in hub.platypush("user", "list")


def test_workers_that_stand_still_are_noticed_by_the_watchdog(hub: InstalledHub) -> None:
    folder = hub.machine.root / "etc/systemd/system/platypush.service.d"
    folder.mkdir()
    (folder / "watchdog.conf").write_text("[Service]\nWatchdogSec=3\n")
    try:
        hub.machine.shell("systemctl daemon-reload; systemctl restart platypush")
        daemon = hub.pid()
        for pid in [master(hub), *hub.children(master(hub))]:
            hub.machine.run("kill", "-STOP", str(pid))
        assert eventually(lambda: hub.pid() not in (0, daemon) and hub.answers(), 60)
        log = hub.machine.shell("journalctl -u platypush --no-pager -o cat")
        assert "Watchdog timeout" in log
        assert "Current thread" in log
    finally:
        shutil.rmtree(folder)
        hub.machine.shell("systemctl daemon-reload; systemctl restart platypush")
