"""From what a caller names to the URIs of tracks: folders and playlists are opened, files have to be in the library."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from platypush.errors import NotFound, TooLarge
from platypush.plugins.music.mopidy._rpc import Rpc

__all__ = ["Finder"]

_MOST = 10_000
"""Tracks that one folder may give: Mopidy's own limit of a queue."""
_DEPTH = 16


class Finder:
    """Used for one action: what it has seen of folders is remembered."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._folders: dict[str, list[dict[str, Any]]] = {}
        self._schemes: frozenset[str] | None = None

    def tracks(self, resource: str) -> list[str]:
        """The URIs of the tracks that ``resource`` stands for. Raises NotFound."""
        uri = PurePosixPath(resource).as_uri() if resource.startswith("/") else resource
        scheme = urlsplit(uri).scheme.lower()
        if scheme == "file":
            return self._files(uri)
        if scheme in self._playlist_schemes():
            items = self._rpc.call("core.playlists.get_items", uri=uri)
            if items is None:
                raise NotFound(f"{self._rpc} has no playlist {uri!r}.")
            return [item["uri"] for item in items]
        return [uri]

    def below(self, uri: str) -> list[str]:
        """The URIs of all tracks in a folder and its folders."""
        found: list[str] = []
        waiting = [(uri, 0)]
        while waiting:
            folder, depth = waiting.pop()
            below = []
            for reference in self._folder(folder):
                if reference["type"] == "track":
                    found.append(reference["uri"])
                elif reference["type"] != "playlist" and depth < _DEPTH:
                    below.append((reference["uri"], depth + 1))
            waiting += reversed(below)
            if len(found) > _MOST:
                raise TooLarge(f"{uri!r} has more than {_MOST} tracks. Add its folders one by one.")
        return found

    def _files(self, uri: str) -> list[str]:
        # Mopidy plays any file that it is told to. What it lists itself is in its media_dirs.
        parent = uri.rstrip("/").rpartition("/")[0]
        kind = next((item["type"] for item in self._folder(parent) if item["uri"] == uri.rstrip("/")), None)
        if kind == "track":
            return [uri]
        found = self.below(uri)
        if not found:
            raise NotFound(f"{self._rpc} has no track {uri!r} in its media_dirs. Take URIs that browse gives.")
        return found

    def _folder(self, uri: str) -> list[dict[str, Any]]:
        if uri not in self._folders:
            self._folders[uri] = self._rpc.call("core.library.browse", uri=uri) or []
        return self._folders[uri]

    def _playlist_schemes(self) -> frozenset[str]:
        if self._schemes is None:
            self._schemes = frozenset(self._rpc.call("core.playlists.get_uri_schemes"))
        return self._schemes
