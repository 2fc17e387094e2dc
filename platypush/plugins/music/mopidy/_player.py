"""Mopidy as a player."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platypush.errors import ActionFailed, BadRequest, NotFound
from platypush.plugins.music._player import Entry, Filter, Listener, Mode, Picture, Player, Status, Track
from platypush.plugins.music.mopidy import _shape as shape
from platypush.plugins.music.mopidy._finder import Finder
from platypush.plugins.music.mopidy._listener import MopidyListener
from platypush.plugins.music.mopidy._pictures import Pictures
from platypush.plugins.music.mopidy._playlists import Playlists, Reference
from platypush.plugins.music.mopidy._rpc import Rpc

__all__ = ["MopidyPlayer"]

_BATCH = 50
_SETTLED = 1.0
"""Seconds that Mopidy may take to do what it said it does: it answers before its sound has changed."""


@dataclass(frozen=True, slots=True)
class _Now:
    state: str
    tlid: int | None


class MopidyPlayer(Player):
    """One Mopidy."""

    def __init__(self, rpc: Rpc, pictures: Pictures, timeout: float, *, owner: str) -> None:
        self._rpc = rpc
        self._pictures = pictures
        self._timeout = timeout
        self._owner = owner
        self._playlists = Playlists(rpc)

    def look(self) -> tuple[Status, Track]:
        """The status and the current track."""
        answers = self._rpc.batch(*((method, {}) for method in shape.STATUS))
        return shape.status(dict(zip(shape.STATUS, answers, strict=True)))

    def status(self) -> Status:
        return self.look()[0]

    def current(self) -> Track:
        return self.look()[1]

    def play(self, *, position: int | None = None, track_id: int | None = None) -> None:
        if position is not None:
            items = self._rpc.call("core.tracklist.slice", start=position, end=position + 1)
            if not items:
                raise BadRequest(f"The queue of {self._rpc} has no track at position {position}.")
            track_id = int(items[0]["tlid"])
        elif track_id is not None and self._rpc.call("core.tracklist.index", tlid=track_id) is None:
            raise NotFound(f"The queue of {self._rpc} has no track with the id {track_id}.")
        self._rpc.call("core.playback.play", tlid=track_id)
        if track_id is not None or self._rpc.call("core.tracklist.get_length"):
            self._settle(lambda now: now.state == "playing" and track_id in (None, now.tlid))

    def pause(self) -> None:
        self._rpc.call("core.playback.pause")

    def stop(self) -> None:
        self._rpc.call("core.playback.stop")

    def next(self) -> None:
        self._go("core.playback.next", "core.tracklist.get_next_tlid")

    def previous(self) -> None:
        self._go("core.playback.previous", "core.tracklist.get_previous_tlid")

    def _go(self, method: str, target: str) -> None:
        wanted = self._rpc.call(target)
        self._rpc.call(method)
        if wanted is not None:
            self._settle(lambda now: now.tlid == wanted)

    def _settle(self, done: Any) -> None:
        deadline = time.monotonic() + _SETTLED
        while time.monotonic() < deadline:
            state, tlid = self._rpc.batch(("core.playback.get_state", {}), ("core.playback.get_current_tlid", {}))
            if done(_Now(state, tlid)):
                return
            time.sleep(0.02)

    def seek(self, seconds: float, *, relative: bool) -> None:
        state, now = self._rpc.batch(("core.playback.get_state", {}), ("core.playback.get_time_position", {}))
        if state == "stopped":
            raise ActionFailed(f"{self._rpc} does not play: there is nothing to move in.")
        position = max(0, int(seconds * 1000) + (int(now) if relative else 0))
        if not self._rpc.call("core.playback.seek", time_position=position):
            raise ActionFailed(f"{self._rpc} cannot move within this track.")

    def volume(self, percent: int) -> None:
        if not self._rpc.call("core.mixer.set_volume", volume=percent):
            raise ActionFailed(f"{self._rpc} cannot set its volume: it has no mixer.")

    def mute(self, on: bool) -> None:
        """Be silent, or no longer."""
        if not self._rpc.call("core.mixer.set_mute", mute=on):
            raise ActionFailed(f"{self._rpc} cannot be muted: it has no mixer.")

    def mode(self, name: Mode, on: bool) -> None:
        self._rpc.call(f"core.tracklist.set_{name}", value=on)

    def add(self, resources: Sequence[str], position: int | None = None) -> list[str]:
        length = self._rpc.call("core.tracklist.get_length")
        if position is not None and position > length:
            raise BadRequest(f"The queue has {length} tracks: nothing can be put at position {position}.")
        uris, failures = Finder(self._rpc).tracks(resources)
        if failures and len(failures) == len(resources):
            raise failures[0]
        self._put(uris, position)
        return [str(failure) for failure in failures]

    def _put(self, uris: Sequence[str], position: int | None) -> int:
        added = 0
        for start in range(0, len(uris), _BATCH):
            place = None if position is None else position + added
            part = list(uris[start : start + _BATCH])
            added += len(self._rpc.slow("core.tracklist.add", uris=part, at_position=place))
        return added

    def delete(self, positions: Sequence[int]) -> None:
        items = self._queue(min(positions), max(positions) + 1)
        start = min(positions)
        try:
            ids = [items[position - start]["tlid"] for position in positions]
        except IndexError:
            raise BadRequest(f"The queue of {self._rpc} has no track at position {max(positions)}.") from None
        self._rpc.call("core.tracklist.remove", criteria={"tlid": ids})

    def move(self, position: int, to: int) -> None:
        length = self._rpc.call("core.tracklist.get_length")
        if not (position < length and to < length):
            raise BadRequest(f"The queue of {self._rpc} has {length} tracks: positions end before that.")
        self._rpc.call("core.tracklist.move", start=position, end=position + 1, to_position=to)

    def clear(self) -> None:
        self._rpc.call("core.tracklist.clear")

    def shuffle(self) -> None:
        self._rpc.call("core.tracklist.shuffle")

    def tracks(self, offset: int, limit: int | None) -> list[Track]:
        items = self._queue(offset, None if limit is None else offset + limit)
        return [shape.queued(item, offset + number) for number, item in enumerate(items)]

    def _queue(self, start: int, end: int | None) -> list[dict[str, Any]]:
        if end is None:
            end = max(start, int(self._rpc.call("core.tracklist.get_length")))
        return list(self._rpc.call("core.tracklist.slice", start=start, end=end))

    def browse(self, uri: str | None) -> list[Entry]:
        return shape.entries(self._rpc.slow("core.library.browse", uri=uri))

    def find(self, terms: Filter, *, exact: bool, offset: int, limit: int | None) -> list[Track]:
        results = self._rpc.slow("core.library.search", query=shape.query(terms), exact=exact)
        found = [shape.track(model) for result in results for model in result.get("tracks") or ()]
        return found[offset : None if limit is None else offset + limit]

    def playlists(self) -> list[Entry]:
        return self._playlists.all()

    def playlist(self, name: str, offset: int, limit: int | None) -> list[str]:
        return [str(item["uri"]) for item in self._items(name, offset, limit)]

    def playlist_tracks(self, name: str, offset: int, limit: int | None) -> list[Track]:
        items = self._items(name, offset, limit)
        known: dict[str, list[Any]] = {}
        for start in range(0, len(items), _BATCH):
            uris = [item["uri"] for item in items[start : start + _BATCH]]
            known |= self._rpc.slow("core.library.lookup", uris=uris)
        return [shape.track(next(iter(known.get(item["uri"]) or ()), item)) for item in items]

    def _items(self, name: str, offset: int, limit: int | None) -> list[Reference]:
        return self._playlists.items(name)[offset : None if limit is None else offset + limit]

    def save(self, name: str, *, replace: bool) -> None:
        tracks = [item["track"] for item in self._queue(0, None)]
        self._playlists.save(name, tracks, replace=replace)

    def load(self, name: str) -> None:
        uris = self.playlist(name, 0, None)
        if uris and not self._put(uris, None):
            raise ActionFailed(f"{self._rpc} finds none of the tracks of the playlist {name!r}.")

    def remove(self, name: str) -> None:
        self._playlists.delete(name)

    def rename(self, name: str, new_name: str) -> None:
        self._playlists.rename(name, new_name)

    def playlist_add(self, name: str, resources: Sequence[str]) -> None:
        uris, failures = Finder(self._rpc).tracks(resources)
        if failures:
            raise failures[0]
        self._playlists.append(name, uris)

    def playlist_delete(self, name: str, positions: Sequence[int]) -> None:
        def without(items: list[Reference]) -> list[Reference]:
            for position in sorted(positions, reverse=True):
                del items[position]
            return items

        self._playlists.change(name, without)

    def playlist_move(self, name: str, position: int, to: int) -> None:
        def moved(items: list[Reference]) -> list[Reference]:
            if to >= len(items):
                raise IndexError
            items.insert(to, items.pop(position))
            return items

        self._playlists.change(name, moved)

    def playlist_clear(self, name: str) -> None:
        self._playlists.change(name, lambda _: [])

    def picture(self, resource: str) -> Picture | None:
        images = self._rpc.slow("core.library.get_images", uris=[resource])
        return self._pictures.get(images.get(resource) or [])

    def listen(self) -> Listener:
        return MopidyListener(self._rpc.url, self._timeout, self.look, owner=self._owner)

    def release(self) -> None:
        """Calls have connections of their own."""

    def close(self) -> None:
        """Calls have connections of their own."""
