"""uWSGI for operators who run it themselves: the daemon's own line, with addresses in place of descriptors."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from platypush._lib.originals import find_original
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress
from platypush.backend.http.command import Surroundings, build
from platypush.backend.http.plan import HTTP_VARIABLE, UWSGI_VARIABLE, Defaults, make_plan
from platypush.render.uwsgi import OWN_SOCKET, UwsgiSite, command_line, quoted, render_uwsgi

INI = find_original("uwsgi.ini")
NGINX = OWN_SOCKET
AROUND = Surroundings(
    binary=Path("/opt/platypush/current/bin/uwsgi"),
    fifo=Path("/run/platypush/uwsgi.fifo"),
    stats=Path("/run/platypush/uwsgi-stats.sock"),
)
HTTP = Listener(address=TcpAddress("127.0.0.1", 8008), protocol=Protocol.HTTP)


def site(*arguments: str, handed: dict[str, Listener] | None = None, resources: tuple[str, ...] = ()) -> UwsgiSite:
    plan = make_plan(
        arguments or ("--ini", "uwsgi.ini"),
        Defaults(listener=HTTP, uwsgi_listener=HTTP, handed=handed or {}),
        find_file=lambda name: Path("/etc/platypush", name),
        read=lambda _: INI.read_text(),
        env={"PLATYPUSH_RUNTIME_DIR": "/run/platypush"},
    )
    return UwsgiSite(
        plan=plan,
        around=AROUND,
        config=Path("/etc/platypush/config.yaml"),
        workdir=Path("/var/lib/platypush"),
        runtime_dir=Path("/run/platypush"),
        user="platypush",
        group="platypush",
        harakiri=90,
        resource_dirs=tuple(Path(path) for path in resources),
        ini=INI.read_text(),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ini", "uwsgi.ini"),
        ("--plugin", "python", "--http-socket", ":8008", "--master", "--processes", "4"),
        ("--http", ":8008", "--threads", "4"),
        ("--socket", "/run/x.sock", "--chmod-socket=666"),
    ],
)
def test_the_line_is_the_daemons_with_addresses_instead_of_descriptors(arguments: tuple[str, ...]) -> None:
    made = site(*arguments)
    words, environment, _ = command_line(made)
    slots = {slot: 10 + index for index, slot in enumerate(made.plan.slots)}
    of_daemon, _ = build(made.plan, slots, AROUND, {})
    for slot, descriptor in slots.items():
        address = str(slot.listener.address)
        if slot.variable:
            assert (environment[slot.variable], of_daemon.env[slot.variable]) == (address, f"fd://{descriptor}")
    own = [word for word in words if not word.startswith(("--chmod-socket", "--chown-socket"))]
    same = list(of_daemon.argv)
    for slot, descriptor in slots.items():
        same = [word.replace(f"fd://{descriptor}", str(slot.listener.address)) for word in same]
    if "--http" not in arguments:
        assert own == same
    else:
        assert own[-2:] == same[-2:]
        assert "/run/platypush/uwsgi-router.sock" in own


def test_the_mode_of_a_unix_socket_which_the_daemon_applies_is_on_the_line() -> None:
    assert "--chmod-socket=666" in command_line(site("--socket", "/run/x.sock", "--chmod-socket=666"))[0]


def test_the_uwsgi_protocol_on_tcp_is_never_rendered() -> None:
    words, _, notes = command_line(site("--socket", "127.0.0.1:3031", "--master"))
    assert "127.0.0.1:3031" not in shlex.join(words)
    assert str(NGINX) in words
    assert "--chmod-socket=660" in words
    assert "runs code on this machine" in notes[0]


def test_behind_nginx_the_ini_file_gets_a_unix_socket_by_its_environment() -> None:
    handed = {UWSGI_VARIABLE: Listener(address=NGINX, protocol=Protocol.UWSGI, mode=0o660)}
    files = render_uwsgi(replace(site(handed=handed), nginx_group="www-data"))
    assert sorted(files) == [
        "etc/platypush/uwsgi.env",
        "etc/platypush/uwsgi.ini",
        "etc/systemd/system/platypush-web.service",
    ]
    assert f"{UWSGI_VARIABLE}={NGINX}\n" in files["etc/platypush/uwsgi.env"]
    assert HTTP_VARIABLE not in files["etc/platypush/uwsgi.env"]
    unit = files["etc/systemd/system/platypush-web.service"]
    assert "RuntimeDirectory=platypush-uwsgi\n" in unit
    assert "SupplementaryGroups=www-data\n" in unit
    assert "--chown-socket=platypush:www-data" in unit


def test_the_environment_file_can_be_read_by_a_shell_and_names_everything_that_workers_need(tmp_path: Path) -> None:
    path = tmp_path / "uwsgi.env"
    path.write_text(render_uwsgi(site())["etc/platypush/uwsgi.env"])
    script = f". {path}; echo $PLATYPUSH_CONFIG $PLATYPUSH_WORKDIR $RUNTIME_DIRECTORY $PLATYPUSH_HTTP_SOCKET"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "/etc/platypush/config.yaml",
        "/var/lib/platypush",
        "/run/platypush",
        "127.0.0.1:8008",
    ]


@pytest.mark.parametrize(("folder", "protect"), [("/mnt/photos", "yes"), ("/home/me/photos", "read-only")])
def test_a_folder_in_a_home_can_be_read(folder: str, protect: str) -> None:
    unit = render_uwsgi(site(resources=(folder,)))["etc/systemd/system/platypush-web.service"]
    assert f"ProtectHome={protect}\n" in unit


@pytest.mark.parametrize(
    ("word", "text"),
    [("--master", "--master"), ("a b", '"a b"'), ("100%", "100%%"), ('say "$x"', '"say \\"$$x\\""'), ("", '""')],
)
def test_words_are_quoted_for_systemd(word: str, text: str) -> None:
    assert quoted(word) == text


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    text = render_uwsgi(site())["etc/systemd/system/platypush-web.service"]
    unit = tmp_path / "platypush-web.service"
    # Its program and its user are not on every machine that runs this test.
    unit.write_text(text.replace(str(AROUND.binary), "/bin/true").replace("=platypush\n", "=root\n"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "platypush-web" in line] == []
