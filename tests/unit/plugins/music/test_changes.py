"""Which events follow from two looks at a player."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.plugins.music._changes import changes
from platypush.plugins.music._player import Snapshot

BASE = {
    "state": "play",
    "volume": "50",
    "random": "0",
    "repeat": "0",
    "single": "0",
    "consume": "0",
    "playlist": "7",
    "songid": "1",
    "elapsed": "10.0",
}
TRACK = {"file": "a.flac", "title": "A", "id": "1", "pos": "0"}


def look(at: float = 100, seeked: bool | None = None, **changed: Any) -> Snapshot:
    status = {**BASE, **{key: value for key, value in changed.items() if key != "track"}}
    known = {key: value for key, value in status.items() if value is not None}
    return Snapshot(known, changed.get("track", TRACK), at, seeked)


def names(before: Snapshot, now: Snapshot) -> list[str]:
    return [type(event).__name__ for event in changes(before, now, before.track, "music.test")]


def test_nothing_follows_from_time_that_passes() -> None:
    assert names(look(), look(at=105, elapsed="15.2")) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"state": "pause"}, ["MusicPauseEvent"]),
        ({"state": "stop", "elapsed": None}, ["MusicStopEvent"]),
        ({"state": "pause", "track": {**TRACK, "id": "2"}, "songid": "2"}, ["MusicPauseEvent"]),
        ({"playlist": "8"}, ["PlaylistChangeEvent"]),
        ({"volume": "51"}, ["VolumeChangeEvent"]),
        ({"volume": None}, []),
        ({"mute": "1"}, ["MuteChangeEvent"]),
        ({"random": "1"}, ["PlaybackRandomModeChangeEvent"]),
        ({"repeat": "1"}, ["PlaybackRepeatModeChangeEvent"]),
        ({"single": "oneshot"}, ["PlaybackSingleModeChangeEvent"]),
        ({"consume": "1"}, ["PlaybackConsumeModeChangeEvent"]),
        ({"track": {**TRACK, "pos": "5"}}, []),
        ({"track": {**TRACK, "title": "B"}}, ["NewPlayingTrackEvent"]),
        ({"track": {**TRACK, "id": "2"}, "songid": "2", "elapsed": "0.0"}, ["NewPlayingTrackEvent"]),
    ],
)
def test_each_change_has_its_event(changed: dict[str, Any], expected: list[str]) -> None:
    assert names(look(), look(**changed)) == expected


@pytest.mark.parametrize(
    ("before", "now", "seeked"),
    [
        (look(), look(at=102, elapsed="30.0"), True),
        (look(), look(at=102, elapsed="1.0"), True),
        (look(), look(at=102, elapsed="11.5"), False),
        (look(state="pause"), look(state="pause", at=200, elapsed="10.0"), False),
        (look(state="pause"), look(state="pause", at=200, elapsed="20.0"), True),
        (look(), look(state="pause", at=105, elapsed="12.0"), False),
        (look(), look(state="pause", at=105, elapsed="40.0"), True),
        (look(state="stop"), look(elapsed="40.0"), False),
        (look(elapsed=None), look(elapsed="40.0"), False),
        (look(), look(at=101, elapsed="40.0", seeked=False), False),
        (look(), look(at=101, elapsed="11.0", seeked=True), True),
    ],
)
def test_a_seek_is_a_place_that_time_does_not_explain(before: Snapshot, now: Snapshot, seeked: bool) -> None:
    assert ("SeekChangeEvent" in names(before, now)) is seeked


def test_events_carry_what_the_player_does_and_which_one_it_is() -> None:
    now = look(volume="70", single="oneshot")
    volume, single = changes(look(), now, TRACK, "music.test")
    assert volume.args == {"status": now.status, "track": TRACK, "plugin_name": "music.test", "volume": 70}
    assert single.state is True
    assert volume.to_dict()["args"]["type"] == "platypush.message.event.music.VolumeChangeEvent"


def test_the_same_track_after_a_stop_is_no_new_one() -> None:
    stopped = look(state="stop", elapsed=None)
    assert [type(event).__name__ for event in changes(stopped, look(), TRACK, "x")] == ["MusicPlayEvent"]
