"""How a worker is put together: the lazy callable, its settings, its plugins, its routes."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from platypush import context
from platypush.backend.http import app as package
from platypush.backend.http.app import utils
from platypush.backend.http.app.access_log import LOGGER
from platypush.backend.http.app.build import build_from_environment, discard, open_bus
from platypush.backend.http.app.discovery import Source, bundled_modules, register_routes
from platypush.backend.http.app.lazy import LazyApplication
from platypush.backend.http.app.proxies import WorkerRuntime
from platypush.backend.http.app.settings import find_interpreter, load_settings
from platypush.backend.http.app.state import web_of
from platypush.config.web import SETTINGS_VARIABLE, WebSettings
from platypush.errors import BusUnavailable, ConfigurationError, Unavailable
from platypush.message.envelope import LOCAL, Reply
from platypush.message.event.custom import CustomEvent
from platypush.message.request import Request
from tests.app.conftest import Owner
from tests.app.fakes import JSON, FakeBus, response


@pytest.fixture
def runtime(app: Flask) -> Iterator[WorkerRuntime]:
    runtime = WorkerRuntime(web_of(app).gateway)
    context.clear_runtime()
    context.set_runtime(runtime)
    yield runtime
    context.clear_runtime()


def test_the_callable_is_built_once_whoever_comes_first(app: Flask) -> None:
    built = []
    gate = threading.Event()

    def build(environ: Mapping[str, str]) -> Flask:
        gate.wait(5)
        built.append(environ)
        return app

    lazy = LazyApplication(build, {"A": "b"})
    threads = [threading.Thread(target=lazy.build) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert built == [{"A": "b"}]
    assert lazy.build() is app


def test_a_forked_worker_builds_its_own(
    app: Flask, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    discarded: list[Flask] = []
    monkeypatch.setattr("platypush.backend.http.app.lazy.discard", discarded.append)
    apps = [app, make_app()]
    lazy = LazyApplication(lambda _: apps.pop(0), {})
    first = lazy.build()
    monkeypatch.setattr(os, "getpid", lambda: -5)
    assert lazy.build() is not first
    assert discarded == [first]


def test_a_build_that_fails_is_tried_again(app: Flask) -> None:
    outcomes: list[Flask | None] = [None, app]

    def build(_: Mapping[str, str]) -> Flask:
        outcome = outcomes.pop(0)
        if outcome is None:
            raise ConfigurationError("not yet")
        return outcome

    lazy = LazyApplication(build, {})
    with pytest.raises(ConfigurationError):
        lazy.build()
    assert lazy.build() is app


def test_attributes_are_those_of_the_application_and_probing_builds_nothing(app: Flask) -> None:
    lazy = LazyApplication(lambda _: app, {})
    assert not hasattr(lazy, "__wrapped__")
    assert lazy.test_client().get("/health").status_code == 200


def test_the_module_has_the_names_of_the_specification() -> None:
    assert callable(package.application)
    assert Path(package.template_folder).is_dir()


@pytest.fixture
def logging_untouched() -> Iterator[None]:
    """Puts the process's log back as it was."""
    loggers = [logging.getLogger(), LOGGER]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers = []
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate
        logger.setLevel(level)


@pytest.mark.usefixtures("logging_untouched")
def test_a_worker_is_built_from_the_daemons_file(settings: WebSettings, tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "web.json"
    path.write_bytes(settings.to_json())
    try:
        app = build_from_environment({SETTINGS_VARIABLE: str(path)})
        assert app.test_client().get("/health").get_json() == {"status": "ok"}
        assert isinstance(context.get_plugin("tts"), object)
    finally:
        context.clear_runtime()
    discard(app)


def test_without_the_file_another_process_reads_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"device_id: exported\nworkdir: {tmp_path / 'work'}\n")
    settings = load_settings({**os.environ, "PLATYPUSH_CONFIG": str(config)})
    assert settings.device_id == "exported"


def test_a_broken_configuration_stops_the_worker_with_its_problems(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("backend.http:\n  port: nonsense\n")
    with pytest.raises(ConfigurationError, match="port"):
        load_settings({**os.environ, "PLATYPUSH_CONFIG": str(config)})


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json"])
def test_a_file_that_holds_no_settings_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "web.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"web\.json"):
        load_settings({SETTINGS_VARIABLE: str(path)})
    with pytest.raises(ConfigurationError, match=r"missing\.json"):
        load_settings({SETTINGS_VARIABLE: str(tmp_path / "missing.json")})


def test_under_uwsgi_the_interpreter_is_found_by_the_prefix(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text("")
    with pytest.raises(ConfigurationError, match="home"):
        find_interpreter("/usr/bin/uwsgi", str(tmp_path), (3, 11))
    python.chmod(0o755)
    assert find_interpreter("/usr/bin/uwsgi", str(tmp_path), (3, 11)) == str(python)
    assert find_interpreter(None, str(tmp_path), (3, 11)) == str(python)
    assert find_interpreter(sys.executable, str(tmp_path), (3, 11)) == sys.executable


def test_an_unknown_bus_stops_the_start(settings: WebSettings) -> None:
    with pytest.raises(ConfigurationError, match="carrier-pigeon"):
        open_bus(WebSettings.from_json(settings.to_json().replace(b'"unix"', b'"carrier-pigeon"')))


def test_an_action_of_a_plugin_is_called_over_the_bus_and_gives_a_response(
    runtime: WorkerRuntime, bus: FakeBus
) -> None:
    bus.answer(Reply(200, response({"on": True}), JSON))
    answer = context.get_plugin("light.hue").toggle(lights=["desk"])
    assert (answer.output, answer.errors) == ({"on": True}, [])
    message = json.loads(bus.last.body)
    assert (message["type"], message["action"], message["args"]) == (
        "request",
        "light.hue.toggle",
        {"lights": ["desk"]},
    )
    assert bus.last.principal == LOCAL


def test_in_a_request_it_is_called_for_whoever_asks(
    app: Flask, client: FlaskClient, owner: Owner, bus: FakeBus, runtime: WorkerRuntime
) -> None:
    app.add_url_rule("/play", "play", lambda: {"errors": context.get_plugin("music").play("a").errors})
    answer = client.get("/play", headers=owner.bearer())
    assert answer.get_json() == {"errors": []}
    assert bus.last.principal is not None
    assert (bus.last.principal.user, bus.last.principal.kind) == ("alice", "jwt")
    assert bus.last.request_id == answer.headers["X-Request-Id"]
    assert json.loads(bus.last.body)["args"] == ["a"]


def test_a_failed_action_is_in_errors_and_a_failed_call_raises(runtime: WorkerRuntime, bus: FakeBus) -> None:
    bus.answer(Reply(200, response(errors=("no lamp",)), JSON))
    assert context.get_plugin("light").on().errors == ["no lamp"]
    bus.fail(BusUnavailable())
    with pytest.raises(BusUnavailable):
        context.get_plugin("light").on()
    assert runtime.run_request(Request(action="light.on")).errors == [BusUnavailable.default_message]


def test_events_go_to_the_daemon_and_backends_stay_there(runtime: WorkerRuntime, bus: FakeBus) -> None:
    context.get_bus().post(CustomEvent("doorbell"))
    assert json.loads(bus.last.body)["type"] == "event"
    with pytest.raises(Unavailable):
        context.get_backend("http")


def test_the_old_helpers_of_route_modules_work(
    app: Flask, client: FlaskClient, owner: Owner, bus: FakeBus, runtime: WorkerRuntime
) -> None:
    def view() -> dict[str, object]:
        utils.send_message(CustomEvent("x"))
        utils.logger().info("called")
        answer = utils.send_request(action="tts.say", text="hi")
        return {
            "ports": [utils.get_http_port(), utils.get_websocket_port()],
            "url": utils.get_local_base_url(),
            "output": answer.output,
        }

    app.add_url_rule("/old", "old", utils.authenticate()(view))
    assert client.get("/old").status_code == 401
    assert client.get("/old", headers=owner.bearer()).get_json() == {
        "ports": [8008, 8009],
        "url": "http://localhost:8008",
        "output": {"text": "hi"},
    }


def module(**attributes: object) -> ModuleType:
    made = ModuleType("made")
    vars(made).update(attributes)
    return made


def broken() -> ModuleType:
    raise ImportError("No module named 'numpy'")


def test_one_broken_module_is_reported_and_the_others_work(app: Flask) -> None:
    good = Blueprint("good", "made")
    good.add_url_rule("/good", "good", lambda: "fine")
    found = register_routes(
        app,
        [
            Source("broken", broken),
            Source("wrong", lambda: module(__routes__=["not a blueprint"])),
            Source("helper", lambda: module()),
            Source("good", lambda: module(__routes__=[good])),
            Source("twice", lambda: [good]),
        ],
    )
    assert {item.name: item.reason is None for item in found} == {
        "broken": False,
        "wrong": False,
        "helper": True,
        "good": True,
        "twice": False,
    }
    assert "numpy" in str(found[0].to_dict()["reason"])


def test_bundled_modules_are_found_by_being_there() -> None:
    names = [source.name for source in bundled_modules()]
    assert "platypush.backend.http.app.routes.plugins.qrcode" in names


def test_the_settings_may_name_a_build_that_changes_with_the_panel(app: Flask, make_app: Callable[..., Flask]) -> None:
    assert web_of(app).build_id == web_of(make_app()).build_id
