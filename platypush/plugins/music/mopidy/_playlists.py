"""Mopidy's stored playlists. It can only read and write whole ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import ActionFailed, BadRequest, Conflict, NotFound
from platypush.plugins.music._player import Entry
from platypush.plugins.music.mopidy._rpc import Rpc

__all__ = ["Playlists"]

Reference = dict[str, Any]


class Playlists:
    """Safe for many threads: changes of one hub come one after the other."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._lock = threading.Lock()

    def all(self) -> list[Entry]:
        """All of them."""
        return [
            {"playlist": str(item["name"]), "name": str(item["name"]), "uri": str(item["uri"])}
            for item in self._references()
        ]

    def items(self, name: str) -> list[Reference]:
        """The tracks of a playlist, as ``{uri, name}``. Raises NotFound."""
        reference = self._find(name)
        items: list[Reference] | None = self._rpc.call("core.playlists.get_items", uri=reference["uri"])
        if items is None:
            raise NotFound(f"{self._rpc} cannot read the playlist {name!r}.")
        return items

    def save(self, name: str, items: Sequence[Reference], *, replace: bool) -> None:
        """Store a playlist. Raises Conflict when there is one and ``replace`` does not say so."""
        with self._lock:
            there = self._seek(name)
            if there is not None and not replace:
                raise Conflict(f"{self._rpc} has a playlist {name!r} already. Delete it, or use replace.")
            self._write(there or self._create(name), items)

    def append(self, name: str, uris: Sequence[str]) -> None:
        """Put tracks at the end of a playlist, which is made if there is none."""
        with self._lock:
            there = self._seek(name)
            items = [] if there is None else self.items(name)
            self._write(there or self._create(name), [*items, *({"uri": uri} for uri in uris)])

    def change(self, name: str, edit: Callable[[list[Reference]], list[Reference]]) -> None:
        """Replace the tracks of a playlist by what ``edit`` makes of them; an IndexError of it is a BadRequest."""
        with self._lock:
            items = self.items(name)
            try:
                changed = edit(items)
            except IndexError:
                raise BadRequest(f"The playlist {name!r} has {len(items)} tracks: positions end before that.") from None
            self._write(self._find(name), changed)

    def rename(self, name: str, new_name: str) -> None:
        """Rename a playlist."""
        with self._lock:
            if self._seek(new_name) is not None:
                raise Conflict(f"{self._rpc} has a playlist {new_name!r} already.")
            self._write({**self._find(name), "name": new_name}, self.items(name))

    def delete(self, name: str) -> None:
        """Delete a playlist."""
        with self._lock:
            if not self._rpc.call("core.playlists.delete", uri=self._find(name)["uri"]):
                raise ActionFailed(f"{self._rpc} could not delete the playlist {name!r}; its log says why.")

    def _references(self) -> list[Reference]:
        return list(self._rpc.call("core.playlists.as_list") or ())

    def _seek(self, name: str) -> Reference | None:
        return next((item for item in self._references() if name in (item["name"], item["uri"])), None)

    def _find(self, name: str) -> Reference:
        found = self._seek(name)
        if found is None:
            names = [str(item["name"]) for item in self._references()]
            raise NotFound(f"{self._rpc} has no playlist {name!r}.{did_you_mean(name, names)}")
        return found

    def _create(self, name: str) -> Reference:
        made: Reference | None = self._rpc.call("core.playlists.create", name=name)
        if made is None:
            raise ActionFailed(f"{self._rpc} could not make the playlist {name!r}; its log says why.")
        return made

    def _write(self, reference: Reference, items: Sequence[Reference]) -> None:
        tracks = [
            {"__model__": "Track", "uri": item["uri"], **({"name": item["name"]} if item.get("name") else {})}
            for item in items
        ]
        playlist = {"__model__": "Playlist", "uri": reference["uri"], "name": reference["name"], "tracks": tracks}
        if self._rpc.call("core.playlists.save", playlist=playlist) is None:
            raise ActionFailed(f"{self._rpc} could not write the playlist {reference['name']!r}; its log says why.")
