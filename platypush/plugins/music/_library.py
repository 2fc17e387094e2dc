"""Actions on the library: looking around, searching, pictures."""

from __future__ import annotations

import base64
from typing import Any

from platypush.errors import BadRequest, NotFound
from platypush.plugins import action
from platypush.plugins.music._base import PlayerPlugin
from platypush.plugins.music._pictures import image_type
from platypush.plugins.music._player import Entry, Filter, Status, Track
from platypush.plugins.music._values import pieces, terms, whole

__all__ = ["LibraryActions"]

Query = dict[str, Any] | list[str]
_MOST_IMAGES = 50


class LibraryActions(PlayerPlugin):
    """The library."""

    @action
    def browse(self, uri: str | None = None) -> list[Entry]:
        """What is in a folder of the library.

        :param uri: The folder. Default: the top.
        :return: A list of ``{directory, name}``, ``{playlist, name}`` and tracks, which have ``file`` and ``name``.
            ``add`` takes what is in ``file`` and ``directory``, ``browse`` what is in ``directory``, and ``load`` what
            is in ``playlist``.
        """
        return self._look(uri)

    @action
    def lsinfo(self, uri: str | None = None) -> list[Entry]:
        """Older name of ``browse``.

        :param uri: The folder. Default: the top.
        :return: As ``browse``.
        """
        return self._look(uri)

    @action
    def search(
        self,
        query: str | Query | None = None,
        filter: Query | None = None,
        offset: int | str = 0,
        limit: int | str | None = None,
    ) -> list[Track]:
        """Search the library: values have to be contained, in any case of letters.

        :param query: A text to look for anywhere, or fields such as ``{artist: Elbow, album: Asleep}``.
        :param filter: The same as ``query``, in older scripts.
        :param offset: How many results to leave out.
        :param limit: How many at most.
        :return: Tracks, as ``current_track`` gives them.
        """
        found = terms(query if query is not None else filter)
        return self._find(found, False, offset, limit)

    @action
    def find(self, filter: Query, offset: int | str = 0, limit: int | str | None = None) -> list[Track]:
        """Search the library for exactly these values.

        :param filter: Fields such as ``{artist: Elbow, album: Asleep in the Back}``.
        :param offset: How many results to leave out.
        :param limit: How many at most.
        :return: Tracks, as ``current_track`` gives them.
        """
        return self._find(terms(filter), True, offset, limit)

    @action
    def searchadd(self, filter: str | Query) -> Status:
        """Search as ``search`` does, and put what is found at the end of the queue.

        :param filter: As ``query`` of ``search``.
        """
        return self._add_found(terms(filter), False)

    @action
    def findadd(self, filter: Query) -> Status:
        """Search as ``find`` does, and put what is found at the end of the queue.

        :param filter: As for ``find``.
        """
        return self._add_found(terms(filter), True)

    @action
    def album_art(self, resource: str | None = None) -> dict[str, Any] | None:
        """The cover of a track's album.

        :param resource: The track. Default: the current one.
        :return: ``{file, type, size, data}`` with the MIME type and the image as Base64; or ``{file, url}`` when it is
            on a server that this hub was not told to ask; or null when there is none.
        """
        if resource is None:
            resource = self._player.current().get("file")
            if resource is None:
                raise NotFound(f"{self.name} has no current track. Say of which one you want the picture.")
        else:
            resource = self._resources.check(resource)
        return self._picture(resource)

    @action
    def get_images(self, resources: str | list[str]) -> dict[str, dict[str, Any] | None]:
        """The covers of several tracks.

        :param resources: The tracks, 50 at most.
        :return: For each of them what ``album_art`` gives.
        """
        several = pieces(resources, "resources")
        if len(several) > _MOST_IMAGES:
            raise BadRequest(f"{self.name}.get_images takes {_MOST_IMAGES} tracks at once, not {len(several)}.")
        return {resource: self._picture(self._resources.check(resource)) for resource in several}

    def _look(self, uri: str | None) -> list[Entry]:
        return self._player.browse(self._resources.check(uri) if uri and uri != "/" else None)

    def _find(self, found: Filter, exact: bool, offset: int | str, limit: int | str | None) -> list[Track]:
        first, most = whole(offset, "offset"), None if limit is None else whole(limit, "limit")
        return self._player.find(found, exact=exact, offset=first, limit=most)

    def _add_found(self, found: Filter, exact: bool) -> Status:
        tracks = self._player.find(found, exact=exact, offset=0, limit=None)
        if tracks:
            self._player.add([track["file"] for track in tracks])
        return self._player.status()

    def _picture(self, resource: str) -> dict[str, Any] | None:
        picture = self._player.picture(resource)
        if picture is None:
            return None
        if picture.url is not None:
            return {"file": resource, "url": picture.url}
        kind = image_type(picture.data)
        if kind is None:
            return None
        data = base64.b64encode(picture.data).decode()
        return {"file": resource, "type": kind, "size": len(picture.data), "data": data}
