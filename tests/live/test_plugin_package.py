"""The guide for plugins, followed: the package is built, installed, and used in a hub and in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.chromium import running_browser
from tests.running.guide import guide_blocks, write_guide_package
from tests.running.hub import ROOT, Hub, running_hub

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as ``pip install`` leaves it, outside of the hub's own tree."""
    folder = tmp_path_factory.mktemp("guide")
    package = write_guide_package(folder / "kitchen")
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site")]
    subprocess.run([*argv, str(package)], check=True, cwd=folder, timeout=300)
    return folder / "site"


def environment(site: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{site}"}


@pytest.fixture(scope="module")
def hub(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    section, yaml_hook = guide_blocks("yaml")
    written = folder / "said.txt"
    hook = next(text for text in guide_blocks("python") if "egg_is_ready" in text)
    # No engine for speech is needed to see that the hook ran.
    hook = hook.replace('get_plugin("tts").say("The egg is ready")', f'open({str(written)!r}, "w").write("ready")')
    with running_hub(
        folder,
        config=section + yaml_hook,
        scripts={"kitchen.py": hook},
        env=environment(site),
    ) as running:
        yield running


def test_its_actions_and_its_address_work(hub: Hub) -> None:
    assert hub.execute("kitchen.timer.set", minutes=3, name="tea").json()["response"]["output"]["tea"] == 3.0
    assert hub.request("GET", "/kitchen/timers", headers=hub.token).json()["tea"] > 2
    assert hub.request("GET", "/kitchen/timers").status == 401
    assert "up to 60 minutes" in hub.execute("kitchen.timer.set", minutes=61).json()["response"]["errors"][0]


def test_a_token_for_its_actions_opens_its_address_and_no_other(hub: Hub) -> None:
    made = hub.request(
        "POST",
        "/api/tokens?user=owner",
        '{"name": "display", "scopes": ["kitchen.*"]}',
        {**hub.token, "Content-Type": "application/json"},
    ).json()
    headers = {"X-Token": made["token"]}
    assert hub.request("GET", "/kitchen/timers", headers=headers).status == 200
    assert hub.request("GET", "/api/bootstrap", headers=headers).status == 403


def test_its_panel_and_its_widget_work_in_a_browser(hub: Hub, tmp_path: Path) -> None:
    base = f"http://localhost:{hub.port}"
    form = "username=owner&password=owner-password"
    signed_in = hub.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
    cookie = signed_in.headers["set-cookie"].partition("session_token=")[2].partition(";")[0]
    with running_browser(tmp_path) as browser:
        browser.set_cookie(base, "session_token", cookie)
        browser.open(f"{base}/plugin/kitchen.timer")
        browser.until("!!document.querySelector('kitchen-timer-panel input')")
        browser.run("document.querySelector('kitchen-timer-panel input').value = '0.05'")
        browser.run("document.querySelector('kitchen-timer-panel form').requestSubmit()")
        browser.until("document.querySelector('kitchen-timer-panel ul').textContent.includes('egg')")
        # As a dashboard does it.
        browser.run("import('/assets/plugins/kitchen.timer/widget.js')")
        browser.run("document.body.append(document.createElement('kitchen-timer-widget'))")
        browser.until("document.querySelector('kitchen-timer-widget').textContent.includes('min')")
        # The event comes over the websocket, to both.
        browser.until("document.querySelector('kitchen-timer-panel [role=status]').textContent === 'The egg is ready.'")
        assert (Path(hub.config).parent / "said.txt").read_text() == "ready"
        parts = browser.run("fetch('/api/bootstrap').then((answer) => answer.json()).then(({ parts }) => parts)")
    assert [(part["plugin"], part["title"], part["reason"]) for part in parts] == [
        ("kitchen.timer", "Kitchen timer", None)
    ]


def test_its_event_is_known_to_hooks_of_scripts_and_of_the_configuration(hub: Hub) -> None:
    daemon = hub.request("GET", "/health", headers=hub.token).json()["daemon"]
    assert (daemon["hooks"], daemon["problems"]) == (2, [])


def test_its_own_tests_pass(site: Path, tmp_path: Path) -> None:
    package = write_guide_package(tmp_path)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package / "test_kitchen_timer.py")]
    done = subprocess.run(argv, env=environment(site), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout
