"""Panels and widgets of other packages: found without importing them, and a mistake is a state."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.backend.http.app.state import web_of
from platypush.dashboards.parts import GROUP, WebPart, find_parts, read_part
from platypush.dashboards.rights import expander
from tests.app.conftest import Owner

GOOD: dict[str, Any] = {"title": "Timer", "icon": "i.svg", "panel": "panel.js", "widgets": {"EggTimer2": "w.js"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "timer_web"
    made.mkdir()
    for name in ("panel.js", "w.js", "i.svg", "code.py"):
        (made / name).write_text(f"// {name}")
    (tmp_path / "outside.js").write_text("// outside")
    (made / "__init__.py").write_text("raise RuntimeError('imported')")
    (made / "web.json").write_text(json.dumps(GOOD))
    return made


def test_a_part_names_its_elements_and_where_their_modules_are(folder: Path) -> None:
    assert read_part("kitchen.timer", folder).to_dict() == {
        "plugin": "kitchen.timer",
        "title": "Timer",
        "icon": "/assets/plugins/kitchen.timer/i.svg",
        "panel": {"tag": "kitchen-timer-panel", "module": "/assets/plugins/kitchen.timer/panel.js"},
        "widgets": [{"name": "EggTimer2", "tag": "egg-timer2-widget", "module": "/assets/plugins/kitchen.timer/w.js"}],
        "reason": None,
    }


def test_a_package_is_found_and_not_imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder.parent))
    (part,) = find_parts([EntryPoint("timer", "timer_web", GROUP)])
    assert (part.reason, part.panel, part.folder) == (None, "panel.js", folder)


@pytest.mark.parametrize(
    ("value", "reason"),
    [("nowhere_web", "no package"), ("a.b", "top level"), ("timer_web:x", "top level"), ("json_tool", "no package")],
)
def test_an_entry_point_that_leads_nowhere_is_a_state(value: str, reason: str) -> None:
    (part,) = find_parts([EntryPoint("timer", value, GROUP)])
    assert reason in (part.reason or "")
    assert part.to_dict()["panel"] is None


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("[]", "is an object"),
        ('{"panle": "panel.js"}', "is an object with the keys"),
        ('{"panel": "gone.js"}', "names 'gone.js'"),
        ('{"panel": "../outside.js"}', "no such file"),
        ('{"panel": 7}', "names 7"),
        ('{"widgets": {"egg": "w.js"}}', "maps names"),
        ('{"widgets": ["w.js"]}', "maps names"),
        ('{"widgets": {"Egg": 7}}', "widget Egg is a file"),
        ('{"widgets": {"Egg": {"module": "w.js", "action": []}}}', "widget Egg is a file"),
        ('{"widgets": {"Egg": {"module": "w.js", "actions": "x.y"}}}', "widget Egg is a file"),
        ('{"widgets": {"Egg": {"actions": []}}}', "widget Egg is a file"),
        ("{", "Expecting"),
    ],
)
def test_a_mistake_in_the_manifest_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, reason: str
) -> None:
    (folder / "web.json").write_text(manifest)
    monkeypatch.syspath_prepend(str(folder.parent))
    (part,) = find_parts([EntryPoint("timer", "timer_web", GROUP)])
    assert reason in (part.reason or "")


def test_a_page_learns_of_panels_and_widgets_and_of_what_is_wrong_with_them(
    app: Flask, client: FlaskClient, owner: Owner, folder: Path
) -> None:
    web_of(app).parts = (read_part("timer", folder), WebPart("broken", reason="no web.json"))
    parts = client.get("/api/bootstrap", headers=owner.bearer()).get_json()["parts"]
    assert [(part["plugin"], part["reason"]) for part in parts] == [("timer", None), ("broken", "no web.json")]
    assert parts[0]["panel"] == {"tag": "timer-panel", "module": "/assets/plugins/timer/panel.js"}
    assert parts[0]["widgets"][0]["tag"] == "egg-timer2-widget"


def test_the_files_of_a_part_are_served_and_its_code_is_not(app: Flask, client: FlaskClient, folder: Path) -> None:
    web_of(app).parts = (read_part("timer", folder), WebPart("broken", reason="no"))
    found = client.get("/assets/plugins/timer/panel.js", buffered=True)
    assert (found.status_code, found.mimetype) == (200, "text/javascript")
    for path in (
        "timer/code.py",
        "timer/__init__.py",
        "timer/../outside.js",
        "timer/%2e%2e/outside.js",
        "broken/x",
        "x/y",
    ):
        assert client.get(f"/assets/plugins/{path}").status_code == 404, path


def test_a_screen_may_do_what_the_widgets_of_its_dashboard_say_that_they_use(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = {"module": "w.js", "actions": ["timer.list"], "events": ["*.TimerEvent"]}
    (folder / "web.json").write_text(json.dumps({"widgets": {"Egg": widget, "Other": {**widget, "actions": ["x.y"]}}}))
    part = read_part("timer", folder)
    (tmp_path / "main.xml").write_text("<Dashboard><Egg/></Dashboard>")
    monkeypatch.setattr("platypush.dashboards.rights.find_parts", lambda: (part,))
    rights = expander(tmp_path, {})(("dashboard:main",))
    assert set(rights) == {"dashboard:main", "bootstrap", "timer.list", "events:*.TimerEvent"}
