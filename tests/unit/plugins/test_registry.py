"""Loading, starting, stopping and reloading plugins, and running their actions."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from platypush.config.model import Secret
from platypush.errors import Unavailable, UnknownAction
from platypush.message.request import Request
from platypush.plugins import Plugin, RunnablePlugin, action
from platypush.plugins.registry import PluginRegistry
from platypush.plugins.services import PluginServices, ServicePlugin
from platypush.plugins.status import PluginStatus

from .conftest import MakeConfig, MakeRegistry
from .registered import Broken, Lamp, Worker


def states(registry: PluginRegistry) -> dict[str, str]:
    return {state.name: state.status.value for state in registry.statuses()}


def reason(registry: PluginRegistry, name: str) -> str:
    return next(state.reason for state in registry.statuses() if state.name == name)


def run(registry: PluginRegistry, name: str, /, **args: Any) -> tuple[Any, list[str]]:
    response = registry.run(Request(action=name, args=args))
    return response.output, response.errors


def test_one_plugin_that_fails_stops_no_other(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp, "broken": Broken}, {"broken": {}, "lamp": {}, "lmap": {}})
    assert states(registry) == {"broken": "failed", "lamp": "loaded", "lmap": "failed"}
    assert reason(registry, "broken") == "RuntimeError: no device"
    assert reason(registry, "lmap") == "There is no plugin 'lmap'. Did you mean 'lamp'?"


def test_a_wrong_section_names_file_and_key(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, {"lamp": {"host": 7}}, sources={"lamp": "config.yaml:3"})
    assert reason(registry, "lamp") == "config.yaml:3: lamp: 'host' must be str, not int."


def test_a_mistyped_key_shows_in_the_state(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, {"lamp": {"hots": "x", "unrelated": 1}})
    assert states(registry) == {"lamp": "loaded"}
    assert reason(registry, "lamp") == "'hots' looks mistyped. Did you mean 'host'?"


def test_secrets_of_the_section_are_revealed_to_the_constructor(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, {"lamp": {"token": Secret("s3cret")}})
    assert registry.get("lamp").token == "s3cret"  # type: ignore[attr-defined]


def test_default_plugins_load_without_a_section_unless_switched_off(make_registry: MakeRegistry) -> None:
    classes: dict[str, type[Plugin]] = {"lamp": Lamp, "other": Lamp, "third": Lamp}
    registry = make_registry(classes, {}, frozenset({"other", "backend.x"}), defaults=("lamp", "other"))
    assert states(registry) == {"lamp": "loaded", "other": "disabled"}
    with pytest.raises(Unavailable, match="Switched off"):
        registry.get("other")


def test_a_plugin_is_known_by_the_name_of_its_section(make_registry: MakeRegistry) -> None:
    registry = make_registry({"light.hue": Lamp})
    assert registry.get("light.hue").name == "light.hue"
    assert run(registry, "light.hue.on") == ("here at 100", [])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("lmap.on", "Action 'lmap.on' is unknown: there is no plugin 'lmap'. Did you mean 'lamp'?"),
        ("lamp.onn", "Plugin 'lamp' has no action 'onn'. Did you mean 'on'? It has: fail, half, on."),
        ("lamp.secret", "Plugin 'lamp' has no action 'secret'. It has: fail, half, on."),
        ("lamp.__init__", "Plugin 'lamp' has no action '__init__'. It has: fail, half, on."),
        ("spare.on", "Plugin 'spare' is not configured. Add a section 'spare:' to the configuration and reload."),
        ("broken.on", "Plugin 'broken' cannot be used: RuntimeError: no device"),
    ],
)
def test_an_action_that_cannot_be_found_is_an_error_with_a_hint(
    make_registry: MakeRegistry, name: str, error: str
) -> None:
    classes: dict[str, type[Plugin]] = {"lamp": Lamp, "broken": Broken, "spare": Lamp}
    registry = make_registry(classes, {"lamp": {}, "broken": {}})
    assert run(registry, name) == (None, [error])


def test_arguments_that_do_not_fit_are_an_error_and_nothing_runs(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp})
    assert run(registry, "lamp.on", level="7") == (None, ["lamp.on: 'level' must be int, not str."])
    assert registry.get("lamp").calls == 0  # type: ignore[attr-defined]


def test_a_response_carries_the_requests_id_and_addresses(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, device_id="testbox")
    response = registry.run(Request(action="lamp.on", args=[7], id="abc", origin="http"))
    assert (response.id, response.target, response.origin) == ("abc", "http", "testbox")
    assert (response.output, response.errors) == ("here at 7", [])


@pytest.mark.parametrize(
    ("error", "text"),
    [("RuntimeError", "boom"), ("KeyError", "KeyError: 'boom'"), ("Exit", "SystemExit: boom"), ("Own", "boom")],
)
def test_an_action_that_raises_runs_once_and_becomes_an_error(
    make_registry: MakeRegistry, error: str, text: str
) -> None:
    registry = make_registry({"lamp": Lamp})
    assert run(registry, "lamp.fail", error=error) == (None, [text])
    assert registry.get("lamp").calls == 1  # type: ignore[attr-defined]


def test_the_log_has_the_traceback_and_the_requests_id(
    make_registry: MakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    registry = make_registry({"lamp": Lamp})
    registry.run(Request(action="lamp.fail", id="req-1"))
    record = next(record for record in caplog.records if "req-1" in record.getMessage())
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    caplog.clear()
    registry.run(Request(action="lamp.fail", args={"error": "Own"}, id="req-2"))
    record = next(record for record in caplog.records if "req-2" in record.getMessage())
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)


def test_the_metrics_hook_hears_of_known_actions_only(make_registry: MakeRegistry) -> None:
    heard: list[tuple[str, bool]] = []
    registry = make_registry({"lamp": Lamp}, on_action=lambda name, seconds, ok: heard.append((name, ok)))
    for name in ("lamp.on", "lamp.fail", "lamp.half", "lamp.nothing", "none.on"):
        run(registry, name)
    assert heard == [("lamp.on", True), ("lamp.fail", False), ("lamp.half", False)]


def test_a_hanging_constructor_delays_only_callers_of_its_plugin(make_registry: MakeRegistry) -> None:
    go_on = threading.Event()

    class Slow(Lamp):
        def __init__(self, **kwargs: Any) -> None:
            go_on.wait(30)
            super().__init__(**kwargs)

    registry = make_registry({"slow": Slow, "lamp": Lamp}, load=False, load_time=30)
    loading = threading.Thread(target=registry.load)
    loading.start()
    while "slow" not in states(registry):
        loading.join(0.001)
    assert run(registry, "lamp.on") == ("here at 100", [])
    assert states(registry) == {"slow": "loading", "lamp": "loaded"}
    registry._load_time = 0.01
    assert run(registry, "slow.on")[1] == ["Plugin 'slow' cannot be used: It is loading."]
    go_on.set()
    loading.join()
    assert run(registry, "slow.on") == ("here at 100", [])


def test_a_plugin_that_was_stopped_while_it_loaded_is_released(make_registry: MakeRegistry) -> None:
    go_on, stopped = threading.Event(), threading.Event()

    class Slow(Plugin):
        def __init__(self) -> None:
            super().__init__()
            go_on.wait(30)

        def on_stop(self) -> None:
            stopped.set()

    registry = make_registry({"slow": Slow}, load_time=0.01)
    registry.stop_all(1)
    go_on.set()
    assert stopped.wait(10)
    assert states(registry) == {"slow": "stopped"}
    assert registry._slots["slow"].plugin is None


def test_runnable_plugins_run_from_start_to_stop(make_registry: MakeRegistry) -> None:
    registry = make_registry({"worker": Worker, "lamp": Lamp})
    assert states(registry) == {"worker": "loaded", "lamp": "loaded"}
    registry.start_all()
    worker = registry.get("worker")
    assert isinstance(worker, Worker)
    assert states(registry) == {"worker": "running", "lamp": "loaded"}
    assert registry.stop_all(5) == ()
    assert not worker.is_running()
    assert states(registry) == {"worker": "stopped", "lamp": "stopped"}
    assert run(registry, "lamp.on")[1] == ["Plugin 'lamp' cannot be used: It is stopped."]


def test_a_main_that_raises_shows_in_the_state(make_registry: MakeRegistry) -> None:
    class Unplugged(Worker):
        failed = threading.Event()

        def wait_stop(self, seconds: float | None = None) -> bool:
            self.failed.set()
            return super().wait_stop(None)

    registry = make_registry({"worker": Unplugged}, {"worker": {"step": "raise"}})
    registry.start_all()
    assert Unplugged.failed.wait(10)
    assert states(registry) == {"worker": "failed"}
    assert reason(registry, "worker") == "unplugged (trying again)"


def test_a_start_that_raises_is_a_state(make_registry: MakeRegistry) -> None:
    class NoStart(Plugin):
        def on_start(self) -> None:
            raise OSError("port taken")

    registry = make_registry({"nostart": NoStart, "worker": Worker})
    registry.start_all()
    assert states(registry) == {"nostart": "failed", "worker": "running"}


def test_plugins_stop_in_reverse_and_a_hanging_one_delays_nobody(make_registry: MakeRegistry) -> None:
    order: list[str] = []
    go_on = threading.Event()

    class Noting(Plugin):
        def on_stop(self) -> None:
            order.append(self.name)

    class Hanging(Plugin):
        def on_stop(self) -> None:
            go_on.wait(30)

    class Raising(Noting):
        def on_stop(self) -> None:
            super().on_stop()
            raise RuntimeError("cannot")

    class Slow(Noting):
        def on_stop(self) -> None:
            go_on.wait(0.05)
            super().on_stop()

    registry = make_registry({"a": Noting, "b": Raising, "hanging": Hanging, "c": Slow})
    assert registry.stop_all(1) == ("hanging",)
    assert order == ["c", "b", "a"]
    go_on.set()


def test_actions_called_start_or_stop_are_not_run_by_the_hubs_start_and_stop(make_registry: MakeRegistry) -> None:
    called: list[str] = []

    class Player(RunnablePlugin):
        def main(self) -> None:
            self.wait_stop()

        @action
        def stop(self) -> None:
            called.append("stop")

    registry = make_registry({"player": Player})
    registry.start_all()
    player = registry.get("player")
    assert states(registry) == {"player": "running"}
    assert registry.stop_all(5) == ()
    assert called == []
    assert isinstance(player, Player)
    assert not player.is_running()


def test_an_overridden_stop_is_called(make_registry: MakeRegistry) -> None:
    called: list[str] = []

    class Old(Worker):
        def stop(self) -> None:
            called.append("stop")
            super().stop()

    registry = make_registry({"old": Old})
    registry.start_all()
    registry.stop_all(5)
    assert called == ["stop"]


def test_a_reload_touches_only_what_changed(make_registry: MakeRegistry) -> None:
    classes: dict[str, type[Plugin]] = dict.fromkeys(("same", "changed", "gone", "new", "broken"), Lamp)
    classes["worker"] = Worker
    registry = make_registry(classes, {"same": {}, "changed": {}, "gone": {}, "broken": {"host": 1}, "worker": {}})
    registry.start_all()
    same, changed, worker = (registry.get(name) for name in ("same", "changed", "worker"))
    assert isinstance(worker, Worker)
    report = registry.reload(
        {"same": {}, "changed": {"host": "there"}, "new": {}, "broken": {}, "worker": {"step": "x"}}
    )
    assert registry.get("same") is same
    assert registry.get("changed") is not changed
    assert run(registry, "changed.on") == ("there at 100", [])
    assert not worker.is_running()
    assert states(registry) == {
        "same": "loaded",
        "changed": "loaded",
        "new": "loaded",
        "broken": "loaded",
        "worker": "running",
    }
    assert set(report.added) == {"new", "broken"}
    assert set(report.changed) == {"changed", "worker"}
    assert report.removed == ("gone",)
    assert report.kept == {}


def test_a_reload_with_a_wrong_section_keeps_the_old_plugin_and_says_so(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, {"lamp": {"host": "old"}})
    report = registry.reload({"lamp": {"host": 1}})
    assert run(registry, "lamp.on") == ("old at 100", [])
    assert report.kept == {"lamp": "lamp: 'host' must be str, not int."}
    assert "the old one goes on: lamp: 'host' must be str, not int." in reason(registry, "lamp")
    registry.reload({"lamp": {"host": "old"}})
    assert reason(registry, "lamp") == ""


def test_a_plugin_that_a_reload_switches_off_stops(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp}, {"lamp": {}})
    report = registry.reload({}, frozenset({"lamp"}))
    assert report.removed == ("lamp",)
    assert states(registry) == {"lamp": "disabled"}


def test_services_are_given_to_plugins_that_ask(make_registry: MakeRegistry, make_config: MakeConfig) -> None:
    class Asking(ServicePlugin):
        @action
        def who(self) -> str:
            return self.services.config.device_id

    registry = make_registry({"asking": Asking}, services=PluginServices(config=make_config()))
    assert run(registry, "asking.who") == ("testbox", [])
    with pytest.raises(Unavailable, match="inside a running hub"):
        Asking().who()


def test_the_description_has_docs_schema_and_state(make_registry: MakeRegistry) -> None:
    description = make_registry({"lamp": Lamp, "broken": Broken}).describe()
    assert description["broken"]["status"] == PluginStatus.FAILED
    assert description["broken"]["actions"] == {}
    assert description["lamp"]["summary"] == "A lamp."
    on = description["lamp"]["actions"]["on"]
    assert (on["name"], on["summary"]) == ("lamp.on", "Switch it on.")
    assert on["args"] == {"level": {"required": False, "default": 100, "type": "int", "doc": "How bright."}}
    assert on["schema"]["properties"]["level"]["type"] == "integer"


def test_many_threads_run_actions_while_plugins_are_reloaded(make_registry: MakeRegistry) -> None:
    registry = make_registry({"lamp": Lamp, "other": Lamp})
    outputs: list[Any] = []

    def call() -> None:
        outputs.extend(run(registry, "lamp.on") for _ in range(200))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        registry.reload({"lamp": {}, "other": {"host": str(number)}})
    for thread in threads:
        thread.join()
    assert outputs == [("here at 100", [])] * 800


def test_get_refuses_unknown_names(make_registry: MakeRegistry) -> None:
    with pytest.raises(UnknownAction, match=r"There is no plugin 'lamb'\. Did you mean 'lamp'"):
        make_registry({"lamp": Lamp}).get("lamb")
