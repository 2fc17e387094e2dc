"""The doctor's facts come from the machine as it is."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from platypush.doctor import (
    backups,
    certificate,
    clock,
    disk,
    examine,
    extras,
    hub,
    kernel,
    ownership,
    ports,
    reach,
    release,
    wire,
)
from platypush.doctor.patient import run_program
from tests.unit.doctor.conftest import NOW, MakePatient

NGINX = {"NGINX": "yes", "DOMAIN": "hub.example"}


def test_a_taken_port_is_found_with_its_holder(make_patient: MakePatient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        patient = make_patient(f"backend.http:\n  port: {port}\n  disable_websocket: true\n")
        (found,) = ports.gather(patient)
        assert found.taken
        assert found.holder is not None
        assert f"(pid {os.getpid()})" in found.holder
    (found,) = ports.gather(patient)
    assert not found.taken


def test_behind_nginx_its_ports_count(make_patient: MakePatient) -> None:
    assert [port.number for port in ports.gather(make_patient(installation=NGINX))] == [80, 443]
    assert [port.number for port in ports.gather(make_patient(installation={"TLS": "none"}))] == [80]


def test_the_ports_of_uwsgis_own_sockets_are_not_the_hubs(make_patient: MakePatient) -> None:
    text = "backend.http:\n  run_externally: true\n  uwsgi_args: ['--http-socket', ':1', '--master']\n"
    assert [port.purpose for port in ports.gather(make_patient(text))] == ["backend.http.websocket_port"]


def test_the_way_to_a_resource_folder_has_every_folder_above_it(make_patient: MakePatient, tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "of us"
    folder.mkdir(parents=True)
    (tmp_path / "work").mkdir()
    patient = make_patient(
        f"backend.http:\n  resource_dirs:\n    photos: {folder}\n    gone: {folder}/gone\n"
        f"media:\n  media_dirs: [{folder}/films]\n"
    )
    good, gone, films = reach.gather(patient)
    assert (films.target, films.missing) == (folder / "films", True)
    assert [entry.path for entry in good.entries][-2:] == [folder.parent.resolve(), folder.resolve()]
    assert not good.missing
    assert gone.missing


def test_certificates_are_read_from_what_nginx_runs(make_patient: MakePatient, tmp_path: Path) -> None:
    cert, key, other = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "other.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hub.example"]
    for target in (other, key):
        argv = [*request, "-keyout", str(target), "-out", str(cert)]
        subprocess.run(argv, check=True, capture_output=True)
    sites = tmp_path / "nginx" / "sites-enabled"
    sites.mkdir(parents=True)
    (sites / "platypush.conf").write_text(f"server {{\n  ssl_certificate {cert};\n  ssl_certificate_key {key};\n}}\n")
    patient = make_patient(installation=NGINX)
    patient = type(patient)(**{**{name: getattr(patient, name) for name in patient.__slots__}, "run": run_program})
    (found,) = certificate.gather(patient)
    assert (found.path, found.key, found.used_by) == (cert, key, "nginx")
    assert (found.readable, found.key_fits, found.names_domain) == (True, True, True)
    assert found.end is not None
    (sites / "platypush.conf").write_text(f"ssl_certificate {cert};\nssl_certificate_key {other};\n")
    (found,) = certificate.gather(patient)
    assert found.key_fits is False


def test_a_file_from_the_future_is_found(make_patient: MakePatient, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    database = tmp_path / "work" / "main.db"
    database.touch()
    os.utime(database, (NOW + 9e7, NOW + 9e7))
    facts = clock.gather(make_patient(programs={"timedatectl": "no\n"}))
    assert (facts.newest_path, facts.synchronised) == (str(database), False)
    contained = clock.gather(make_patient(programs={"timedatectl": "no\n", "systemd-detect-virt": ""}))
    assert contained.synchronised is None


def test_each_disk_is_looked_at_once(make_patient: MakePatient, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    found = disk.gather(make_patient())
    assert found[0].path == tmp_path / "work"
    assert len({disk.path.stat().st_dev for disk in found}) == len(found)


def test_owners_and_modes_are_those_of_the_work_folder(make_patient: MakePatient, tmp_path: Path) -> None:
    assert ownership.gather(make_patient()) is None
    (tmp_path / "work" / "locks").mkdir(parents=True)
    (tmp_path / "work" / "locks" / "one").touch()
    facts = ownership.gather(make_patient())
    assert facts is not None
    assert {item.path.name for item in facts.items} == {"locks", "one"}
    assert {item.uid for item in facts.items} == {os.getuid()}


def test_the_kernels_backlog_is_read(make_patient: MakePatient) -> None:
    assert kernel.gather(make_patient()).somaxconn == int(Path("/proc/sys/net/core/somaxconn").read_text())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("['--plugin', 'python', '--socket', '127.0.0.1:3031', '--master']", ["127.0.0.1:3031"]),
        ("['--socket=:3031']", [":3031"]),
        ("['-s', '/run/x.sock']", []),
        ("['--http-socket', ':8008']", []),
        ("['--ini', 'own.ini']", ["0.0.0.0:3031"]),
        ("['--ini', 'missing.ini']", []),
    ],
)
def test_the_uwsgi_protocol_on_tcp_is_seen_in_arguments_and_files(
    make_patient: MakePatient, tmp_path: Path, arguments: str, expected: list[str]
) -> None:
    (tmp_path / "own.ini").write_text("[uwsgi]\nsocket = 0.0.0.0:3031\n")
    patient = make_patient(f"backend.http:\n  run_externally: true\n  uwsgi_args: {arguments}\n")
    assert [one.address for one in wire.gather(patient)] == expected


def test_the_uwsgi_protocol_on_tcp_is_seen_in_systemds_socket(make_patient: MakePatient) -> None:
    unit = "FileDescriptorName=uwsgi\nListen=0.0.0.0:3031 (Stream)\nListen=/run/x.sock (Stream)\n"
    (found,) = wire.gather(make_patient(programs={"systemctl show platypush.socket": unit}))
    assert (found.address, found.source) == ("0.0.0.0:3031", "platypush.socket")
    assert wire.gather(make_patient(programs={"systemctl": unit.replace("uwsgi", "http")})) == ()


def test_systemd_is_asked_about_the_hub(make_patient: MakePatient) -> None:
    facts = hub.gather(make_patient(programs={"systemctl show platypush.service": "LoadState=loaded\nNRestarts=2\n"}))
    assert facts.unit["NRestarts"] == "2"
    assert hub.gather(make_patient(programs={"systemctl": "LoadState=not-found\n"})).unit == {}
    assert not facts.stuck
    journal = {"systemctl": "LoadState=loaded\nNRestarts=2\n", "journalctl": "Watchdog timeout (limit 30s)!\n"}
    assert hub.gather(make_patient(programs=journal)).stuck


def test_releases_are_whole_when_their_programs_can_be_run(make_patient: MakePatient, tmp_path: Path) -> None:
    assert release.gather(make_patient(installation={})) is None
    whole = tmp_path / "opt" / "releases" / "2.0.0"
    (whole / "bin").mkdir(parents=True)
    for name in ("python", "platypush"):
        (whole / "bin" / name).touch(0o755)
    (tmp_path / "opt" / "releases" / "2.1.0").mkdir()
    (tmp_path / "opt" / "current").symlink_to(whole)
    (tmp_path / "opt" / "current.new").symlink_to(whole)
    facts = release.gather(make_patient(installation={}, status={"version": "2.0.0"}))
    assert facts is not None
    assert [one.whole for one in facts.releases] == [True, False]
    assert (facts.current, facts.running) == (whole, "2.0.0")
    assert [path.name for path in facts.leftovers] == ["current.new"]


def test_the_newest_backup_counts(make_patient: MakePatient, tmp_path: Path) -> None:
    assert backups.gather(make_patient()) is None
    (tmp_path / "backups").mkdir()
    for name, when in (("a.tar.gz", NOW - 9), ("b.tar.gz", NOW - 99), ("other", NOW)):
        (tmp_path / "backups" / name).touch()
        os.utime(tmp_path / "backups" / name, (when, when))
    facts = backups.gather(make_patient(installation={}, programs={"systemctl show platypush-backup": "active\n"}))
    assert facts is not None
    assert (facts.newest, facts.timer) == (NOW - 9, "active")


def test_extras_are_those_that_the_configuration_asks_for(make_patient: MakePatient) -> None:
    text = "backend.http:\n  run_externally: true\n  uwsgi_args: ['--master']\nmain.db: postgresql://h/x\n"
    assert [extra.name for extra in extras.gather(make_patient(text))] == ["uwsgi", "postgres", "qrcode"]


def test_a_family_that_cannot_look_says_so_and_the_others_go_on(make_patient: MakePatient) -> None:
    def fail(_: object) -> None:
        raise PermissionError(13, "Permission denied", "/secret")

    broken = examine.Family("broken", fail, lambda _: ())
    found = examine.examine(make_patient(), (broken, examine.FAMILIES[0]))
    assert [finding.id for finding in found] == ["hub.silent", "broken.unseen"]


def test_a_program_that_is_missing_or_fails_is_no_crash() -> None:
    assert run_program(["no-such-program-here"]) is None
    output = run_program(["false"])
    assert output is not None
    assert output.status == 1
