"""Films, sound and pictures: found in folders, and given to players by addresses of the hub."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from platypush.config.media import media_settings, read_media
from platypush.errors import Unavailable
from platypush.media.catalogue import MediaCatalogue
from platypush.media.files import walk
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins import action
from platypush.plugins.media._address import hub_address
from platypush.plugins.services import ServicePlugin

__plugin__ = "MediaPlugin"
__all__ = ["MediaPlugin"]

_MOST_FILES = 200_000
_MOST_RESULTS = 1000


class MediaPlugin(ServicePlugin):
    """Find media in folders, and give players addresses that they can fetch them by without signing in."""

    def __init__(
        self, *, media_dirs: list[str] | None = None, allowed_hosts: list[str] | None = None, **kwargs: Any
    ) -> None:
        """
        :param media_dirs: Folders that media may be in, and nothing outside of them; from the root, or from the home
            with ``~/``.
        :param allowed_hosts: Servers whose media may be passed on: names (``nas.lan``), names with a port
            (``nas.lan:8080``) or a wildcard, addresses, networks, and ``public``. Without it none.
        """
        super().__init__(**kwargs)
        # The workers read the section too: what is wrong about it has to be said here.
        self._settings = read_media({"media_dirs": media_dirs, "allowed_hosts": allowed_hosts})
        AllowedHosts(allowed_hosts or ())

    @action
    def get_media(self) -> list[dict[str, str]]:
        """List the media in ``media_dirs``, in the order of their paths.

        :return: Up to 1000 of them, each with its ``url`` (``file:///films/a.mp4``), ``title`` (its name) and
            ``type`` (``file``).
        """
        return self._found(bool)

    @action
    def search(self, query: str, types: list[str] | None = None) -> list[dict[str, str]]:
        """Look for media in ``media_dirs``.

        :param query: Words; each has to be in the path below the folder, in capitals or not.
        :param types: What to look through. Only ``file`` is there; without it, or None, all that is there.
        :return: The same as of ``get_media``.
        """
        if types is not None and "file" not in types:
            return []
        words = query.casefold().split()
        return self._found(lambda path: all(word in path.casefold() for word in words))

    @action
    def start_streaming(self, media: str, subtitles: str | None = None, download: bool = False) -> dict[str, Any]:
        """Give a medium an address that players can fetch it by, without signing in, for six hours.

        :param media: A path or ``file://`` URL of a file below ``media_dirs``, or a URL of one of ``allowed_hosts``.
        :param subtitles: A file of subtitles, ``.srt`` or ``.vtt``, named in the same ways.
        :param download: Whether the address is one to save the medium, rather than to show it.
        :return: ``media_id``, ``url``, ``mime_type``, ``name``, ``source``, ``prefix_handlers``, ``subtitles``, and
            ``subtitles_url`` where there are subtitles.
        """
        catalogue, base = self._catalogue(), self._base()
        return catalogue.describe(catalogue.add(media, subtitles), base, download=download)

    @action
    def stop_streaming(self, media_id: str) -> dict[str, Any]:
        """Take a medium's address away, at once.

        :param media_id: What ``start_streaming`` gave.
        :return: What the medium was, the same as of ``start_streaming``.
        """
        catalogue = self._catalogue()
        return catalogue.describe(catalogue.remove(media_id.partition(".")[0]), self._base())

    @action
    def get_available_media(self) -> list[dict[str, Any]]:
        """List the media that have an address now.

        :return: Each the same as of ``start_streaming``, the newest first, with new addresses.
        """
        catalogue, base = self._catalogue(), self._base()
        return [catalogue.describe(medium, base) for medium in catalogue.list()]

    def _catalogue(self) -> MediaCatalogue:
        services = self.services
        if services.users is None:
            raise Unavailable("media works inside a running hub only: there is no database here.")
        config = services.config
        return MediaCatalogue(
            services.users.media, services.users.urls, media_settings(config), hours=config.limits.signed_url_hours
        )

    def _base(self) -> str:
        return hub_address(self.services.config.http)

    def _found(self, fits: Callable[[str], bool]) -> list[dict[str, str]]:
        places = (place for place in walk(self._settings.media_dirs, _MOST_FILES) if fits(str(place.relative)))
        return [
            {"url": f"file://{place.path}", "title": place.path.name, "type": "file"}
            for place in itertools.islice(places, _MOST_RESULTS)
        ]
