"""``platypush doctor`` and ``check`` on a real installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running.hub import Hub, hub_folder, running_hub

pytestmark = pytest.mark.live

ABOUT_THIS_MACHINE = ("clock.", "disk.", "kernel.", "extra.")


def own(output: str) -> set[str]:
    """The findings' ids, but for those that speak of the machine that runs the test."""
    return {one["id"] for one in json.loads(output) if not one["id"].startswith(ABOUT_THIS_MACHINE)}


def test_the_doctor_finds_nothing_in_a_healthy_hub_and_what_was_broken_in_it(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        done = hub.run("doctor", "--json")
        assert own(done.stdout) == set(), done.stdout
        hub.workdir.chmod(0o777)
        proxied = hub.request("GET", "/health", headers={"X-Forwarded-For": "203.0.113.7"})
        assert proxied.status == 200
        done = hub.run("doctor", "--json")
        assert own(done.stdout) == {"owner.writable", "proxy.untrusted"}
        assert done.returncode == 1
        text = hub.run("doctor").stdout
        assert f"chmod 700 {hub.workdir}" in text


def test_the_doctor_of_a_hub_that_is_down_says_how_to_start_it(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub")
    hub = Hub(folder.port, 0, 0, folder.config, folder.workdir, folder.log, 0)
    done = hub.run("doctor")
    assert done.returncode == 1
    assert f"nobody listens at {folder.workdir}/run/bus.sock" in done.stdout
    assert f"platypush run -c {folder.config}" in done.stdout


@pytest.mark.parametrize("command", [["status"], ["reload"], ["call", "config.get_device_id"]])
def test_a_command_for_a_hub_that_is_down_says_so_and_how_to_start_it(tmp_path: Path, command: list[str]) -> None:
    folder = hub_folder(tmp_path / "hub", user=False)
    done = Hub(folder.port, 0, 0, folder.config, folder.workdir, folder.log, 0).run(*command)
    assert done.returncode == 1
    assert f"nobody listens at {folder.workdir}/run/bus.sock" in done.stderr
    assert "platypush run" in done.stderr


def test_check_and_doctor_warn_of_the_uwsgi_protocol_on_tcp_in_arguments_and_in_files(tmp_path: Path) -> None:
    ini = tmp_path / "own.ini"
    ini.write_text("[uwsgi]\nsocket = 127.0.0.1:3031\nmaster = true\n")
    for name, arguments in (("file", f"['--ini', '{ini}']"), ("line", "['--socket', '127.0.0.1:3031']")):
        folder = hub_folder(tmp_path / name, http=f"  run_externally: true\n  uwsgi_args: {arguments}\n", user=False)
        hub = Hub(folder.port, 0, 0, folder.config, folder.workdir, folder.log, 0)
        checked = hub.run("check")
        assert checked.stdout.count("127.0.0.1:3031") == 1, checked.stdout
        assert checked.returncode == 0
        assert "uwsgi.tcp" in own(hub.run("doctor", "--json").stdout)


def test_a_configuration_that_cannot_be_read_is_the_doctors_only_finding(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("backend.http:\n  port: nonsense\n")
    hub = Hub(0, 0, 0, config, tmp_path / "work", tmp_path / "log", 0)
    done = hub.run("doctor", "--json")
    assert done.returncode == 1
    assert own(done.stdout) == {"config.invalid"}
