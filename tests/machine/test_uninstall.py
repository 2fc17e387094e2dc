"""``deploy/uninstall``: what was there before the installation is there again, and nothing else."""

from __future__ import annotations

import pytest

from tests.machine.container import Machine
from tests.machine.hub import CHECKOUT, InstalledHub, copy_checkout
from tests.machine.wheelhouse import PIP

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

# Every file with its kind, owner, mode and target. Left out is what the system itself writes as time goes by.
TREE = r"""
look() { find "$@" -prune -o -printf '%p %y %U:%G %m %l\n'; }
look / -xdev \( -path /root/platypush -o -path /tmp -o -path /var/tmp -o -path /var/log/journal -o -path /wheelhouse \)
look /run -xdev \( -path /run/systemd -o -path /run/log -o -path /run/udev \)
"""
USERS = "cat /etc/passwd /etc/group /etc/shadow /etc/gshadow"
UNITS = (
    "systemctl list-unit-files --no-legend --no-pager; systemctl list-units --all --no-legend --no-pager --plain | sort"
)
SETTLED = ("/var/lib/systemd/random-seed", "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog")


def tree(machine: Machine) -> set[str]:
    return {line for line in machine.shell(TREE).splitlines() if not line.startswith(SETTLED)}


def units(machine: Machine) -> set[str]:
    """Those with a file, and those in memory but for what comes and goes with mounts, devices and sessions.

    systemd remembers names without a file for as long as it likes.
    """
    kinds = (".service", ".socket", ".timer", ".path")
    lines = machine.shell(UNITS).splitlines()
    return {line for line in lines if line.split()[0].endswith(kinds) and " not-found " not in line}


@pytest.fixture
def fresh(machine: Machine) -> Machine:
    """A machine in which users have been made and removed before, as on any: files for that are there."""
    copy_checkout(machine)
    machine.shell("useradd --system before; userdel before")
    return machine


def test_purge_leaves_no_file_user_unit_or_process_behind(fresh: Machine) -> None:
    before, users, known = tree(fresh), fresh.shell(USERS), units(fresh)
    programs = fresh.shell("ps -e -o comm= | sort -u")
    output = fresh.run(f"{CHECKOUT}/deploy/install", "--yes", env=PIP, seconds=300).stdout
    hub = InstalledHub(fresh, output.split()[-1])
    assert hub.execute("config.get_device_id", hub.sign_in()).status == 200
    backup = fresh.run("systemctl", "start", "platypush-backup.service", check=False)
    assert backup.returncode == 0, fresh.shell("journalctl -u platypush-backup --no-pager -o cat")
    assert "/opt/platypush" in fresh.shell(TREE)
    hub.deploy("uninstall", "--purge", "--yes")
    after = tree(fresh)
    assert (after - before, before - after) == (set(), set())
    assert fresh.shell(USERS) == users
    assert units(fresh) == known
    assert fresh.shell("ps -e -o comm= | sort -u") == programs
    assert fresh.shell("systemctl is-active nginx") == "active"


def test_without_purge_a_later_installation_finds_its_users_and_its_configuration(hub: InstalledHub) -> None:
    (hub.machine.root / "etc/platypush/scripts/mine.py").write_text("MINE = True\n")
    hub.deploy("uninstall", "--yes")
    assert not (hub.machine.root / "opt/platypush").exists()
    assert hub.machine.run("systemctl", "cat", "platypush.service", check=False).returncode != 0
    again = hub.deploy("install", "--yes")
    assert again.stdout == ""
    assert (hub.machine.root / "etc/platypush/scripts/mine.py").read_text() == "MINE = True\n"
    assert hub.execute("config.get_device_id", hub.sign_in()).status == 200
