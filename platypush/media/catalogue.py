"""Media as clients know them: added by their source, described with the addresses that players fetch them by."""

from __future__ import annotations

import hashlib
import posixpath
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from platypush.config.model import MediaSettings
from platypush.errors import BadRequest, Forbidden, NotFound, TimeLimit, Unavailable
from platypush.media import kinds
from platypush.media.disk import from_disk
from platypush.media.files import SUBTITLES, Place, find, read_file, subtitles_beside
from platypush.media.remote import Remotes, check_url, shown
from platypush.media.subtitles import LARGEST, to_webvtt
from platypush.user.media import MediaRegistry, Medium

__all__ = ["PREFIX", "SUBTITLES_PREFIX", "MediaCatalogue", "Signer", "is_remote"]

PREFIX = "/media/"
SUBTITLES_PREFIX = "/media/subtitles/"
_FILE = "file://"
_WEB = ("http://", "https://")
_LONGEST = 4096
_FETCH_SECONDS = 30.0
"""For a piece of another server's medium, or for its subtitles."""


class Signer(Protocol):
    """``platypush.user.signing.UrlSigner`` is one."""

    def sign(self, path: str, hours: float | None = None) -> str:
        """The query that opens exactly ``path`` for a while."""


class MediaCatalogue:
    """Joins the registry with what the configuration allows now. Immutable; for any number of threads or greenlets.

    Whatever touches the disk runs off gevent's hub. All methods raise StorageFailed when the database refuses.
    """

    def __init__(
        self, registry: MediaRegistry, signer: Signer, settings: MediaSettings | None, *, hours: float
    ) -> None:
        """``settings`` None means that there is no section ``media``: nothing is served. ``hours`` is how long the
        addresses work without signing in."""
        self._registry = registry
        self._signer = signer
        self._settings = settings
        self._hours = hours

    def add(self, source: str, subtitles: str | None = None) -> Medium:
        """Add what ``source`` names: ``file:///path``, ``/path``, or a URL of HTTP; renews what is there already.

        ``subtitles`` names a file of subtitles in the same ways. Raises BadRequest (no source, no medium),
        Forbidden (neither below ``media_dirs`` nor of one of ``allowed_hosts``), NotFound, Unavailable, TimeLimit.
        """
        location, head = self._open(source)
        name = posixpath.basename(unquote(urlsplit(location).path) if is_remote(location) else location)
        kind = kinds.kind_of(head, name)
        medium = Medium(
            hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(),
            source,
            location,
            kind,
            name,
            self._subtitles(subtitles) if subtitles else None,
        )
        return self._registry.add(medium)

    def list(self) -> list[Medium]:
        """All media, the newest first."""
        return self._registry.list()

    def get(self, id: str) -> Medium:
        """One medium. Raises NotFound."""
        medium = self._registry.get(id)
        if medium is None:
            raise NotFound(f"There is no medium {id[:64]!r}. It may have been removed, or was added long ago.")
        return medium

    def remove(self, id: str) -> Medium:
        """Forget a medium and give it back. Raises NotFound."""
        medium = self.get(id)
        self._registry.remove(id)
        return medium

    def place(self, medium: Medium) -> Place:
        """Where a medium's file is, as long as the configuration allows it. Raises NotFound."""
        try:
            return from_disk(find, medium.location, self._allowed().media_dirs)
        except Forbidden as error:
            raise NotFound("The folder of this medium is none of media_dirs in the section media any more.") from error

    def remotes(self) -> Remotes:
        """The servers that may be asked. Raises Unavailable when the configuration says nonsense about them."""
        settings = self._allowed()
        try:
            return Remotes(settings.allowed_hosts, settings.refused_ports)
        except ValueError as error:
            raise Unavailable(f"The section media cannot be used: {error}") from error

    def attach_subtitles(self, id: str, filename: str | None = None) -> str:
        """Give a medium the subtitles ``filename``, or those that lie beside it; where they are.

        Raises like ``add``, and NotFound when nothing lies there.
        """
        medium = self.get(id)
        if filename:
            chosen = self._subtitles(filename)
        elif is_remote(medium.location):
            raise BadRequest("Subtitles are looked for beside files, and this medium is on another server: name them.")
        else:
            beside = from_disk(subtitles_beside, self.place(medium))
            if beside is None:
                raise NotFound(f"There are no subtitles beside {medium.name}, such as {Path(medium.name).stem}.srt.")
            # What lies there may be a link to somewhere else.
            chosen = self._subtitles(str(beside))
        if not self._registry.set_subtitles(id, chosen):
            raise NotFound
        return chosen

    def detach_subtitles(self, id: str) -> None:
        """Take a medium's subtitles away. Raises NotFound."""
        if not self._registry.set_subtitles(id, None):
            raise NotFound(f"There is no medium {id[:64]!r}.")

    def subtitles(self, id: str) -> bytes:
        """A medium's subtitles as WebVTT. Raises NotFound, and BadRequest for a file without any in it."""
        location = self.get(id).subtitles
        if location is None:
            raise NotFound("This medium has no subtitles. POST to this address looks for them.")
        return to_webvtt(self._content(location))

    def describe(self, medium: Medium, base: str, *, download: bool = False) -> dict[str, Any]:
        """A medium as clients know it. ``base`` is the hub's address, without a slash at its end."""
        suffix = "&download" if download else ""
        path = f"{PREFIX}{medium.id}{kinds.ending(medium.name, medium.mime_type)}"
        described = {
            "media_id": medium.id,
            "mime_type": medium.mime_type,
            "name": medium.name,
            "prefix_handlers": list(_WEB) if is_remote(medium.location) else [_FILE],
            "source": medium.source,
            "subtitles": medium.subtitles,
            "url": f"{base}{path}?{self._signer.sign(path, self._hours)}{suffix}",
        }
        if medium.subtitles is not None:
            described["subtitles_url"] = base + self.subtitles_address(medium.id)
        return described

    def subtitles_address(self, id: str) -> str:
        """The signed address of a medium's subtitles, from the hub's root."""
        path = f"{SUBTITLES_PREFIX}{id}.vtt"
        return f"{path}?{self._signer.sign(path, self._hours)}"

    def _allowed(self) -> MediaSettings:
        if self._settings is None:
            raise Forbidden(
                "No medium is served: config.yaml has no section media, or one that cannot be used. Add it, with "
                "media_dirs: the folders that media may be in."
            )
        return self._settings

    def _open(self, source: str) -> tuple[str, bytes]:
        """Where the source is, and its first bytes."""
        if is_remote(_checked(source)):
            return source, self._fetched(source, kinds.HEAD_BYTES)
        place = self._find(source)
        return str(place.path), from_disk(read_file, place, kinds.HEAD_BYTES)

    def _subtitles(self, source: str) -> str:
        """Where a file of subtitles is; it has some in it."""
        if is_remote(_checked(source)):
            check_url(source)
        else:
            place = self._find(source)
            source = str(place.path)
            if not source.lower().endswith(SUBTITLES):
                raise BadRequest(f"{place.path.name!r} is no file of subtitles: its name ends with .srt or .vtt.")
        to_webvtt(self._content(source))
        return source

    def _content(self, location: str) -> bytes:
        """A file of subtitles, with a byte too many when it is too large."""
        if is_remote(location):
            return self._fetched(location, LARGEST + 1)
        try:
            return from_disk(read_file, self._find(location), LARGEST + 1)
        except Forbidden as error:
            raise NotFound("The folder of these subtitles is none of media_dirs any more.") from error

    def _find(self, source: str) -> Place:
        """The place of a file's source, which some write as a URL with percent signs."""
        folders = self._allowed().media_dirs
        path = source.removeprefix(_FILE)
        place = from_disk(find, path, folders)
        if path != source and "%" in path and not from_disk(place.path.exists):
            return from_disk(find, unquote(path), folders)
        return place

    def _fetched(self, url: str, most: int) -> bytes:
        check_url(url)
        answer = self.remotes().get(url, {"Range": f"bytes=0-{most - 1}"})
        try:
            parts, size, end = [], 0, time.monotonic() + _FETCH_SECONDS
            while size < most and (chunk := answer.read(most - size)):
                if time.monotonic() > end:
                    raise TimeLimit(f"{shown(url)} took longer than {_FETCH_SECONDS:g} s for its first bytes.")
                parts.append(chunk)
                size += len(chunk)
        finally:
            answer.close()
        return b"" if answer.status == 416 else b"".join(parts)


def is_remote(location: str) -> bool:
    """Whether a source or a location is a URL of HTTP."""
    return location.lower().startswith(_WEB)


def _checked(source: str) -> str:
    if not is_remote(source) and not source.startswith(("/", _FILE + "/")):
        raise BadRequest(
            "A source is a path from the root (/films/a.mp4), the same after file://, or a URL of http:// or https://."
        )
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        size = _LONGEST + 1
    if size > _LONGEST or "\0" in source:
        raise BadRequest(f"A source is text of at most {_LONGEST} bytes, without zero characters.")
    return source
