"""What docs/plugins.md and docs/actions.md say is true: the example is run, every action is there."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.message.event import Event
from platypush.message.request import Request
from platypush.plugins._discovery import Catalogue
from platypush.plugins._slot import action_names
from platypush.plugins.arguments import for_constructor, for_function
from platypush.plugins.registry import DEFAULT_PLUGINS, PluginRegistry
from tests.reference import documented
from tests.running.guide import GUIDE, guide_files

DOCS = Path(__file__).resolve().parents[3] / "docs"
REFERENCE = (DOCS / "actions.md").read_text()
NAMES = tuple(name for name in Catalogue().names() if name not in documented())
"""What has no page of its own below docs/integrations, whose tables are made from the code."""


def section(name: str) -> str:
    match = re.search(rf"^## `{re.escape(name)}`\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/actions.md has no section `{name}`"
    return match[1]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The guide's package, as pip installs it: its module, and its entry point."""
    (tmp_path / "kitchen_timer.py").write_text(guide_files()["kitchen_timer.py"])
    project = tomllib.loads(guide_files()["pyproject.toml"])["project"]
    info = tmp_path / "platypush_kitchen_timer-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"{name} = {value}" for name, value in project["entry-points"]["platypush.plugins"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[platypush.plugins]", *lines]))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("kitchen_timer", None)


def test_the_guides_plugin_loads_by_its_entry_point_and_runs(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[Event] = []

    class Bus:
        def post(self, event: Event) -> None:
            posted.append(event)

    registry = PluginRegistry({"kitchen.timer": {"longest": 60}}, defaults=())
    registry.load()
    plugin: Any = registry.get("kitchen.timer")
    monkeypatch.setattr(plugin, "get_bus", Bus)
    assert registry.run(Request(action="kitchen.timer.set", args={"minutes": 3})).output == {"egg": 3.0}
    assert registry.run(Request(action="kitchen.timer.set", args={"minutes": 61})).errors == [
        "A timer has up to 60 minutes."
    ]
    assert registry.run(Request(action="kitchen.timer.set", args={"minutes": "3", "nmae": "x"})).errors[0] in GUIDE
    plugin.timers["egg"] = 0
    plugin.main()
    assert [(type(event).__name__, event.name) for event in posted] == [("TimerEvent", "egg")]
    schema = registry.describe()["kitchen.timer"]["actions"]["set"]["schema"]
    assert schema["properties"]["minutes"]["description"] == "How long."


@pytest.mark.parametrize("name", NAMES)
def test_every_bundled_action_argument_and_key_is_in_the_reference(name: str) -> None:
    text = section(name)
    cls = Catalogue().load(name)
    for key in for_constructor(name, cls).parameters:
        assert key.name in ("logging_level", "poll_interval") or f"| `{key.name}` |" in text, key.name
    for action in action_names(cls):
        row = next((line for line in text.splitlines() if line.startswith(f"| `{name}.{action}` |")), "")
        assert row, action
        for parameter in for_function(action, getattr(cls, action), method=True).parameters:
            assert f"`{parameter.name}`" in row, f"{action}: {parameter.name}"


def test_the_reference_has_nothing_that_is_not_there() -> None:
    assert set(re.findall(r"^## `(.+)`$", REFERENCE, re.MULTILINE)) == set(NAMES)
    named = set(re.findall(r"^\| `([a-z_.]+\.[a-z_]+)` \|", REFERENCE, re.MULTILINE))
    assert named == {f"{name}.{action}" for name in NAMES for action in action_names(Catalogue().load(name))}


def test_the_reference_names_the_default_plugins() -> None:
    intro = REFERENCE.partition("\n## ")[0]
    sentence = re.search(r"\n\n(`config`.*?) load without a section", intro, re.DOTALL)
    assert sentence
    assert set(re.findall(r"`([a-z.]+)`", sentence[1])) == set(DEFAULT_PLUGINS)
