"""The plugin ``tts.google`` with a stand-in of Google, and the queue that all engines share."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import wave
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import ActionFailed, BadRequest, Busy, Forbidden, TimeLimit, Unavailable
from platypush.plugins.tts import TtsPlugin
from platypush.plugins.tts._engine import SpeechPlugin
from platypush.plugins.tts.google import TtsGooglePlugin
from tests.running.translate import PATH, Translator, running_translator
from tests.running.waiting import until
from tests.running.web import Asked, Page

Make = Callable[..., Any]


@pytest.fixture
def google() -> Iterator[Translator]:
    with running_translator() as translator:
        yield translator


@pytest.fixture(autouse=True)
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sound files are while they wait."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def make(tmp_path: Path, google: Translator) -> Iterator[Make]:
    """``make('shell script', cls=…, …)``: a plugin whose player is that script; ``$1`` is the sound file."""
    made: list[SpeechPlugin] = []

    def start(script: str = "exit 0", cls: type[SpeechPlugin] = TtsGooglePlugin, **options: Any) -> SpeechPlugin:
        if cls is TtsGooglePlugin:
            options.setdefault("base_url", google.url)
        plugin = cls(player=["sh", "-c", script, "player"], output_dir=tmp_path / "out", **options)
        made.append(plugin)
        plugin.on_start()
        return plugin

    yield start
    for plugin in made:
        plugin.on_stop()


def loudest(file: Path) -> int:
    with wave.open(str(file)) as sound:
        samples: array[int] = array("h", sound.readframes(sound.getnframes()))
    return max(abs(sample) for sample in samples)


def length(file: Path) -> float:
    with wave.open(str(file)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def test_the_player_gets_a_wav_file_of_what_google_said(
    make: Make, google: Translator, tmp_path: Path, sounds: Path
) -> None:
    plugin = make(f'cp "$1" {tmp_path}/played.wav')
    assert plugin.say("hello").output == {"engine": "google", "player": "sh"}
    assert google.said == [("hello", "en", None)]
    assert 0.2 < length(tmp_path / "played.wav") < 0.5
    assert list(sounds.iterdir()) == []


def test_the_request_is_the_hubs_own_and_has_no_credentials(make: Make, google: Translator) -> None:
    make().say("hello", output_file="a.wav")
    (asked,) = google.web.asked
    assert (asked.method, asked.path) == ("POST", PATH)
    assert asked.headers["host"] == f"127.0.0.1:{google.web.port}"
    assert "cookie" not in asked.headers


def test_a_long_text_is_said_in_parts_of_a_hundred_characters(make: Make, google: Translator, tmp_path: Path) -> None:
    make().say("Once upon a time there was a hub that could talk. " * 5, output_file="long.wav")
    assert len(google.said) == 5
    assert all(len(text) <= 100 for text, _, _ in google.said)
    assert length(tmp_path / "out" / "long.wav") > 1.2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"language": "de"}, ("hi", "de", None)),
        ({"language": "de-AT"}, ("hi", "de", None)),
        ({"language": "pt_pt"}, ("hi", "pt-PT", None)),
        ({"language": "de", "voice": "fr"}, ("hi", "fr", None)),
        ({"slow": True}, ("hi", "it", True)),
        ({}, ("hi", "it", None)),
    ],
)
def test_language_and_pace_are_those_of_the_call_or_the_section(
    make: Make, google: Translator, options: dict[str, Any], expected: tuple[str, str, bool | None]
) -> None:
    make(language="it").say("hi", output_file="a.wav", **options)
    assert google.said == [expected]


def test_a_section_of_earlier_versions_loads_and_says_what_has_no_effect(
    make: Make, google: Translator, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = make(language="en-US", voice="de-DE-Wavenet-A", gender="FEMALE", credentials_file="~/x.json")
    plugin.say("hi", output_file="a.wav")
    assert google.said == [("hi", "de", None)]
    assert "have no effect" in caplog.text


def test_a_language_that_google_has_not_is_named(make: Make) -> None:
    with pytest.raises(BadRequest, match=r"no language 'xx'.*get_languages"):
        make().say("hi", language="xx")
    with pytest.raises(BadRequest, match="no language"):
        TtsGooglePlugin(language="klingon")


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001, "..."])
def test_nothing_and_too_much_are_refused(make: Make, google: Translator, text: str) -> None:
    with pytest.raises(BadRequest):
        make().say(text)
    assert google.said == []


def test_the_volume_is_that_of_the_call_or_the_one_that_was_set(make: Make, tmp_path: Path) -> None:
    plugin = make()
    assert plugin.get_volume().output == 100
    plugin.say("hi", output_file="normal.wav")
    plugin.say("hi", output_file="low.wav", volume=20)
    assert plugin.set_volume(50).output == 50
    plugin.say("hi", output_file="half.wav")
    normal, low, half = (loudest(tmp_path / "out" / f"{name}.wav") for name in ("normal", "low", "half"))
    assert 0.15 < low / normal < 0.25
    assert 0.45 < half / normal < 0.55
    for wrong in (-1, 201):
        with pytest.raises(BadRequest, match="volume is from 0 to 200"):
            plugin.set_volume(wrong)
        with pytest.raises(BadRequest):
            plugin.say("hi", volume=wrong, output_file="x.wav")


def test_a_file_may_be_mp3_as_google_sent_it_or_at_another_volume(
    make: Make, google: Translator, tmp_path: Path
) -> None:
    plugin = make()
    assert plugin.say("hi", output_file="a.mp3").output["output_file"] == str(tmp_path / "out" / "a.mp3")
    assert (tmp_path / "out" / "a.mp3").read_bytes() == google.sound
    plugin.say("hi", output_file="b.mp3", volume=10)
    found = subprocess.run(["ffprobe", "-v", "error", "-show_format", tmp_path / "out" / "b.mp3"], capture_output=True)
    assert b"format_name=mp3" in found.stdout
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.mp3", "b.mp3"]
    with pytest.raises(Forbidden, match=r"section tts\.google"):
        plugin.say("hi", output_file="../a.mp3")


@pytest.mark.parametrize(
    ("page", "error", "reason"),
    [
        (Page(')]}\'\n\n[["wrb.fr","jQ1olc",null]]', conditional=False), ActionFailed, "without sound"),
        (Page('jQ1olc","[\\"abc\\"]', conditional=False), ActionFailed, "without sound"),
        (Page("no", status=403), ActionFailed, "403"),
        (Page("later", status=429, headers={"Retry-After": "7"}), Unavailable, "429"),
        (Page(status=302, headers={"Location": "http://127.0.0.1:1/"}), Forbidden, "may not reach 127.0.0.1:1"),
    ],
)
def test_what_google_answers_instead_is_the_error(
    make: Make, google: Translator, page: Page, error: type[Exception], reason: str, sounds: Path
) -> None:
    plugin = make()
    google.web.pages[PATH] = page
    with pytest.raises(error, match=reason):
        plugin.say("hi")
    assert list(sounds.iterdir()) == []
    assert len(google.web.asked) == 1


def test_a_sound_that_is_none_is_an_error(make: Make, google: Translator) -> None:
    google.sound = b"this is no MP3" * 100
    with pytest.raises(ActionFailed, match="ffmpeg could not decode the sound"):
        make().say("hi")


def test_without_google_the_call_fails_at_once_and_says_so(make: Make, google: Translator) -> None:
    with pytest.raises(Unavailable, match="Connection refused"):
        make(base_url="http://127.0.0.1:1").say("hi")


def test_google_that_hangs_is_given_up(make: Make, google: Translator) -> None:
    release = threading.Event()

    def hang(asked: Asked) -> None:
        release.wait(20)

    google.web.before = hang
    try:
        with pytest.raises(TimeLimit):
            make(timeout=0.2).say("hi")
    finally:
        release.set()


def test_a_machine_that_decodes_no_mp3_says_what_to_install(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = make()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ActionFailed, match="apt install ffmpeg"):
        plugin.say("hi", output_file="a.wav")


def test_mpg123_does_where_there_is_no_ffmpeg(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    stand_in = programs / "mpg123"
    stand_in.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n/bin/cat > "$5"\n')
    stand_in.chmod(0o755)
    plugin = make()
    monkeypatch.setenv("PATH", str(programs))
    plugin.say("hi", output_file="a.wav", volume=50)
    assert (tmp_path / "arguments").read_text().startswith("-q -f 16384 -w ")
    stand_in.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(ActionFailed, match="mpg123 could not decode the sound: no reason"):
        plugin.say("hi", output_file="b.wav")
    stand_in.write_text("#!/bin/sh\nexec /bin/sleep 600\n")
    monkeypatch.setattr("platypush.plugins.tts._sound._SECONDS", 0.05)
    with pytest.raises(ActionFailed, match=r"took more than 0\.05 s"):
        plugin.say("hi", output_file="b.wav")


def test_languages_and_voices_are_listed(make: Make) -> None:
    plugin = make()
    assert {"language": "de", "name": "German"} in plugin.get_languages().output
    assert plugin.get_voices("de-AT").output == [{"name": "de", "language": "de", "gender": ""}]
    assert len(plugin.get_voices().output) == len(plugin.get_languages().output) > 50
    espeak = make(cls=TtsPlugin)
    assert {"language": "de", "name": "German"} in espeak.get_languages().output


def test_two_engines_never_talk_at_once(make: Make, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    script = f"mkdir {lock} || exit 1; sleep 0.05; rmdir {lock}"
    plugins = [make(script), make(script, cls=TtsPlugin)] * 2
    errors: list[Exception] = []

    def say(plugin: Any) -> None:
        try:
            plugin.say("hello")
        except ActionFailed as error:
            errors.append(error)

    threads = [threading.Thread(target=say, args=(plugin,)) for plugin in plugins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_the_queue_shows_the_texts_of_all_engines_and_either_stops_them(make: Make, tmp_path: Path) -> None:
    google = make(f"touch {tmp_path}/playing; exec sleep 600")
    espeak = make(cls=TtsPlugin)
    google.say("first", language="de", wait=False)
    until((tmp_path / "playing").exists)
    espeak.say("second", language="en-gb", wait=False)
    assert espeak.get_queue().output == [
        {"plugin": "tts.google", "engine": "google", "text": "first", "language": "de", "speaking": True},
        {"plugin": "tts", "engine": "espeak-ng", "text": "second", "language": "en-gb", "speaking": False},
    ]
    assert espeak.stop().output == 2
    until(lambda: google.get_queue().output == [])


def test_the_limit_counts_the_texts_of_all_engines(make: Make, tmp_path: Path) -> None:
    google, espeak = make(f"touch {tmp_path}/playing; exec sleep 600", max_queue=1), make(cls=TtsPlugin)
    google.say("current", wait=False)
    until((tmp_path / "playing").exists)
    espeak.say("waiting", wait=False)
    with pytest.raises(Busy, match=r"call tts\.google\.stop"):
        google.say("too many", wait=False)


def test_an_engine_that_stops_takes_only_its_own_texts_along(make: Make, tmp_path: Path) -> None:
    google = make(f"touch {tmp_path}/playing; exec sleep 600")
    espeak = make(f"touch {tmp_path}/said", cls=TtsPlugin)
    google.say("current", wait=False)
    until((tmp_path / "playing").exists)
    google.say("waiting", wait=False)
    espeak.say("stays", wait=False)
    google.on_stop()
    until((tmp_path / "said").exists)
    with pytest.raises(Unavailable, match="hub stops"):
        google.say("hello")


def test_no_thread_is_left_when_the_last_engine_stops(make: Make) -> None:
    def speaking() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "tts"]

    first, second = make(), make(cls=TtsPlugin)
    first.say("hello")
    assert len(speaking()) == 1
    first.on_stop()
    second.say("hello")
    second.on_stop()
    until(lambda: not speaking())
    second.on_start()
    second.say("again")
