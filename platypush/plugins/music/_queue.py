"""Actions on the queue, which MPD calls the current playlist."""

from __future__ import annotations

from platypush.plugins import action
from platypush.plugins.music._base import PlayerPlugin
from platypush.plugins.music._player import Status, Track
from platypush.plugins.music._values import pieces, whole, wholes

__all__ = ["QueueActions"]


class QueueActions(PlayerPlugin):
    """The queue. Positions count from 0."""

    @action
    def get_tracks(self, offset: int | str = 0, limit: int | str | None = None) -> list[Track]:
        """The tracks in the queue.

        :param offset: Position of the first one.
        :param limit: How many at most. Queues can be long: ask for a page at a time.
        :return: Tracks, as ``current_track`` gives them.
        """
        return self._page(offset, limit)

    @action
    def playlistinfo(self, offset: int | str = 0, limit: int | str | None = None) -> list[Track]:
        """Older name of ``get_tracks``.

        :param offset: Position of the first one.
        :param limit: How many at most.
        :return: Tracks, as ``current_track`` gives them.
        """
        return self._page(offset, limit)

    @action
    def add(self, resource: str | list[str], position: int | str | None = None) -> tuple[Status, list[str]]:
        """Put something into the queue.

        :param resource: URI or path of a track or folder (with Mopidy, of a playlist too), or a list of them.
        :param position: Where to put it. Default: at the end.
        :return: The status. Those of several that cannot be added are in the errors; the others are added.
        """
        resources = [self._resources.check(item) for item in pieces(resource, "resource")]
        failures = self._player.add(resources, None if position is None else whole(position, "position"))
        return self._player.status(), failures

    @action
    def delete(self, positions: int | str | list[int | str]) -> list[Track]:
        """Take tracks out of the queue.

        :param positions: Their positions before the first of them goes.
        :return: The queue after that.
        """
        self._player.delete(wholes(positions, "positions"))
        return self._player.tracks(0, None)

    @action
    def move(self, from_pos: int | str, to_pos: int | str) -> Status:
        """Move a track within the queue.

        :param from_pos: Where it is.
        :param to_pos: Where it will be.
        """
        self._player.move(whole(from_pos, "from_pos"), whole(to_pos, "to_pos"))
        return self._player.status()

    @action
    def clear(self) -> Status:
        """Empty the queue."""
        self._player.clear()
        return self._player.status()

    @action
    def shuffle(self) -> Status:
        """Put the queue into a random order, once."""
        self._player.shuffle()
        return self._player.status()

    def _page(self, offset: int | str, limit: int | str | None) -> list[Track]:
        return self._player.tracks(whole(offset, "offset"), None if limit is None else whole(limit, "limit"))
