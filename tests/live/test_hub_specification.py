"""The specification's own examples, unchanged, against a real hub under uWSGI."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.config.loader import load
from tests.running.deaths import workers_of
from tests.running.hub import PASSWORD, USER, Hub, running_hub
from tests.running.hue_bridge import running_bridge

pytestmark = pytest.mark.live

SPEC = Path(__file__).resolve().parents[1] / "fixtures" / "spec"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with the specification's hook and a Hue bridge, whose button was just pressed."""
    folder = tmp_path_factory.mktemp("spec")
    with running_bridge(folder / "bridge") as bridge:
        bridge.press()
        with running_hub(
            folder / "hub",
            config=f"light.hue:\n  bridge: {bridge.address}\n",
            scripts={"hooks.py": (SPEC / "hooks.py").read_text()},
            user=False,
        ) as running:
            yield running


def shell(name: str, hub: Hub, **values: str) -> Any:
    """Run a command of the specification as printed there, with host and variables filled in."""
    text = (SPEC / name).read_text().replace("host:8008", f"localhost:{hub.port}")
    for key, value in values.items():
        text = text.replace(f"${key}", value)
    result = subprocess.run(
        ["bash", "-c", text.replace("curl ", "curl -sS ")], capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def token(hub: Hub) -> str:
    form = f"username={USER}&password={PASSWORD}&confirm_password={PASSWORD}"
    registered = hub.request("POST", "/register", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert registered.status == 302
    assert "session_token=" in registered.headers["set-cookie"]
    answer = shell("auth.sh", hub, YOUR_USER=USER, YOUR_PASSWORD=PASSWORD)
    assert list(answer) == ["token"]
    return str(answer["token"])


def test_the_curl_lines_register_authenticate_and_execute_over_two_workers(hub: Hub, token: str) -> None:
    assert len(workers_of(hub)) >= 2
    answer = shell("execute.sh", hub, YOUR_TOKEN=token)
    assert answer["type"] == "response"
    # It speaks where there is a player; a machine without sound says so.
    assert answer["response"]["errors"] == [] or "sound" in answer["response"]["errors"][0]


def test_the_hook_toggles_the_lights_for_who_knows_its_token(hub: Hub, token: str) -> None:
    def lights_on() -> set[bool]:
        lights = hub.execute("light.hue.status", {"X-Token": token}).json()["response"]["output"]
        return {light["on"] for light in lights}

    assert lights_on() == {False}
    answer = hub.request("POST", "/hook/lights_toggle", headers={"X-Token": "abcdefabcdef"})
    assert answer.status == 200
    assert lights_on() == {True}


@pytest.mark.parametrize("headers", [{}, {"X-Token": "wrong"}])
def test_the_hook_refuses_everybody_else_with_its_own_words(hub: Hub, headers: dict[str, str]) -> None:
    answer = hub.request("POST", "/hook/lights_toggle", headers=headers)
    assert answer.status == 403
    assert answer.json()["error"]["message"] == "Unauthorized"


def test_hook_names_are_matched_exactly(hub: Hub) -> None:
    headers = {"X-Token": "abcdefabcdef"}
    assert hub.request("POST", "/hook/lights", headers=headers).status == 404
    assert hub.request("POST", "/hook/my_lights_toggle_x", headers=headers).status == 404


def test_the_configuration_is_read_unchanged() -> None:
    config = load(SPEC / "config.yaml", environ={"HOME": "/nonexistent"})
    assert config.http is not None
    assert (config.http.port, config.http.websocket_port) == (8008, 8009)
    assert dict(config.http.resource_dirs) == {
        "photos": Path("/mnt/hd/photos"),
        "videos": Path("/mnt/hd/videos"),
        "music": Path("/mnt/hd/music"),
    }


def test_an_answer_says_that_its_connection_closes(hub: Hub) -> None:
    assert hub.request("GET", "/health").headers["connection"] == "close"
