"""MPD as a player."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from platypush.errors import ActionFailed, BadRequest, NotFound, PlatypushError
from platypush.plugins.music._player import Entry, Filter, Listener, Mode, Picture, Player, Status, Track
from platypush.plugins.music.mpd._connection import Address, Command
from platypush.plugins.music.mpd._listener import MpdListener
from platypush.plugins.music.mpd._pool import Pool
from platypush.plugins.music.mpd._shape import entries, texts

__all__ = ["MpdPlayer"]

_BATCH = 100
_PAGE = 2000
"""Tracks at once: MPD ends connections that have more than 8 MB to read (max_output_buffer_size)."""
_END = 2**31 - 1
_INSERTS = (0, 23, 3)
"""The version since which ``add`` takes a position."""


class MpdPlayer(Player):
    """One MPD."""

    def __init__(self, address: Address, max_picture_size: int) -> None:
        self._address = address
        self._max_picture_size = max_picture_size
        self._pool = Pool(address)
        # It would tell of each attempt to connect, every few seconds while MPD is away.
        logging.getLogger("mpd").setLevel(logging.WARNING)

    def run(self, command: str, *arguments: Any) -> Any:
        """Run any command of MPD."""
        with self._pool.connection() as connection:
            return connection.run(command, *arguments)

    def status(self) -> Status:
        return texts(self.run("status"))

    def current(self) -> Track:
        return texts(self.run("currentsong"))

    def play(self, *, position: int | None = None, track_id: int | None = None) -> None:
        if track_id is not None:
            self.run("playid", track_id)
        elif position is not None:
            self.run("play", position)
        else:
            self.run("play")

    def pause(self) -> None:
        self.run("pause", 1)

    def stop(self) -> None:
        self.run("stop")

    def next(self) -> None:
        self.run("next")

    def previous(self) -> None:
        self.run("previous")

    def seek(self, seconds: float, *, relative: bool) -> None:
        self.run("seekcur", f"{seconds:+.3f}" if relative else f"{seconds:.3f}")

    def volume(self, percent: int) -> None:
        self.run("setvol", percent)

    def mode(self, name: Mode, on: bool) -> None:
        self.run(name, int(on))

    def add(self, resources: Sequence[str], position: int | None = None) -> list[str]:
        with self._pool.connection() as connection:
            if position is not None and connection.version < _INSERTS:
                before = int(connection.run("status")["playlistlength"])
                failures = self._add(resources, [("add", (uri,)) for uri in resources], connection)
                connection.run("move", (before,), position)
                return failures
            if position is None:
                return self._add(resources, [("add", (uri,)) for uri in resources], connection)
            # From the last to the first, each one before what is there already.
            backwards = list(reversed(resources))
            return self._add(backwards, [("add", (uri, position)) for uri in backwards], connection)

    def _add(self, resources: Sequence[str], commands: Sequence[Command], connection: Any) -> list[str]:
        failures: list[PlatypushError] = []
        done = 0
        while done < len(commands):
            count, failure = connection.run_all(commands[done : done + _BATCH])
            done += count
            if failure is not None:
                failures.append(type(failure)(f"{resources[done]}: {failure}"))
                done += 1
        if failures and len(failures) == len(commands):
            raise failures[0]
        return [str(failure) for failure in failures]

    def delete(self, positions: Sequence[int]) -> None:
        self._each([("delete", (position,)) for position in sorted(positions, reverse=True)])

    def _each(self, commands: Sequence[Command]) -> None:
        with self._pool.connection() as connection:
            for start in range(0, len(commands), _BATCH):
                _, failure = connection.run_all(commands[start : start + _BATCH])
                if failure is not None:
                    raise failure

    def move(self, position: int, to: int) -> None:
        self.run("move", position, to)

    def clear(self) -> None:
        self.run("clear")

    def shuffle(self) -> None:
        self.run("shuffle")

    def tracks(self, offset: int, limit: int | None) -> list[Track]:
        found: list[Track] = []
        with self._pool.connection() as connection:
            length = int(connection.run("status")["playlistlength"])
            end = length if limit is None else min(offset + limit, length)
            for start in range(offset, end, _PAGE):
                window = (start, min(start + _PAGE, end))
                try:
                    found += [texts(track) for track in connection.run("playlistinfo", window)]
                except BadRequest:
                    # It became shorter meanwhile.
                    break
        return found

    def browse(self, uri: str | None) -> list[Entry]:
        return entries(self.run("lsinfo", uri) if uri else self.run("lsinfo"))

    def find(self, terms: Filter, *, exact: bool, offset: int, limit: int | None) -> list[Track]:
        if limit == 0:
            return []
        arguments: list[Any] = [part for term in terms for part in term]
        if offset or limit is not None:
            arguments += ["window", (offset, min(offset + (_END if limit is None else limit), _END))]
        return [texts(track) for track in self.run("find" if exact else "search", *arguments)]

    def playlists(self) -> list[Entry]:
        return [{**texts(item), "name": str(item["playlist"])} for item in self.run("listplaylists")]

    def playlist(self, name: str, offset: int, limit: int | None) -> list[str]:
        return [str(uri) for uri in self.run("listplaylist", name)][offset : _until(offset, limit)]

    def playlist_tracks(self, name: str, offset: int, limit: int | None) -> list[Track]:
        return [texts(track) for track in self.run("listplaylistinfo", name)[offset : _until(offset, limit)]]

    def save(self, name: str, *, replace: bool) -> None:
        if replace:
            try:
                self.run("rm", name)
            except NotFound:
                # There is nothing to replace.
                pass
        self.run("save", name)

    def load(self, name: str) -> None:
        self.run("load", name)

    def remove(self, name: str) -> None:
        self.run("rm", name)

    def rename(self, name: str, new_name: str) -> None:
        self.run("rename", name, new_name)

    def playlist_add(self, name: str, resources: Sequence[str]) -> None:
        self._each([("playlistadd", (name, resource)) for resource in resources])

    def playlist_delete(self, name: str, positions: Sequence[int]) -> None:
        self._each([("playlistdelete", (name, position)) for position in sorted(positions, reverse=True)])

    def playlist_move(self, name: str, position: int, to: int) -> None:
        self.run("playlistmove", name, position, to)

    def playlist_clear(self, name: str) -> None:
        self.run("playlistclear", name)

    def picture(self, resource: str) -> Picture | None:
        with self._pool.connection() as connection:
            # In the file itself, then beside it (cover.jpg).
            for command in ("readpicture", "albumart"):
                try:
                    data = connection.picture(command, resource, self._max_picture_size)
                except (NotFound, ActionFailed):
                    continue
                if data:
                    return Picture(data)
        return None

    def listen(self) -> Listener:
        return MpdListener(self._address)

    def release(self) -> None:
        self._pool.release()

    def close(self) -> None:
        self._pool.close()


def _until(offset: int, limit: int | None) -> int | None:
    return None if limit is None else offset + limit
