"""The machine that the other tests here use."""

from __future__ import annotations

import urllib.request

import pytest

from tests.machine.conftest import reason_not_to_boot
from tests.machine.container import Machine
from tests.machine.debian import mirror_of

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]


def test_it_boots_answers_from_outside_and_is_the_same_after_the_plug_was_pulled(machine: Machine) -> None:
    assert machine.run("systemctl", "is-system-running").stdout.strip() == "running"
    machine.shell("echo here > /var/lib/note; sync")
    with urllib.request.urlopen(f"http://{machine.address}/", timeout=10) as answer:  # nginx, as Debian starts it
        assert answer.status == 200
    machine.kill()
    assert not machine.runs
    machine.boot()
    assert machine.shell("cat /var/lib/note") == "here"


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        (
            "Types: deb\n# old\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates\n",
            "http://a.example/debian",
        ),
        ("deb [signed-by=/k.gpg] http://b.example/debian bookworm main\n", "http://b.example/debian"),
        ("deb http://c.example/ubuntu noble main\n", "http://deb.debian.org/debian"),
        ("Types: deb\nURIs: http://d.example/s\nSuites: bookworm-security\n", "http://deb.debian.org/debian"),
    ],
)
def test_packages_come_from_where_this_machine_has_its_own(sources: str, mirror: str) -> None:
    assert mirror_of(sources) == mirror


def test_whoever_is_not_root_is_told_why_no_machine_boots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "Only root can boot a machine" in str(reason_not_to_boot())
