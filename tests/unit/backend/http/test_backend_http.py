"""HttpBackend without a web server: parameters, modes, trial import, messages."""

from __future__ import annotations

import errno
import inspect
import json
import logging
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from platypush.backend.http import HttpBackend, HttpServices
from platypush.backend.http._modes import find_ini
from platypush.backend.http.binary import find_binary, find_python_plugin, lists_python, needs_home
from platypush.backend.http.trial import check
from platypush.errors import ConfigurationError, StorageFailed, Unavailable
from platypush.message.event.custom import CustomEvent
from tests.fakes.settings import web_settings


class Clients:
    """A websocket server that only remembers."""

    def __init__(self, error: OSError | None = None) -> None:
        self.calls: list[object] = []
        self.error = error

    def start(self) -> None:
        if self.error is not None:
            raise self.error
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def notify(self, event: object) -> None:
        self.calls.append(event)


@pytest.fixture
def clients() -> Clients:
    return Clients()


@pytest.fixture
def external(tmp_path: Path, clients: Clients) -> Iterator[HttpBackend]:
    """A backend whose web server is the operator's business."""
    backend = HttpBackend(run_externally=True, port=8123)
    backend.bind(
        HttpServices(
            web_settings=web_settings(tmp_path),
            config_path=Path("/etc/platypush/config.yaml"),
            websocket_factory=lambda _: clients,
        )
    )
    yield backend
    backend.stop()


def test_the_parameters_are_those_of_the_specification() -> None:
    parameters = inspect.signature(HttpBackend).parameters
    found = {name: parameter.default for name, parameter in parameters.items() if name != "kwargs"}
    assert found == {
        "port": 8008,
        "websocket_port": 8009,
        "bind_address": "0.0.0.0",
        "disable_websocket": False,
        "resource_dirs": None,
        "ssl_cert": None,
        "ssl_key": None,
        "ssl_cafile": None,
        "ssl_capath": None,
        "maps": None,
        "run_externally": False,
        "uwsgi_args": None,
    }


def test_an_external_server_is_described_in_the_log(external: HttpBackend, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        external.start()
    assert "PLATYPUSH_CONFIG=/etc/platypush/config.yaml" in caplog.text
    assert "uwsgi --http 0.0.0.0:8123 --module platypush.backend.http.uwsgi --master" in caplog.text
    assert external.wait_ready(0)
    assert external.status()["state"] == "external"


def test_the_settings_of_the_workers_are_written_for_nobody_else(external: HttpBackend, tmp_path: Path) -> None:
    external.start()
    file = tmp_path / "run" / "web.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    external.reload(web_settings(tmp_path, device_id="new"))
    assert json.loads(file.read_bytes())["device_id"] == "new"
    assert [path.name for path in file.parent.iterdir()] == ["web.json"]


def test_a_reload_on_a_full_disk_leaves_the_old_settings_and_says_so(
    external: HttpBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    external.start()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("platypush.backend.http.write_private", full)
    with pytest.raises(StorageFailed, match="No space left"):
        external.reload(web_settings(tmp_path, device_id="new"))
    assert json.loads((tmp_path / "run" / "web.json").read_bytes())["device_id"] != "new"


def test_events_reach_web_clients_unless_they_are_kept_from_them(external: HttpBackend, clients: Clients) -> None:
    external.start()
    shown, hidden = CustomEvent("a"), CustomEvent("b", disable_web_clients_notification=True)
    external.notify_web_clients(shown)
    external.notify_web_clients(hidden)
    external.stop()
    external.notify_web_clients(shown)
    assert clients.calls == ["start", shown, "stop"]


def test_a_disabled_websocket_is_not_started(tmp_path: Path, clients: Clients) -> None:
    backend = HttpBackend(run_externally=True, disable_websocket=True)
    backend.bind(HttpServices(web_settings=web_settings(tmp_path), websocket_factory=lambda _: clients))
    backend.start()
    backend.stop()
    assert clients.calls == []


def test_a_taken_websocket_port_is_named_and_the_web_port_given_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        backend = HttpBackend(port=port, bind_address="127.0.0.1", websocket_port=other.getsockname()[1])
        taken = Clients(OSError(98, "Address already in use"))
        backend.bind(HttpServices(web_settings=web_settings(tmp_path), websocket_factory=lambda _: taken))
        with pytest.raises(ConfigurationError, match=f"Port {other.getsockname()[1]} is taken"):
            backend.start()
    socket.create_server(("127.0.0.1", port)).close()


def test_a_backend_that_does_not_run_cannot_be_reloaded(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        HttpBackend().reload(web_settings(tmp_path))


def test_the_trial_import_says_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "web.json"
    broken.write_bytes(web_settings(tmp_path, device_id="broken").to_json())
    with pytest.raises(ConfigurationError, match="these settings break the application"):
        check("tests.fakes.wsgi:application", {"PLATYPUSH_WEB_SETTINGS": str(broken)}, 20)


def test_the_trial_import_passes_what_loads(tmp_path: Path) -> None:
    good = tmp_path / "web.json"
    good.write_bytes(web_settings(tmp_path).to_json())
    check("tests.fakes.wsgi:application", {"PLATYPUSH_WEB_SETTINGS": str(good)}, 20)


@pytest.mark.parametrize("target", ["tests.fakes.wsgi:missing", "no.such.module"])
def test_the_trial_import_refuses_what_is_not_there(target: str) -> None:
    with pytest.raises(ConfigurationError):
        check(target, {}, 20)


def test_the_trial_import_has_a_time_limit(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(ConfigurationError, match="did not load within"):
        check(str(slow), {}, 0.5)


def test_an_ini_file_is_looked_for_beside_the_configuration_first(tmp_path: Path) -> None:
    own = tmp_path / "uwsgi.ini"
    own.write_text("[uwsgi]\n")
    assert find_ini("uwsgi.ini", tmp_path / "config.yaml") == own
    assert find_ini(str(own), None) == own


def test_the_shipped_ini_file_is_found_without_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_ini("uwsgi.ini", tmp_path / "config.yaml").name == "uwsgi.ini"


def test_an_ini_file_that_is_nowhere_lists_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=str(tmp_path)):
        find_ini("missing.ini", tmp_path / "config.yaml")


def test_the_environments_own_uwsgi_comes_before_the_one_on_the_path(tmp_path: Path) -> None:
    for folder in ("own/bin", "path"):
        program = tmp_path / folder / "uwsgi"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    env = {"PATH": str(tmp_path / "path")}
    assert find_binary(env, tmp_path / "own") == tmp_path / "own" / "bin" / "uwsgi"
    assert find_binary(env, tmp_path / "other") == tmp_path / "path" / "uwsgi"


def test_a_missing_uwsgi_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"platypush\[uwsgi\]"):
        find_binary({"PATH": str(tmp_path)}, tmp_path)


BUILT_IN = (
    "*** uWSGI loaded generic plugins ***\ngevent\n\n*** uWSGI loaded request plugins ***\n0: python\n100: ping\n"
)
WITHOUT = BUILT_IN.replace("0: python\n", "")


def test_python_is_found_among_the_request_plugins() -> None:
    assert lists_python(BUILT_IN)
    assert not lists_python(WITHOUT)


@pytest.mark.parametrize(
    ("asked", "loadable", "found"),
    [(None, "python3", "python3"), ("python", "python3", "python3"), ("python39", "python39", "python39")],
)
def test_the_plugin_that_brings_python_is_tried(asked: str | None, loadable: str, found: str) -> None:
    def run(*arguments: str) -> str:
        return BUILT_IN if arguments[1:] == (loadable,) else WITHOUT

    assert find_python_plugin(asked, run) == found


def test_a_uwsgi_with_python_built_in_needs_no_plugin() -> None:
    assert find_python_plugin("python", lambda *_arguments: BUILT_IN) is None


def test_a_uwsgi_without_any_python_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="uwsgi-plugin-python3"):
        find_python_plugin("python", lambda *_arguments: WITHOUT)


def test_a_uwsgi_of_another_place_is_told_the_virtual_environment() -> None:
    venv, system = Path("/srv/venv"), Path("/usr")
    assert needs_home(Path("/usr/bin/uwsgi"), venv, system)
    assert not needs_home(Path("/srv/venv/bin/uwsgi"), venv, system)
    assert not needs_home(Path("/usr/bin/uwsgi"), system, system)


def test_the_public_address_comes_first(tmp_path: Path) -> None:
    backend = HttpBackend()
    backend.bind(HttpServices(web_settings=replace(web_settings(tmp_path), public_url="https://hub.example.org")))
    assert backend.urls() == ("https://hub.example.org/", "http://localhost:8008/")
