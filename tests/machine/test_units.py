"""The units, judged by systemd itself. These tests run wherever its program systemd-analyze is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.machine.hub import InstalledHub

UNITS = Path(__file__).resolve().parents[2] / "systemd"
EXPOSURE = 2.0
analyzer = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="This machine has no systemd, so no systemd-analyze to ask."
)


@analyzer
def test_the_service_is_hardly_exposed() -> None:
    argv = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE * 10:.0f}"]
    done = subprocess.run([*argv, UNITS / "platypush.service"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    level = re.search(r"exposure level for platypush.service: ([\d.]+)", done.stdout)
    assert level is not None
    assert float(level[1]) <= EXPOSURE


@pytest.mark.machine
@pytest.mark.timeout(900)
def test_systemd_finds_nothing_to_say_about_the_installed_units(hub: InstalledHub) -> None:
    names = sorted(path.name for path in UNITS.glob("platypush*"))
    assert len(names) == 5
    done = hub.machine.run("systemd-analyze", "verify", "--man=no", *names)
    assert (done.stdout, done.stderr) == ("", "")
    level = hub.machine.shell("systemd-analyze security --no-pager platypush.service | tail -n 1")
    assert float(level.split()[-3]) <= EXPOSURE, level


@pytest.mark.machine
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["sound", "serial", "camera", "bluetooth", "gpio"])
def test_the_hub_runs_with_the_drop_in_for_hardware(hub: InstalledHub, name: str) -> None:
    folder = "/etc/systemd/system/platypush.service.d"
    original = f"/opt/platypush/current/share/platypush/systemd/drop-ins/{name}.conf"
    # Debian makes these groups when the packages for such hardware are installed.
    hub.machine.shell("for group in gpio i2c spi bluetooth; do groupadd --force --system $group; done")
    hub.machine.shell(f"mkdir -p {folder}; cp {original} {folder}/; systemctl daemon-reload")
    try:
        done = hub.machine.run("systemd-analyze", "verify", "--man=no", "platypush.service")
        assert (done.stdout, done.stderr) == ("", "")
        hub.machine.run("systemctl", "restart", "platypush")
        assert hub.answers()
    finally:
        hub.machine.shell(f"rm -r {folder}; systemctl daemon-reload; systemctl restart platypush")
