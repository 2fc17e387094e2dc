"""What Mopidy answers, as the interface of music players has it: in the shape of MPD. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from platypush.errors import BadRequest
from platypush.plugins.music._player import Entry, Filter, Status, Track

__all__ = ["STATUS", "entries", "query", "queued", "status", "track"]

Model = Mapping[str, Any]
STATUS = (
    "core.playback.get_state",
    "core.playback.get_time_position",
    "core.playback.get_current_tl_track",
    "core.tracklist.index",
    "core.tracklist.get_length",
    "core.tracklist.get_version",
    "core.tracklist.get_random",
    "core.tracklist.get_repeat",
    "core.tracklist.get_single",
    "core.tracklist.get_consume",
    "core.mixer.get_volume",
    "core.mixer.get_mute",
    "core.playback.get_stream_title",
)
"""What a status and a current track are made of."""
_STATES = {"playing": "play", "paused": "pause", "stopped": "stop"}
_FIELDS = {
    "title": "track_name",
    "track": "track_no",
    "disc": "disc_no",
    "file": "uri",
    "filename": "uri",
    **{
        name: name
        for name in (
            "any",
            "artist",
            "album",
            "albumartist",
            "composer",
            "performer",
            "genre",
            "date",
            "comment",
            "uri",
        )
    },
}
"""MPD's names of what can be searched, and Mopidy's."""
_KINDS = ("directory", "playlist", "file")


def status(answers: Mapping[str, Any]) -> tuple[Status, Track]:
    """The status and the current track out of the answers to ``STATUS``."""

    def of(name: str) -> Any:
        return answers[f"core.{name}"]

    state = _STATES.get(of("playback.get_state"), "stop")
    found: Status = {
        "state": state,
        "random": _flag(of("tracklist.get_random")),
        "repeat": _flag(of("tracklist.get_repeat")),
        "single": _flag(of("tracklist.get_single")),
        "consume": _flag(of("tracklist.get_consume")),
        "playlist": str(of("tracklist.get_version")),
        "playlistlength": str(of("tracklist.get_length")),
    }
    if of("mixer.get_volume") is not None:
        found["volume"] = str(of("mixer.get_volume"))
    if of("mixer.get_mute") is not None:
        found["mute"] = _flag(of("mixer.get_mute"))
    current = of("playback.get_current_tl_track")
    if current is None:
        return found, {}
    position = of("tracklist.index")
    playing = queued(current, position)
    if of("playback.get_stream_title"):
        playing["title"] = str(of("playback.get_stream_title"))
    found["songid"] = playing["id"]
    if position is not None:
        found["song"] = str(position)
    if state != "stop":
        elapsed = int(of("playback.get_time_position") or 0) / 1000
        found["elapsed"] = f"{elapsed:.3f}"
        found["time"] = f"{elapsed:.0f}:{playing.get('time', '0')}"
        if "duration" in playing:
            found["duration"] = playing["duration"]
    return found, playing


def queued(item: Model, position: int | None) -> Track:
    """A track of the queue."""
    found = {**track(item["track"]), "id": str(item["tlid"])}
    if position is not None:
        found["pos"] = str(position)
    return found


def track(model: Model) -> Track:
    """A track."""
    album = model.get("album") or {}
    values = {
        "file": model.get("uri"),
        "title": model.get("name"),
        "artist": _names(model.get("artists")),
        "album": album.get("name"),
        "albumartist": _names(album.get("artists")),
        "composer": _names(model.get("composers")),
        "performer": _names(model.get("performers")),
        "genre": model.get("genre"),
        "date": model.get("date") or album.get("date"),
        "track": model.get("track_no"),
        "disc": model.get("disc_no"),
        "comment": model.get("comment"),
        "x-albumuri": album.get("uri"),
    }
    found = {key: str(value) for key, value in values.items() if value not in (None, "")}
    length = model.get("length")
    if length:
        found |= {"time": f"{length / 1000:.0f}", "duration": f"{length / 1000:.3f}"}
    return found


def entries(references: Iterable[Model]) -> list[Entry]:
    """What is in a folder, folders first. Albums and artists are folders: they can be browsed."""
    found: list[Entry] = []
    for reference in references:
        kind = {"track": "file", "playlist": "playlist"}.get(reference["type"], "directory")
        found.append({kind: str(reference["uri"]), "name": str(reference.get("name") or reference["uri"])})
    return sorted(found, key=lambda entry: next(place for place, kind in enumerate(_KINDS) if kind in entry))


def query(terms: Filter) -> dict[str, list[str]]:
    """A search. Raises BadRequest for a field that Mopidy has not."""
    found: dict[str, list[str]] = {}
    for field, value in terms:
        if field not in _FIELDS:
            raise BadRequest(f"Mopidy cannot search for {field!r}. It knows: {', '.join(sorted(_FIELDS))}.")
        found.setdefault(_FIELDS[field], []).append(value)
    return found


def _flag(value: Any) -> str:
    return "1" if value else "0"


def _names(models: Iterable[Model] | None) -> str:
    return ", ".join(sorted(str(model["name"]) for model in models or () if model.get("name")))
