"""Both engines in a whole hub, as the page says: espeak-ng, and a stand-in of Google that goes and comes back."""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import Any

import pytest

from tests.reference import configuration
from tests.running.hub import Hub, running_hub
from tests.running.translate import running_translator
from tests.running.waiting import until

pytestmark = pytest.mark.live


def call(hub: Hub, action: str, **args: Any) -> Any:
    response = hub.execute(action, **args).json()["response"]
    assert not response["errors"], response["errors"]
    return response["output"]


def programs(folder: Path, script: str) -> dict[str, str]:
    """An environment whose ``pw-play`` is this script: machines that test have no sound."""
    folder.mkdir()
    player = folder / "pw-play"
    player.write_text(f"#!/bin/sh\n{script}\n")
    player.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def seconds(file: Path) -> float:
    with wave.open(str(file)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def test_the_documented_configuration_speaks_with_both_engines(tmp_path: Path) -> None:
    played, gate = tmp_path / "played.wav", tmp_path / "gate"
    env = programs(tmp_path / "bin", f'while [ -e {gate} ]; do sleep 0.01; done; cp "$1" {played}')
    with running_translator() as google:
        config = configuration("tts", {"  language: en\n": f"  language: en\n  base_url: {google.url}\n"})
        with running_hub(tmp_path / "hub", config=config, env=env) as hub:
            assert call(hub, "tts.say", text="The washing is done") == {"engine": "espeak-ng", "player": "pw-play"}
            assert 0.5 < seconds(played) < 5
            assert call(hub, "tts.google.say", text="Hello", language="de-AT")["engine"] == "google"
            assert google.said == [("Hello", "de", None)]
            assert seconds(played) < 0.5

            gate.touch()
            call(hub, "tts.google.say", text="one", wait=False)
            call(hub, "tts.say", text="two", wait=False)
            until(lambda: [item["speaking"] for item in call(hub, "tts.get_queue")] == [True, False])
            assert call(hub, "tts.stop") == 2
            until(lambda: call(hub, "tts.google.get_queue") == [])
            gate.unlink()

            written = call(hub, "tts.say", text="x", output_file="a.wav")["output_file"]
            assert written == str(hub.workdir / "tts" / "a.wav")
            names = {item["name"] for item in call(hub, "tts.google.get_languages")}
            assert {"German", "Italian"} <= names
            assert "problems: none" in hub.command("status")
        assert "Traceback" not in hub.log.read_text()


def test_without_google_a_call_fails_at_once_and_works_again_when_it_is_back(tmp_path: Path) -> None:
    env = programs(tmp_path / "bin", "exit 0")
    with running_translator() as google:
        config = f"tts.google:\n  base_url: {google.url}\n"
    with running_hub(tmp_path / "hub", config=config, env=env) as hub:
        answer = hub.execute("tts.google.say", text="Hello").json()["response"]
        assert "Connection refused" in answer["errors"][0]
        assert call(hub, "tts.say", text="Hello")["engine"] == "espeak-ng"
        with running_translator(google):
            assert call(hub, "tts.google.say", text="Hello")["engine"] == "google"
        assert "Traceback" not in hub.log.read_text()
