"""Which events follow from what a player did before and does now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from platypush.message.event import music
from platypush.plugins.music._player import Snapshot, Track

__all__ = ["changes"]

_JUMP = 1.0
"""Seconds by which a place in a track has to be off to be taken for a seek: less happens by itself."""
_STATES = {"play": music.MusicPlayEvent, "pause": music.MusicPauseEvent, "stop": music.MusicStopEvent}
_MODES = {
    "random": music.PlaybackRandomModeChangeEvent,
    "repeat": music.PlaybackRepeatModeChangeEvent,
    "single": music.PlaybackSingleModeChangeEvent,
    "consume": music.PlaybackConsumeModeChangeEvent,
}
_IDENTITY = ("id", "file", "title", "artist", "album")
"""Not the position: a track that moves within the queue is the same."""


def changes(before: Snapshot, now: Snapshot, playing: Track, plugin: str) -> Iterator[music.MusicEvent]:
    """The events, in the order in which they happened. ``playing`` is the track that was played last."""

    def event(kind: Callable[..., music.MusicEvent], **arguments: Any) -> music.MusicEvent:
        return kind(status=now.status, track=now.track, plugin_name=plugin, **arguments)

    old, new = before.status, now.status
    state = new.get("state", "stop")
    if old.get("playlist") != new.get("playlist"):
        yield event(music.PlaylistChangeEvent)
    if state != old.get("state") and state in _STATES:
        yield event(_STATES[state])
    if state == "play" and not same_track(playing, now.track):
        yield event(music.NewPlayingTrackEvent)
    elif _seeked(before, now):
        yield event(music.SeekChangeEvent, position=_elapsed(now))
    if new.get("volume") != old.get("volume") and "volume" in new:
        yield event(music.VolumeChangeEvent, volume=int(new["volume"]))
    if new.get("mute") != old.get("mute") and "mute" in new:
        yield event(music.MuteChangeEvent, mute=new["mute"] == "1")
    for name, kind in _MODES.items():
        if new.get(name) != old.get(name) and name in new:
            yield event(kind, state=new[name] != "0")


def same_track(one: Track, other: Track) -> bool:
    """Whether both are the same track, and say the same of what they play."""
    return all(one.get(key) == other.get(key) for key in _IDENTITY)


def _seeked(before: Snapshot, now: Snapshot) -> bool:
    if now.seeked is not None:
        return now.seeked
    if before.status.get("songid") != now.status.get("songid") or "elapsed" not in before.status:
        return False
    if before.status["state"] == "stop" or now.status["state"] == "stop":
        return False
    expected = _elapsed(before)
    passed = now.at - before.at
    # When it was paused or went on in between, anything from nothing to all of the time may have been played.
    slack = 0.0 if before.status["state"] == now.status["state"] else passed
    if before.status["state"] == now.status["state"] == "play":
        expected += passed
    return not expected - _JUMP <= _elapsed(now) <= expected + slack + _JUMP


def _elapsed(snapshot: Snapshot) -> float:
    return float(snapshot.status.get("elapsed", 0))
