"""Actions on stored playlists. A playlist is known by its name, or by what ``get_playlists`` gives as ``uri``."""

from __future__ import annotations

from typing import Any

from platypush.plugins import action
from platypush.plugins.music._base import PlayerPlugin
from platypush.plugins.music._player import Entry, Status, Track
from platypush.plugins.music._values import pieces, whole, wholes

__all__ = ["PlaylistActions"]


class PlaylistActions(PlayerPlugin):
    """Stored playlists. Positions count from 0."""

    @action
    def get_playlists(self) -> list[Entry]:
        """The stored playlists.

        :return: A list of ``{playlist, name, …}``, sorted.
        """
        return self._sorted()

    @action
    def listplaylists(self) -> list[Entry]:
        """Older name of ``get_playlists``."""
        return self._sorted()

    @action
    def get_playlist(
        self, playlist: str, with_tracks: bool = False, offset: int | str = 0, limit: int | str | None = None
    ) -> list[Any]:
        """What is in a stored playlist.

        :param playlist: Its name.
        :param with_tracks: Give tracks, not only their URIs.
        :param offset: Position of the first one.
        :param limit: How many at most.
        :return: A list of URIs or paths; with ``with_tracks`` of tracks, as ``current_track`` gives them.
        """
        first, most = whole(offset, "offset"), None if limit is None else whole(limit, "limit")
        name = self._playlist(playlist)
        if with_tracks:
            return self._player.playlist_tracks(name, first, most)
        return self._player.playlist(name, first, most)

    @action
    def listplaylist(self, name: str) -> list[str]:
        """Older name of ``get_playlist``.

        :param name: The playlist.
        """
        return self._player.playlist(self._playlist(name), 0, None)

    @action
    def listplaylistinfo(self, name: str) -> list[Track]:
        """Older name of ``get_playlist`` with ``with_tracks``.

        :param name: The playlist.
        """
        return self._player.playlist_tracks(self._playlist(name), 0, None)

    @action
    def load(self, playlist: str, play: bool = True) -> Status:
        """Put a stored playlist at the end of the queue, and play.

        :param playlist: Its name.
        :param play: Start playing.
        """
        self._player.load(self._playlist(playlist))
        if play:
            self._player.play()
        return self._player.status()

    @action
    def searchaddplaylist(self, name: str) -> dict[str, str] | None:
        """Play the first playlist whose name contains a text, in place of the queue.

        :param name: The text.
        :return: ``{playlist}``, or null when no name contains it.
        """
        [part] = pieces(name, "name")
        found = [entry for entry in self._sorted() if part.lower() in entry["name"].lower()]
        if not found:
            return None
        self._player.clear()
        self._player.load(found[0]["playlist"])
        self._player.play()
        return {"playlist": found[0]["playlist"]}

    @action
    def save(self, name: str, replace: bool = False) -> Status:
        """Store the queue as a playlist.

        :param name: Its name.
        :param replace: Take the place of a playlist of that name; without it that is an error.
        """
        self._player.save(self._playlist(name), replace=replace)
        return self._player.status()

    @action
    def rm(self, playlist: str | list[str]) -> None:
        """Delete playlists for ever.

        :param playlist: A name, or a list of them.
        """
        self._remove(playlist)

    @action
    def delete_playlist(self, playlist: str | list[str]) -> None:
        """The same as ``rm``.

        :param playlist: A name, or a list of them.
        """
        self._remove(playlist)

    @action
    def rename(self, name: str, new_name: str) -> None:
        """Rename a playlist.

        :param name: Its name.
        :param new_name: Its name after that.
        """
        self._player.rename(self._playlist(name), self._playlist(new_name))

    @action
    def add_to_playlist(self, playlist: str, resources: str | list[str]) -> None:
        """Put tracks at the end of a playlist, which is made if there is none.

        :param playlist: Its name.
        :param resources: URIs or paths.
        """
        self._append(playlist, resources)

    @action
    def playlistadd(self, name: str, uri: str | list[str]) -> None:
        """Older name of ``add_to_playlist``.

        :param name: The playlist.
        :param uri: URIs or paths.
        """
        self._append(name, uri)

    @action
    def remove_from_playlist(self, playlist: str, resources: int | str | list[int | str]) -> None:
        """Take tracks out of a playlist.

        :param playlist: Its name.
        :param resources: Their positions.
        """
        self._player.playlist_delete(self._playlist(playlist), wholes(resources, "resources"))

    @action
    def playlistdelete(self, name: str, pos: int | str | list[int | str]) -> None:
        """Older name of ``remove_from_playlist``.

        :param name: The playlist.
        :param pos: Positions.
        """
        self._player.playlist_delete(self._playlist(name), wholes(pos, "pos"))

    @action
    def playlist_move(self, playlist: str, from_pos: int | str, to_pos: int | str) -> None:
        """Move a track within a playlist.

        :param playlist: Its name.
        :param from_pos: Where the track is.
        :param to_pos: Where it will be.
        """
        self._reorder(playlist, from_pos, to_pos)

    @action
    def playlistmove(self, name: str, from_pos: int | str, to_pos: int | str) -> None:
        """Older name of ``playlist_move``.

        :param name: The playlist.
        :param from_pos: Where the track is.
        :param to_pos: Where it will be.
        """
        self._reorder(name, from_pos, to_pos)

    @action
    def playlistclear(self, name: str) -> None:
        """Empty a playlist.

        :param name: Its name.
        """
        self._player.playlist_clear(self._playlist(name))

    def _playlist(self, name: str) -> str:
        # Players take URLs of playlists too.
        [one] = pieces(name, "The name of a playlist")
        return self._resources.check(one)

    def _sorted(self) -> list[Entry]:
        return sorted(self._player.playlists(), key=lambda entry: entry["name"])

    def _remove(self, playlist: str | list[str]) -> None:
        for name in pieces(playlist, "The name of a playlist"):
            self._player.remove(self._playlist(name))

    def _append(self, name: str, resources: str | list[str]) -> None:
        checked = [self._resources.check(item) for item in pieces(resources, "resources")]
        self._player.playlist_add(self._playlist(name), checked)

    def _reorder(self, name: str, position: int | str, to: int | str) -> None:
        self._player.playlist_move(self._playlist(name), whole(position, "from_pos"), whole(to, "to_pos"))
