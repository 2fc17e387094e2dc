"""The units: the originals for the installer's own layout, and drop-ins for what the configuration asks for."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from platypush.cli.render_systemd import read_originals, site_of
from platypush.config.loader import load
from platypush.render.installation import Installation
from platypush.render.systemd import HARDWARE, SystemdSite, render_systemd

UNITS = "etc/systemd/system"
ORIGINALS = read_originals()
INSTALLED = SystemdSite()


def drop_ins(site: SystemdSite) -> dict[str, str]:
    return {name: text for name, text in render_systemd(site, ORIGINALS).items() if ".d/" in name and UNITS in name}


def test_the_installers_layout_has_the_originals_and_nothing_else() -> None:
    files = render_systemd(INSTALLED, ORIGINALS)
    for name in ("platypush.service", "platypush.socket", "platypush-websocket.socket", "platypush-backup.timer"):
        assert files[f"{UNITS}/{name}"] == ORIGINALS[name]
    assert files["etc/sysusers.d/platypush.conf"] == ORIGINALS["sysusers.d/platypush.conf"]
    assert drop_ins(INSTALLED) == {}


def test_without_nginx_both_sockets_are_tcp_ports_and_speak_http() -> None:
    files = drop_ins(replace(INSTALLED, listen="0.0.0.0:8008", listen_websocket="0.0.0.0:8009"))
    web = files[f"{UNITS}/platypush.socket.d/listen.conf"].splitlines()
    assert web[2:5] == ["ListenStream=", "ListenStream=0.0.0.0:8008", "FileDescriptorName=http"]
    websocket = files[f"{UNITS}/platypush-websocket.socket.d/listen.conf"].splitlines()
    assert websocket[2:5] == ["ListenStream=", "ListenStream=0.0.0.0:8009", "FileDescriptorName=websocket"]


@pytest.mark.parametrize(
    ("section", "name"),
    [("music.mpd", "sound"), ("tts", "sound"), ("serial", "serial"), ("camera.pi", "camera"), ("gpio", "gpio")],
)
def test_a_section_that_needs_hardware_gets_it(section: str, name: str) -> None:
    files = drop_ins(replace(INSTALLED, sections=(section, "light.hue")))
    assert files == {f"{UNITS}/platypush.service.d/{name}.conf": ORIGINALS[f"drop-ins/{name}.conf"]}


def test_each_kind_of_hardware_has_its_original() -> None:
    assert {f"drop-ins/{name}.conf" for name in HARDWARE} == {name for name in ORIGINALS if "drop-ins" in name}


def test_a_longer_grace_gets_its_time() -> None:
    (text,) = drop_ins(replace(INSTALLED, graceful_stop=60)).values()
    assert "TimeoutStopSec=85" in text


def test_folders_that_the_sandbox_hides_or_protects_are_opened() -> None:
    site = replace(INSTALLED, writable=(Path("/mnt/log files"),), readable=(Path("/tmp/photos"), Path("/home/me")))
    (text,) = drop_ins(site).values()
    assert 'ReadWritePaths="-/mnt/log files"' in text
    assert "BindReadOnlyPaths=-/tmp/photos\n" in text
    assert "/home/me" not in text  # ProtectHome=read-only lets it be read already


def test_another_place_is_named_in_the_units() -> None:
    site = SystemdSite(
        program=Path("/srv/venv/bin/platypush"),
        config=Path("/home/me/config.yaml"),
        user="me",
        group="me",
        workdir=Path("/home/me/work"),
    )
    files = render_systemd(site, ORIGINALS)
    service = files[f"{UNITS}/platypush.service"]
    assert "ExecStart=/srv/venv/bin/platypush run -c /home/me/config.yaml\n" in service
    assert "User=me\nGroup=me\n" in service
    assert "SocketUser=me" in files[f"{UNITS}/platypush.socket"]
    config = files[f"{UNITS}/platypush.service.d/config.conf"]
    assert "ReadWritePaths=-/home/me/work\nProtectHome=false" in config


def test_the_site_comes_from_the_configuration_and_from_what_the_installer_wrote(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "backend.http:\n  bind_address: 127.0.0.1\n  websocket_port: 9009\nlogging:\n  filename: /var/log/x/hub.log\n"
        "main.db: sqlite:////srv/db/main.db\ntts:\n  output_dir: /srv/speech\n"
    )
    config = load(path, workdir=tmp_path / "work", environ={"HOME": str(tmp_path)})
    behind = site_of(config, Installation({"NGINX": "yes"}), None, "platypush")
    assert (behind.listen, behind.listen_websocket) == (None, None)
    assert set(behind.writable) == {Path("/var/log/x"), Path("/srv/db"), Path("/srv/speech")}
    alone = site_of(config, Installation({"NGINX": "no"}), None, "platypush")
    assert (alone.listen, alone.listen_websocket) == ("127.0.0.1:8008", "127.0.0.1:9009")
    told = site_of(config, Installation({"NGINX": "no", "LISTEN": "8080"}), None, "platypush")
    assert (told.listen, told.listen_websocket) == ("8080", "9009")


def test_the_websocket_is_on_the_next_port_unless_another_was_chosen(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("backend.http:\n")
    config = load(path, workdir=tmp_path / "work", environ={"HOME": str(tmp_path)})
    for listen, websocket in (("8080", "8081"), ("127.0.0.1:9000", "127.0.0.1:9001"), ("[::]:8008", "[::]:8009")):
        assert site_of(config, None, listen, "platypush").listen_websocket == websocket


def test_systemd_finds_nothing_wrong_with_the_drop_ins(tmp_path: Path) -> None:
    site = SystemdSite(
        program=Path("/bin/true"),
        user="root",
        group="root",
        workdir=Path("/srv/a b"),
        listen="0.0.0.0:8008",
        listen_websocket="0.0.0.0:8009",
        graceful_stop=60,
        sections=tuple(names[0] for names in HARDWARE.values()),
        readable=(Path("/tmp/100% of them"),),
    )
    for name, text in render_systemd(site, ORIGINALS).items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    units = tmp_path / UNITS
    assert shutil.which("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units.glob("platypush*.service")), *map(str, units.glob("*.socket"))],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"},
    )
    complaints = [line for line in done.stderr.splitlines() if "platypush" in line]
    assert complaints == []
