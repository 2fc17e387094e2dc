"""From what a caller names to the URIs of tracks: folders and playlists are opened, files have to be in the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from platypush.errors import BadRequest, NotFound, PlatypushError, TooLarge, Unavailable
from platypush.plugins.music.mopidy._rpc import Rpc

__all__ = ["Finder"]

_BATCH = 50
_MOST = 10_000
"""Tracks that one folder may give: Mopidy's own limit of a queue."""
_DEPTH = 16


class Finder:
    """Used for one action: what it has seen of folders is remembered."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._folders: dict[str, list[dict[str, Any]]] = {}
        self._known: set[str] = set()
        self._schemes: frozenset[str] | None = None

    def tracks(self, resources: Sequence[str]) -> tuple[list[str], list[PlatypushError]]:
        """The URIs of the tracks that ``resources`` stand for, in order, and what is wrong with those that stand for
        none. Raises Unavailable."""
        found: list[list[str]] = []
        failures: list[PlatypushError] = []
        self._look_up([uri for uri in map(_as_uri, resources) if _scheme(uri) not in ("", *self._special())])
        for resource in resources:
            try:
                found.append(self._tracks(_as_uri(resource)))
            except Unavailable:
                raise
            except PlatypushError as error:
                failures.append(error)
        return [uri for uris in found for uri in uris], failures

    def _tracks(self, uri: str) -> list[str]:
        if not _scheme(uri):
            raise BadRequest(f"{uri!r} is no URI, which is how Mopidy knows tracks. Take those that browse gives.")
        if _scheme(uri) == "file":
            return self._files(uri)
        if _scheme(uri) in self._special():
            items = self._rpc.call("core.playlists.get_items", uri=uri)
            if items is None:
                raise NotFound(f"{self._rpc} has no playlist {uri!r}.")
            return [item["uri"] for item in items]
        if uri in self._known:
            return [uri]
        found = self._below(uri)
        if not found:
            raise NotFound(f"{self._rpc} has no track, folder or playlist {uri!r}. Take URIs that browse gives.")
        return found

    def _look_up(self, uris: Sequence[str]) -> None:
        different = list(dict.fromkeys(uris))
        for start in range(0, len(different), _BATCH):
            part = different[start : start + _BATCH]
            self._known |= {uri for uri, tracks in self._rpc.slow("core.library.lookup", uris=part).items() if tracks}

    def _below(self, uri: str) -> list[str]:
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
        found = self._below(uri)
        if not found:
            raise NotFound(f"{self._rpc} has no track {uri!r} in its media_dirs. Take URIs that browse gives.")
        return found

    def _folder(self, uri: str) -> list[dict[str, Any]]:
        if uri not in self._folders:
            self._folders[uri] = self._rpc.call("core.library.browse", uri=uri) or []
        return self._folders[uri]

    def _special(self) -> frozenset[str]:
        """The schemes of what is no track that can be looked up: files, whose place counts, and playlists."""
        if self._schemes is None:
            self._schemes = frozenset(("file", *self._rpc.call("core.playlists.get_uri_schemes")))
        return self._schemes


def _as_uri(resource: str) -> str:
    return PurePosixPath(resource).as_uri() if resource.startswith("/") else resource


def _scheme(uri: str) -> str:
    return urlsplit(uri).scheme.lower()
