"""What callers may make a player open: its own library and services, and streams of allowed hosts."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from platypush.errors import BadRequest, Forbidden
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["Resources", "parse"]

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtmp": 1935, "mms": 1755, "ftp": 21, "gopher": 70}
_OF_THE_PLAYER = frozenset({"cdda"})
"""Schemes with slashes that lead to no server: the player's own CD drive."""
_SPOTIFY = re.compile(r"https?://open\.spotify\.com/(?:intl-\w+/)?(?P<path>[\w/]+)")
_LONGEST = 4000
"""Characters of a URI. MPD ends connections that send it longer lines."""


def parse(resource: str) -> str:
    """``resource`` as players know it: pages of Spotify become its URIs."""
    match = _SPOTIFY.match(resource)
    return f"spotify:{match['path'].strip('/').replace('/', ':')}" if match else resource


class Resources:
    """The rule. Immutable."""

    def __init__(self, allowed_hosts: Iterable[str] | None, folders: Iterable[str] | None = (), *, owner: str) -> None:
        """``folders`` are those on the player's machine whose files may be opened by their path; None leaves that to
        the player's own library. ``owner`` is the section, for messages. Raises ValueError for what is no host."""
        self._allowed = AllowedHosts(allowed_hosts)
        self._folders = None if folders is None else tuple(PurePosixPath(normpath(folder)) for folder in folders)
        self._owner = owner

    def check(self, resource: str) -> str:
        """The URI or path for the player. Raises BadRequest or Forbidden."""
        uri = parse(resource)
        if not uri.strip() or len(uri) > _LONGEST or any(character in uri for character in "\n\r\0"):
            raise BadRequest(f"A URI or path has 1 to {_LONGEST} characters and no line break.")
        scheme = match[0][:-1].lower() if (match := _SCHEME.match(uri)) else ""
        if scheme == "file" or uri.startswith("/"):
            self._check_file(uri)
        elif scheme not in _OF_THE_PLAYER and scheme and uri[len(scheme) + 1 :].startswith("//"):
            self._check_host(uri, scheme)
        return uri

    def _check_file(self, uri: str) -> None:
        if self._folders is None:
            return
        path = PurePosixPath(normpath(unquote(urlsplit(uri).path) if uri[:1] != "/" else uri))
        if not any(path.is_relative_to(folder) for folder in self._folders):
            raise Forbidden(
                f"{self._owner} may not open {uri!r}: give a path inside the player's music directory, or list the "
                f"folder under media_dirs in the section {self._owner}."
            )

    def _check_host(self, uri: str, scheme: str) -> None:
        try:
            parts = urlsplit(uri)
            host, port = parts.hostname, parts.port or _PORTS.get(scheme, 0)
        except ValueError as error:
            raise BadRequest(f"{uri!r} is no URL: {error}") from error
        if not host:
            raise BadRequest(f"{uri!r} names no host.")
        # A name that is listed counts wherever it leads; the player may be on another machine with other names.
        if self._allowed.allows(host, "0.0.0.0", port):  # noqa: S104 - an address that nothing has
            return
        try:
            found = {str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError) as error:
            raise BadRequest(f"{host!r} has no address: {error}. Is it spelled right?") from error
        if not all(self._allowed.allows(host, address, port) for address in found):
            raise Forbidden(
                f"{self._owner} may not play from {host}:{port} ({', '.join(sorted(found))}). "
                f"Add it to allowed_hosts in the section {self._owner}."
            )
