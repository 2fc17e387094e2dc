"""What each family of the doctor's checks makes of facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from platypush.config.problem import Severity
from platypush.doctor import (
    backups,
    certificate,
    clock,
    disk,
    extras,
    hub,
    kernel,
    ownership,
    ports,
    proxy,
    reach,
    release,
    wire,
)
from platypush.doctor.finding import Finding
from tests.unit.doctor.conftest import NOW

DAY = 86_400.0
MIB = 1 << 20
RUNNING = {"http": {"state": "running", "restarts": 0}, "problems": []}


def ids(findings: object) -> list[str]:
    return [finding.id for finding in findings]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (ports.Port(8008, "backend.http.port", "hub", True, "apache2 (pid 7)", False), ["port.taken"]),
        (ports.Port(8008, "backend.http.port", "hub", True, None, False), ["port.taken"]),
        (ports.Port(8008, "backend.http.port", "hub", True, "systemd (pid 1)", False), []),
        (ports.Port(8008, "backend.http.port", "hub", True, "apache2 (pid 7)", True), []),
        (ports.Port(8008, "backend.http.port", "hub", False, None, False), []),
        (ports.Port(443, "nginx", "nginx", False, None, True), ["port.closed"]),
        (ports.Port(443, "nginx", "nginx", True, "apache2 (pid 7)", True), ["port.taken"]),
        (ports.Port(443, "nginx", "nginx", True, "nginx (pid 8)", True), []),
        (ports.Port(443, "nginx", "nginx", True, None, True), []),
    ],
)
def test_ports_belong_to_the_hub_or_to_nginx(port: ports.Port, expected: list[str]) -> None:
    found = list(ports.judge((port,)))
    assert ids(found) == expected
    assert all(str(port.number) in finding.text and finding.mend for finding in found)


READER = reach.Reader("www-data", 33, frozenset({33, 50}))


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [
        (0o711, 0, 0, True),
        (0o710, 0, 0, False),
        (0o710, 0, 50, True),
        (0o701, 0, 50, False),  # a member of the group is not one of the others
        (0o100, 33, 0, True),
        (0o077, 33, 33, False),
    ],
)
def test_a_folder_is_entered_by_the_first_class_that_fits(mode: int, uid: int, gid: int, may: bool) -> None:
    assert reach.can_enter(reach.Entry(Path("/x"), mode, uid, gid), READER) is may


def test_root_and_access_control_lists_may_enter() -> None:
    assert reach.can_enter(reach.Entry(Path("/x"), 0, 7, 7), reach.Reader("root", 0, frozenset()))
    assert reach.can_enter(reach.Entry(Path("/x"), 0, 7, 7, has_acl=True), READER)


def test_the_first_closed_folder_on_the_way_is_named_with_its_mend() -> None:
    entries = (reach.Entry(Path("/home"), 0o755, 0, 0), reach.Entry(Path("/home/me"), 0o700, 1000, 1000))
    way = reach.Way("resource_dirs.photos", Path("/home/me/photos"), READER, entries)
    (finding,) = reach.judge((way,))
    assert finding.id == "folder.closed"
    assert "www-data cannot enter /home/me (mode 0700)" in finding.text
    assert "setfacl -m u:www-data:x /home/me" in finding.mend


def test_a_resource_folder_that_is_missing_is_worth_a_look() -> None:
    way = reach.Way("resource_dirs.photos", Path("/x"), READER, (), missing=True)
    assert ids(reach.judge((way,))) == ["folder.missing"]
    assert ids(reach.judge((replace(way, purpose="the hub's sockets"),))) == []


CERT = certificate.Certificate(
    path=Path("/c.pem"),
    key=Path("/k.pem"),
    used_by="nginx",
    readable=True,
    end=NOW + 60 * DAY,
    key_fits=True,
    domain="hub.example",
    names_domain=True,
    in_its_place=None,
    renewed_by="certbot renew",
    now=NOW,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"end": NOW + 13 * DAY}, ["tls.expires"]),
        ({"end": NOW - 13 * DAY}, ["tls.expired"]),
        ({"key_fits": False}, ["tls.key"]),
        ({"names_domain": False}, ["tls.name"]),
        ({"readable": False}, ["tls.missing"]),
        ({"in_its_place": "letsencrypt"}, ["tls.own"]),
        ({"end": None, "key_fits": None, "names_domain": None}, []),
    ],
)
def test_certificates_that_browsers_refuse_are_found(change: dict[str, object], expected: list[str]) -> None:
    found = list(certificate.judge((replace(CERT, **change),)))  # type: ignore[arg-type]
    assert ids(found) == expected
    assert all(finding.mend in ("certbot renew", "deploy/install --tls letsencrypt") for finding in found)


def test_the_end_of_a_certificate_is_read() -> None:
    assert certificate.parse_end("notAfter=Jan 15 08:00:00 2027 GMT\n") == NOW
    assert certificate.parse_end("notAfter=never GMT") is None
    assert certificate.parse_end("") is None


CLOCK = clock.ClockFacts(NOW, NOW - DAY, "/x", True)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CLOCK, []),
        (replace(CLOCK, synchronised=None), []),
        (replace(CLOCK, synchronised=False), ["clock.unsynchronised"]),
        (replace(CLOCK, newest=NOW + 3 * DAY), ["clock.behind"]),
        (replace(CLOCK, newest=NOW + DAY / 2), []),
    ],
)
def test_a_clock_that_is_off_is_found(facts: clock.ClockFacts, expected: list[str]) -> None:
    assert ids(clock.judge(facts)) == expected


@pytest.mark.parametrize(
    ("free", "inodes", "expected"),
    [
        (9000 * MIB, 900, []),
        (400 * MIB, 900, ["disk.nearly_full"]),
        (50 * MIB, 900, ["disk.full"]),
        (9000 * MIB, 9, ["disk.inodes"]),
    ],
)
def test_disks_that_fill_up_are_found(free: int, inodes: int, expected: list[str]) -> None:
    assert ids(disk.judge((disk.Disk(Path("/"), free, 10_000 * MIB, inodes, 1000),))) == expected


def test_a_small_disk_with_room_is_not_full() -> None:
    assert ids(disk.judge((disk.Disk(Path("/"), 300 * MIB, 1000 * MIB, 0, 0),))) == []


def test_a_backlog_above_the_kernels_is_found() -> None:
    assert ids(kernel.judge(kernel.KernelFacts(1024, 128))) == ["kernel.backlog"]
    assert ids(kernel.judge(kernel.KernelFacts(1024, 4096))) == []
    assert ids(kernel.judge(kernel.KernelFacts(1024, None))) == []


OWNERS = ownership.OwnershipFacts(Path("/w"), "platypush", 900, 0o700, (), (), ())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"exposed": (Path("/c"),)}, ["owner.readable"]),
        ({"writable": (Path("/c"),)}, ["owner.writable"]),
        ({"items": (ownership.Item(Path("/w/main.db"), 0, 0o600, False),)}, ["owner.foreign"]),
        ({"items": (ownership.Item(Path("/w/main.db"), 900, 0o644, False),)}, []),
        (
            {"mode": 0o755, "items": (ownership.Item(Path("/w/main.db"), 900, 0o644, False),)},
            ["owner.readable", "owner.open"],
        ),
        ({"mode": 0o777}, ["owner.writable"]),
    ],
)
def test_wrong_owners_and_modes_are_found(change: dict[str, object], expected: list[str]) -> None:
    assert ids(ownership.judge(replace(OWNERS, **change))) == expected  # type: ignore[arg-type]


def test_one_command_gives_everything_back_to_its_owner() -> None:
    items = (ownership.Item(Path("/w/a"), 0, 0o600, False), ownership.Item(Path("/w/b"), 0, 0o600, False))
    (finding,) = ownership.judge(replace(OWNERS, items=items))
    assert "/w/a and 1 more" in finding.text
    assert finding.mend == "chown -R platypush: /w"


def test_the_uwsgi_protocol_on_tcp_is_an_error() -> None:
    (finding,) = wire.judge((wire.Exposed("127.0.0.1:3031", "uwsgi_args", "mend"),))
    assert (finding.id, finding.severity) == ("uwsgi.tcp", Severity.ERROR)
    assert "127.0.0.1:3031" in finding.text


UNIT = {"LoadState": "loaded", "ActiveState": "active", "NRestarts": "0", "UnitFileState": "enabled"}
HUB = hub.HubFacts(UNIT, RUNNING, "", "/c.yaml")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (HUB, []),
        (replace(HUB, unit={}), []),
        (replace(HUB, status=None), ["hub.silent"]),
        (replace(HUB, status=None, unit={**UNIT, "ActiveState": "failed"}), ["hub.failed", "hub.silent"]),
        (replace(HUB, unit={**UNIT, "NRestarts": "3"}), ["hub.restarts"]),
        (replace(HUB, unit={**UNIT, "UnitFileState": "disabled"}), ["hub.disabled"]),
        (
            replace(HUB, status={"http": {"state": "failed", "restarts": 9}, "problems": []}),
            ["hub.web", "hub.web_restarts"],
        ),
        (replace(HUB, status={"http": {"state": "external"}, "problems": ["plugin x: y"]}), ["hub.problem"]),
        (replace(HUB, status={"http": None, "problems": []}), []),
        (replace(HUB, answers_nginx=True), []),
        (replace(HUB, answers_nginx=False), ["hub.other_socket"]),
    ],
)
def test_a_hub_that_is_not_well_is_found(facts: hub.HubFacts, expected: list[str]) -> None:
    assert ids(hub.judge(facts)) == expected


def test_restarts_by_the_watchdog_are_called_that() -> None:
    (finding,) = hub.judge(replace(HUB, unit={**UNIT, "NRestarts": "1"}, stuck=True))
    assert "once" in finding.text
    assert "watchdog" in finding.text


def test_a_silent_hub_is_started_by_systemd_where_it_is_installed() -> None:
    mends = {replace(HUB, status=None).unit is UNIT: next(iter(hub.judge(replace(HUB, status=None)))).mend}
    assert mends[True] == "systemctl start platypush"
    assert next(iter(hub.judge(replace(HUB, status=None, unit={})))).mend == "platypush run -c /c.yaml"


WHOLE = release.Release(Path("/opt/platypush/releases/2.0.0"), True)
HALF = release.Release(Path("/opt/platypush/releases/2.1.0"), False)
RELEASES = release.ReleaseFacts(Path("/opt/platypush"), (WHOLE,), WHOLE.path, (), "2.0.0")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (RELEASES, []),
        (replace(RELEASES, current=None), ["release.current"]),
        (replace(RELEASES, releases=(WHOLE, HALF)), ["release.half"]),
        (replace(RELEASES, releases=(WHOLE, HALF), current=HALF.path, running=None), ["release.broken"]),
        (replace(RELEASES, leftovers=(Path("/opt/platypush/current.new"),)), ["release.leftover"]),
        (replace(RELEASES, running="1.9.0"), ["release.old"]),
    ],
)
def test_what_an_interrupted_upgrade_leaves_is_found(facts: release.ReleaseFacts | None, expected: list[str]) -> None:
    assert ids(release.judge(facts)) == expected


BACKUPS = backups.BackupFacts(Path("/b"), True, NOW - DAY, "active", NOW, NOW - 9 * DAY)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (BACKUPS, []),
        (replace(BACKUPS, newest=NOW - 3 * DAY), ["backup.old"]),
        (replace(BACKUPS, newest=None), ["backup.none"]),
        (replace(BACKUPS, newest=None, installed=NOW), []),
        (replace(BACKUPS, newest=None, readable=False), []),
        (replace(BACKUPS, timer="inactive"), ["backup.timer"]),
        (replace(BACKUPS, timer=""), []),
    ],
)
def test_missing_backups_are_found(facts: backups.BackupFacts | None, expected: list[str]) -> None:
    assert ids(backups.judge(facts)) == expected


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    missing = extras.Extra("uwsgi", "uwsgi_args", True, False, Path("/opt/x/bin/pip"))
    (finding,) = extras.judge((missing, replace(missing, installed=True)))
    assert finding == Finding("extra.missing", finding.text, "/opt/x/bin/pip install 'platypush[uwsgi]'")
    assert next(iter(extras.judge((replace(missing, essential=False),)))).severity is Severity.WARNING


PROXY = proxy.ProxyFacts(None, (), False, False, 0)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (PROXY, []),
        (replace(PROXY, untrusted=7), ["proxy.untrusted"]),
        (replace(PROXY, untrusted=7, behind_nginx=True), []),
        (replace(PROXY, public_url="https://hub.example"), ["proxy.none"]),
        (replace(PROXY, public_url="http://hub.example"), []),
        (replace(PROXY, public_url="https://hub.example", own_tls=True), []),
        (replace(PROXY, public_url="https://hub.example", trusted=("10.0.0.1",)), []),
        (replace(PROXY, trusted=("0.0.0.0/0",)), ["proxy.everybody"]),
    ],
)
def test_a_proxy_that_is_not_trusted_is_found(facts: proxy.ProxyFacts | None, expected: list[str]) -> None:
    assert ids(proxy.judge(facts)) == expected
