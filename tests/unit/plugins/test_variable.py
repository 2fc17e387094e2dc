"""The plugin ``variable`` and ``platypush.context.Variable``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from platypush.context import Variable, clear_runtime, set_runtime
from platypush.errors import Unavailable
from platypush.plugins.services import PluginServices
from platypush.plugins.variable import VariablePlugin
from platypush.plugins.variable._memory import MemoryValues
from platypush.plugins.variable._store import StoredValues
from platypush.user.service import Users, open_users
from platypush.user.settings import UserSettings

from .conftest import MakeConfig, MemoryStore


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plugin(make_config: MakeConfig) -> VariablePlugin:
    plugin = VariablePlugin()
    users = cast("Users", SimpleNamespace(values=MemoryStore()))
    plugin.bind(PluginServices(config=make_config(), users=users))
    return plugin


def test_a_persistent_variable_is_set_read_and_removed(plugin: VariablePlugin) -> None:
    assert plugin.set(away=True, count=3).output == {"away": True, "count": 3}
    assert plugin.get("away").output == {"away": True}
    assert plugin.get().output == {"away": True, "count": 3}
    assert plugin.unset("away").output is True
    assert plugin.unset("away").output is False
    assert plugin.get("away").output == {"away": None}
    assert plugin.get("away", 7).output == {"away": 7}


def test_null_removes(plugin: VariablePlugin) -> None:
    plugin.set(a=1)
    plugin.mset(a=1)
    plugin.set(a=None)
    plugin.mset(a=None)
    assert (plugin.get().output, plugin.mget().output) == ({}, {})


def test_what_is_stored_is_json(plugin: VariablePlugin) -> None:
    plugin.set(when=datetime(2026, 1, 2, tzinfo=UTC), names={"a"})
    assert plugin.get().output == {"when": "2026-01-02T00:00:00+00:00", "names": ["a"]}


def test_variables_in_memory_are_others_than_the_persistent_ones(plugin: VariablePlugin) -> None:
    plugin.mset(a=1)
    plugin.set(a=2)
    assert (plugin.mget("a").output, plugin.get("a").output) == ({"a": 1}, {"a": 2})
    assert plugin.munset("a").output is True
    assert plugin.munset("a").output is False


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_a_name_that_does_not_fit_the_table_is_refused(plugin: VariablePlugin, name: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 characters"):
        plugin.set(**{name: 1})
    with pytest.raises(ValueError, match="1 to 255 characters"):
        plugin.mset(**{name: 1})


@pytest.mark.parametrize("kind", ["memory", "stored"])
def test_variables_expire_unless_they_are_set_again(kind: str) -> None:
    clock = Clock()
    values: Any = MemoryValues(clock) if kind == "memory" else StoredValues(MemoryStore(), clock)
    values.set({"a": 1, "b": 1})
    assert values.expire("a", 10)
    assert values.expire("b", 10)
    assert not values.expire("c", 10)
    values.set({"b": 2})
    clock.now += 9
    assert values.all() == {"a": 1, "b": 2}
    clock.now += 1
    assert values.all() == {"b": 2}
    assert values.get("a", "gone") == "gone"
    assert not values.expire("a", 10)
    assert not values.unset("a")
    assert values.expire("b", 0)
    assert values.all() == {}


def test_expire_reaches_both_kinds(plugin: VariablePlugin) -> None:
    plugin.set(a=1)
    plugin.mset(b=1)
    assert plugin.expire("a", 0).output is True
    assert plugin.expire("b", 0).output is True
    assert plugin.expire("c", 0).output is False
    assert (plugin.get().output, plugin.mget().output) == ({}, {})


def test_without_a_database_variables_in_memory_still_work(make_config: MakeConfig) -> None:
    plugin = VariablePlugin()
    plugin.bind(PluginServices(config=make_config()))
    plugin.mset(a=1)
    assert plugin.expire("a", 0).output is True
    with pytest.raises(Unavailable, match="main database"):
        plugin.get("a")


def test_variables_survive_in_the_main_database(tmp_path: Path, make_config: MakeConfig) -> None:
    for expected in ({}, {"a": [1, {"b": None}]}):
        users = open_users(UserSettings(url=f"sqlite:///{tmp_path}/main.db", workdir=tmp_path), migrate=True)
        try:
            plugin = VariablePlugin()
            plugin.bind(PluginServices(config=make_config(), users=users))
            assert plugin.get().output == expected
            plugin.set(a=[1, {"b": None}])
            plugin.set(gone=1)
            assert plugin.unset("gone").output is True
        finally:
            users.close()


@pytest.fixture
def hub(plugin: VariablePlugin) -> Iterator[VariablePlugin]:
    class Runtime:
        def get_plugin(self, name: str) -> Any:
            assert name == "variable"
            return plugin

        def get_backend(self, name: str) -> Any:
            raise AssertionError(name)

        def get_bus(self) -> Any:
            raise AssertionError

        def run_request(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError

    set_runtime(Runtime())
    yield plugin
    clear_runtime()


@pytest.mark.parametrize("persisted", [True, False])
def test_scripts_use_variable_objects(hub: VariablePlugin, persisted: bool) -> None:
    variable = Variable("mood", persisted=persisted)
    assert variable.get() is None
    variable.set({"good": True})
    assert Variable("mood", persisted=persisted).get() == {"good": True}
    assert Variable("mood", persisted=not persisted).get() is None
