"""Plugins made for the tests, and a hub's configuration in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush._lib.suggest import did_you_mean
from platypush.config.model import BusSettings, Config, Secret
from platypush.plugins import Plugin
from platypush.plugins._discovery import Catalogue, LoadFailure
from platypush.plugins.registry import PluginRegistry


class Classes(Catalogue):
    """A catalogue of classes that are there already."""

    def __init__(self, classes: dict[str, type[Plugin]]) -> None:
        super().__init__()
        self.classes = classes

    def names(self) -> tuple[str, ...]:
        return tuple(self.classes)

    def knows(self, name: str) -> bool:
        return name in self.classes

    def load(self, name: str) -> type[Plugin]:
        if name not in self.classes:
            raise LoadFailure(f"There is no plugin {name!r}.{did_you_mean(name, self.classes)}")
        return self.classes[name]


class MemoryStore:
    """A ``ValueStore`` in memory."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}

    def all(self, namespace: str) -> dict[str, Any]:
        return {name: value for (space, name), value in self.values.items() if space == namespace}

    def get(self, namespace: str, name: str, default: Any = None) -> Any:
        return self.values.get((namespace, name), default)

    def set(self, namespace: str, values: dict[str, Any]) -> None:
        self.values.update({(namespace, name): value for name, value in values.items()})

    def delete(self, namespace: str, *names: str) -> int:
        return sum(self.values.pop((namespace, name), None) is not None for name in names)


MakeRegistry = Callable[..., PluginRegistry]
MakeConfig = Callable[..., Config]


@pytest.fixture
def make_registry() -> Iterator[MakeRegistry]:
    """``make_registry({'lamp': Lamp}, sections, disabled, …)``: a registry of these classes, loaded."""
    made: list[PluginRegistry] = []

    def make(
        classes: dict[str, type[Plugin]],
        sections: dict[str, Any] | None = None,
        disabled: frozenset[str] = frozenset(),
        load: bool = True,
        **options: Any,
    ) -> PluginRegistry:
        sections = {name: {} for name in classes} if sections is None else sections
        options.setdefault("defaults", ())
        registry = PluginRegistry(sections, disabled, catalogue=Classes(classes), **options)
        made.append(registry)
        if load:
            registry.load()
        return registry

    yield make
    for registry in made:
        registry.stop_all(5)


@pytest.fixture
def make_config(tmp_path: Path) -> MakeConfig:
    """A configuration whose folders are in the test's own."""

    def make(**changes: Any) -> Config:
        values: dict[str, Any] = {
            "path": None,
            "device_id": "testbox",
            "workdir": tmp_path,
            "runtime_dir": tmp_path / "run",
            "scripts_dir": tmp_path / "scripts",
            "dashboards_dir": tmp_path / "dashboards",
            "database": Secret("sqlite:////nowhere"),
            "bus": BusSettings(path=tmp_path / "bus.sock"),
        }
        return Config(**(values | changes))

    return make
