"""The plugin ``tts``: with the real espeak-ng, and a script in the place of a player."""

from __future__ import annotations

import tempfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import ActionFailed, BadRequest, Busy, Forbidden, Unavailable
from platypush.plugins.tts import TtsPlugin
from platypush.plugins.tts._espeak import Espeak, Voice
from platypush.plugins.tts._player import find_player
from platypush.plugins.tts._speaker import Said, Speech

MakeTts = Callable[..., TtsPlugin]


@pytest.fixture(autouse=True)
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sound files are while they wait."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def make_tts(tmp_path: Path) -> Iterator[MakeTts]:
    """``make_tts('shell script')``: a plugin whose player is that script; ``$1`` is the sound file."""
    made: list[TtsPlugin] = []

    def make(script: str = "exit 0", **options: Any) -> TtsPlugin:
        plugin = TtsPlugin(player=["sh", "-c", script, "player"], output_dir=tmp_path / "out", **options)
        made.append(plugin)
        plugin.on_start()
        return plugin

    yield make
    for plugin in made:
        plugin.on_stop()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 20 s"
        time.sleep(0.01)


def seconds(file: Path) -> float:
    with wave.open(str(file)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def test_a_text_becomes_a_wav_file(make_tts: MakeTts, tmp_path: Path) -> None:
    output = make_tts().say("This is a test", output_file="a.wav").output
    file = tmp_path / "out" / "a.wav"
    assert output == {"engine": Espeak.find().name, "output_file": str(file)}
    assert 0.5 < seconds(file) < 5
    assert [path.name for path in file.parent.iterdir()] == ["a.wav"]


def test_speed_changes_how_long_it_takes(make_tts: MakeTts, tmp_path: Path) -> None:
    plugin = make_tts(speed=100)
    plugin.say("one two three four five", output_file="slow.wav")
    plugin.say("one two three four five", output_file="fast.wav", speed=400)
    assert seconds(tmp_path / "out" / "slow.wav") > 1.5 * seconds(tmp_path / "out" / "fast.wav")


def test_a_text_is_never_taken_for_an_option(make_tts: MakeTts, tmp_path: Path) -> None:
    make_tts().say("--version", output_file="a.wav")
    assert seconds(tmp_path / "out" / "a.wav") > 0.5


def test_files_are_written_inside_of_the_output_folder_only(make_tts: MakeTts) -> None:
    for name in ("../a.wav", "/tmp/a.wav", ".."):
        with pytest.raises(Forbidden, match="set output_dir"):
            make_tts().say("x", output_file=name)


def test_the_player_gets_a_sound_file_that_is_gone_afterwards(make_tts: MakeTts, tmp_path: Path, sounds: Path) -> None:
    plugin = make_tts(f'cp "$1" {tmp_path}/played.wav')
    assert plugin.say("hello").output == {"engine": Espeak.find().name, "player": "sh"}
    assert seconds(tmp_path / "played.wav") > 0.2
    assert list(sounds.iterdir()) == []


def test_two_texts_are_never_said_at_once(make_tts: MakeTts, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    plugin = make_tts(f"mkdir {lock} || exit 1; sleep 0.05; rmdir {lock}")
    errors: list[Exception] = []

    def say() -> None:
        try:
            plugin.say("hello")
        except ActionFailed as error:
            errors.append(error)

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_player_that_fails_is_an_error_with_its_own_words(make_tts: MakeTts, sounds: Path) -> None:
    with pytest.raises(ActionFailed, match=r"sh could not play the sound: no device\. Is there a sound device"):
        make_tts("echo no device >&2; exit 1").say("hello")
    assert list(sounds.iterdir()) == []


def test_without_wait_it_returns_before_it_was_said(make_tts: MakeTts, tmp_path: Path) -> None:
    plugin = make_tts(f"until [ -e {tmp_path}/go ]; do sleep 0.01; done; touch {tmp_path}/said")
    plugin.say("hello", wait=False)
    assert not (tmp_path / "said").exists()
    (tmp_path / "go").touch()
    until((tmp_path / "said").exists)


def test_stop_silences_the_current_text_and_forgets_the_waiting_ones(
    make_tts: MakeTts, tmp_path: Path, sounds: Path
) -> None:
    plugin = make_tts(f"touch {tmp_path}/playing; exec sleep 600")
    caller = threading.Thread(target=lambda: plugin.say("first"))
    caller.start()
    until((tmp_path / "playing").exists)
    plugin.say("second", wait=False)
    assert plugin.stop().output == 2
    caller.join(10)
    assert not caller.is_alive()
    until(lambda: list(sounds.iterdir()) == [])
    assert plugin.stop().output == 0


def test_a_text_that_is_stopped_just_before_its_player_starts_is_not_played(tmp_path: Path) -> None:
    player = find_player(["sh", "-c", "exec sleep 600"])
    speech = Speech(tmp_path / "a.wav", player, Said("tts", "espeak-ng", "x"))
    speech.cancel()
    player.play(speech.file, speech.started)


def test_too_many_waiting_texts_are_refused(make_tts: MakeTts, tmp_path: Path) -> None:
    plugin = make_tts(f"touch {tmp_path}/playing; exec sleep 600", max_queue=1)
    plugin.say("current", wait=False)
    until((tmp_path / "playing").exists)
    plugin.say("waiting", wait=False)
    with pytest.raises(Busy, match="1 texts wait"):
        plugin.say("too many", wait=False)


def test_nothing_is_said_after_the_hub_stopped(make_tts: MakeTts, sounds: Path) -> None:
    plugin = make_tts("exec sleep 600")
    plugin.say("hello", wait=False)
    plugin.on_stop()
    with pytest.raises(Unavailable, match="hub stops"):
        plugin.say("hello")
    assert list(sounds.iterdir()) == []


def test_texts_that_wait_when_the_hub_stops_are_an_error_for_their_callers(make_tts: MakeTts, tmp_path: Path) -> None:
    plugin = make_tts(f"touch {tmp_path}/playing; exec sleep 600")
    plugin.say("current", wait=False)
    until((tmp_path / "playing").exists)
    caught: list[Exception] = []

    def say() -> None:
        try:
            plugin.say("waiting")
        except Unavailable as error:
            caught.append(error)

    caller = threading.Thread(target=say)
    caller.start()
    until(lambda: len(plugin.get_queue().output) == 2)
    plugin.on_stop()
    caller.join(10)
    assert len(caught) == 1


def test_an_unknown_voice_is_an_error(make_tts: MakeTts) -> None:
    with pytest.raises(ActionFailed, match="does not exist"):
        make_tts().say("hello", voice="nobody-speaks-so", output_file="a.wav")


@pytest.mark.parametrize(
    "options",
    [
        {"language": "-h"},
        {"voice": "../../etc/passwd"},
        {"voice": "a b"},
        {"speed": 79},
        {"speed": 451},
        {"volume": 201},
        {"volume": -1},
    ],
)
def test_odd_options_are_refused(make_tts: MakeTts, options: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        make_tts().say("hello", output_file="a.wav", **options)


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001])
def test_nothing_and_too_much_are_refused(make_tts: MakeTts, text: str) -> None:
    with pytest.raises(BadRequest):
        make_tts().say(text)


def test_a_language_given_with_the_call_counts_before_the_default_voice() -> None:
    default = Voice("en", "gmw/en-US", 120, 50)
    assert default.arguments() == ["-v", "gmw/en-US", "-s", "120", "-a", "50"]
    assert default.with_changes("de_AT", None, None, 0).arguments() == ["-v", "de-at", "-s", "120", "-a", "0"]


def test_voices_are_listed(make_tts: MakeTts) -> None:
    voices = make_tts().get_voices("de").output
    assert {"name", "language", "gender"} == set(voices[0])
    assert voices[0]["language"] == "de"


def test_a_machine_without_engine_or_player_says_what_to_install(
    make_tts: MakeTts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = TtsPlugin()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ActionFailed, match="apt install espeak-ng"):
        plugin.say("hello")
    with pytest.raises(ActionFailed, match="apt install alsa-utils"):
        find_player()
    with pytest.raises(ActionFailed, match="configured player 'mpg' is not on this machine"):
        find_player(["mpg"])
