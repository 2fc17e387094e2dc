"""Which camera an address means, and who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from platypush.backend.http.app.auth.methods import credential_of, require
from platypush.backend.http.app.resources import is_signed
from platypush.errors import Forbidden, NotAuthenticated, NotFound, PlatypushError
from platypush.message.envelope import Principal
from platypush.user.policy import authorise

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush.backend.http.app.exchange import Exchange
    from platypush.backend.http.app.state import Web

__all__ = ["Access", "camera_of", "camera_permission", "find_access", "picture_args"]

_ADDRESS = re.compile(r"/camera/(?P<camera>.+)/(?:photo|video|frame|feed|stream)(?:\.\w{1,5})?")
_NAME = re.compile(r"\w+(?:[./]\w+)*", re.ASCII)
_CREDENTIALS = frozenset({"token", "session_token", "expires", "signature"})
_CHECK_ANEW = 60
"""Every so many questions the credential is looked at, also when nothing was revoked: it may have expired."""

Access = tuple[Principal, Callable[[], bool]]
"""Who watches, and whether he still may, to be asked again and again."""


def camera_of(path: str) -> str | None:
    """The camera that the address ``path`` (decoded) shows, ``ir.mlx90640`` for ``/camera/ir/mlx90640/photo``."""
    found = _ADDRESS.fullmatch(path)
    return _name(found["camera"]) if found is not None else None


def camera_permission(camera: str) -> str:
    """What it takes to see ``camera``. Restricted tokens are given it by name, such as ``camera:ffmpeg``."""
    return f"camera:{camera}"


def picture_args(query: Mapping[str, str]) -> dict[str, str]:
    """What the query says of the picture: everything but credentials."""
    return {name: value for name, value in query.items() if name not in _CREDENTIALS}


def find_access(web: Web, environ: WSGIEnvironment, exchange: Exchange, path: str) -> tuple[str, Access]:
    """The camera at ``path``, and the one who asks, when he may see it: by a credential or a signed address.

    Raises like ``auth.methods.require``, and NotFound.
    """
    camera = camera_of(path)
    permission = camera_permission(camera or "")
    query = environ.get("QUERY_STRING", "")
    if camera is not None and is_signed(web, path, query):
        # The daemon applies the policy itself: to it this is somebody who may see this camera and nothing else.
        return camera, (Principal("signed_url", scopes=(permission,)), lambda: is_signed(web, path, query))
    principal = require(web, environ, exchange, permission)
    if camera is None:
        raise NotFound
    return camera, (principal, _Watch(web, environ, exchange, permission))


class _Watch:
    """Whether a client may still watch: his token or session may have been revoked meanwhile, or have expired."""

    def __init__(self, web: Web, environ: WSGIEnvironment, exchange: Exchange, permission: str) -> None:
        self._web = web
        self._credential = credential_of(environ)
        self._address = exchange.client.address
        self._permission = permission
        self._generation = web.users.generation.value
        self._asked = 0

    def __call__(self) -> bool:
        generation = self._web.users.generation.value
        self._asked += 1
        if generation == self._generation and self._asked % _CHECK_ANEW:
            return True
        try:
            authorise(self._web.users.authenticate(self._credential, self._address), self._permission)
        except (NotAuthenticated, Forbidden):
            return False
        except PlatypushError:
            return True  # the database is away: asked again a second later
        self._generation = generation
        return True


def _name(text: str) -> str | None:
    return text.replace("/", ".") if _NAME.fullmatch(text) else None
