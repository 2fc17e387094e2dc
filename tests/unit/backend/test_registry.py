"""Backends by name: made, started, stopped and reloaded, each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.backend import Backend
from platypush.backend.registry import BackendRegistry, find_backend
from platypush.config.model import Secret
from platypush.errors import Unavailable, UnknownAction


class Recorder(Backend):
    """Notes what happens to it."""

    _name = "recorder"

    def __init__(self, topic: str = "", password: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.topic = topic
        self.password = password
        self.seen: list[str] = []

    def run(self) -> None:
        self.seen.append("run")
        self.wait_stop()

    def on_stop(self) -> None:
        self.seen.append("stop")


class Broken(Backend):
    """Cannot be started."""

    _name = "broken"

    def start(self) -> None:
        raise OSError("no such device")


def find(name: str) -> type[Backend]:
    """The backends of these tests."""
    known = {"recorder": Recorder, "broken": Broken}
    if name not in known:
        raise UnknownAction(f"There is no backend {name!r}.")
    return known[name]


def registry(**sections: dict[str, Any]) -> BackendRegistry:
    made = BackendRegistry(sections, find=find)
    made.load()
    made.start_all()
    return made


def recorder(backends: BackendRegistry) -> Recorder:
    backend = backends.get("recorder")
    assert isinstance(backend, Recorder)
    return backend


def states(backends: BackendRegistry) -> dict[str, str]:
    return {state.name: state.status for state in backends.statuses()}


def test_a_backend_gets_its_section_with_secrets_revealed_and_runs_until_it_is_stopped() -> None:
    backends = registry(recorder={"topic": "home", "password": Secret("swordfish")})
    backend = recorder(backends)
    assert (backend.topic, backend.password) == ("home", "swordfish")
    assert states(backends) == {"recorder": "running"}
    backends.stop_all(5)
    assert backend.seen == ["run", "stop"]
    assert states(backends) == {"recorder": "stopped"}


def test_one_that_fails_is_a_state_with_a_reason_and_stops_no_other() -> None:
    backends = registry(broken={}, nothing={}, recorder={"no_such": 1})
    assert states(backends) == {"broken": "failed", "nothing": "failed", "recorder": "running"}
    reasons = {state.name: state.reason for state in backends.statuses()}
    assert "no such device" in reasons["broken"]
    assert "nothing" in reasons["nothing"]
    with pytest.raises(Unavailable, match="nothing"):
        backends.get("nothing")
    backends.stop_all(5)


def test_an_unknown_backend_gets_a_suggestion() -> None:
    backends = registry(recorder={})
    with pytest.raises(UnknownAction, match="'recorder'"):
        backends.get("recoder")
    backends.stop_all(5)


def test_a_reload_keeps_what_did_not_change_and_replaces_what_did() -> None:
    backends = registry(recorder={"topic": "a"})
    first = recorder(backends)
    assert backends.reload({"recorder": {"topic": "a"}}) == []
    assert recorder(backends) is first
    assert backends.reload({"recorder": {"topic": "b"}}) == ["backend recorder changed"]
    assert first.seen == ["run", "stop"]
    assert recorder(backends).topic == "b"
    assert backends.reload({}) == ["backend recorder removed"]
    assert states(backends) == {}


def test_an_adopted_backend_is_left_to_its_owner() -> None:
    backends = registry()
    mine = Recorder()
    backends.adopt(mine)
    assert backends.reload({}) == []
    backends.stop_all(5)
    assert backends.get("recorder") is mine
    assert mine.seen == []


def test_the_bundled_backend_is_found_and_an_unknown_one_is_not() -> None:
    assert find_backend("http").__name__ == "HttpBackend"
    for name in ("htpp", "http.app", "../x"):
        with pytest.raises(UnknownAction):
            find_backend(name)
