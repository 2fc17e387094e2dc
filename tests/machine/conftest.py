"""Machines to install the hub in. All tests here need root and systemd-nspawn, and say so where they cannot run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machine.container import Machine, running_machine
from tests.machine.debian import debian_base
from tests.machine.hub import CHECKOUT, InstalledHub, copy_checkout
from tests.machine.wheelhouse import PIP, WHEELS, wheelhouse

PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter", "unshare", "setpriv", "ip")
_SYS_ADMIN = 21  # capabilities(7)


def reason_not_to_boot() -> str | None:
    """Why no machine can be booted here, None where it can."""
    if os.geteuid() != 0:
        return "Only root can boot a machine in a container: run these tests as root."
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    if not int(status["CapEff"], 16) >> _SYS_ADMIN & 1:
        return "This root may not mount (CAP_SYS_ADMIN), so it cannot boot a machine in a container."
    return None


@pytest.fixture(scope="session")
def can_boot() -> None:
    """Skips where no machine can be booted; in CI, programs that are missing are a failure and no reason to skip."""
    reason = reason_not_to_boot()
    if reason is not None:
        pytest.skip(reason)
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        text = f"Programs are missing: {', '.join(missing)} (apt-get install debootstrap systemd-container iproute2)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)


@pytest.fixture(scope="session")
def base(can_boot: None) -> Path:
    """A Debian 12 with the packages that the hub needs."""
    return debian_base()


@pytest.fixture(scope="session")
def binds(base: Path) -> tuple[str, ...]:
    """What every machine sees of this one: the wheels, so that pip needs no network."""
    return (f"--bind-ro={wheelhouse(base)}:{WHEELS}",)


@pytest.fixture
def machine(base: Path, binds: tuple[str, ...], tmp_path: Path) -> Iterator[Machine]:
    """A machine that has booted, with nothing of the hub in it."""
    with running_machine((base,), tmp_path / "machine", binds) as booted:
        yield booted


@dataclass(frozen=True)
class Installed:
    """A machine that is switched off, in which ``deploy/install --yes`` ran, and what that printed."""

    layers: tuple[Path, ...]
    output: str

    @property
    def password(self) -> str:
        """The first user's."""
        found = re.search(r"password  (\S+)", self.output)
        assert found, self.output
        return found[1]


@pytest.fixture(scope="session")
def installed(base: Path, binds: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """From nothing to an installed hub, once; other machines start as copies of it."""
    folder = tmp_path_factory.mktemp("installed")
    machine = Machine((base,), folder, binds)
    try:
        machine.boot()
        copy_checkout(machine)
        output = machine.run(f"{CHECKOUT}/deploy/install", "--yes", env=PIP, seconds=300).stdout
        yield Installed(machine.freeze(), output)
    finally:
        machine.power_off()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def hub(
    installed: Installed, binds: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledHub]:
    """A machine of a module's own, booted, with the hub that ``deploy/install`` left there."""
    with running_machine(installed.layers, tmp_path_factory.mktemp("hub"), binds) as machine:
        yield InstalledHub(machine, installed.password)
