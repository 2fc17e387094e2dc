"""Pictures of albums: Mopidy names their addresses."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urljoin, urlsplit

from platypush.errors import ActionFailed, Forbidden, TimeLimit, TooLarge, Unavailable
from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.music._player import Picture

__all__ = ["Pictures"]

_REDIRECTS = 3


class Pictures:
    """Gets them from Mopidy itself and from hosts that the configuration names."""

    def __init__(self, url: str, hosts: list[str] | None, timeout: float, size: int, *, owner: str) -> None:
        self._url = url
        self._size = size
        # What is public may be played, but is asked for pictures only when it is listed: the browser can do that.
        listed = [host for host in hosts or () if host != "public"]
        self._only_mopidy = not listed
        self._exchange = Exchange(AllowedHosts(listed, urls=[url]), Limits(timeout, size, _REDIRECTS), owner=owner)

    def get(self, images: list[dict[str, Any]]) -> Picture | None:
        """The largest of ``images``, as ``core.library.get_images`` gives them. Raises TooLarge or Unavailable."""
        if not images:
            return None
        uri = str(max(images, key=lambda image: image.get("width") or 0)["uri"])
        if uri.startswith("data:"):
            return self._inline(uri)
        address = urljoin(f"{self._url}/", uri)
        if urlsplit(address).scheme not in ("http", "https"):
            return None
        own = urlsplit(address).netloc == urlsplit(self._url).netloc
        if self._only_mopidy and not own:
            return Picture(url=address)
        try:
            return Picture(self._exchange.request("GET", address).body)
        except (Forbidden, Unavailable, TimeLimit):
            if own:
                raise
            return Picture(url=address)
        except ActionFailed:
            # It names a picture that is not there (404).
            return None

    def _inline(self, uri: str) -> Picture | None:
        head, _, data = uri.partition(",")
        if len(data) > self._size * 4 // 3 + 4:
            raise TooLarge(f"The picture has more than max_picture_size ({self._size}) bytes.")
        if not head.endswith(";base64"):
            return None
        try:
            return Picture(base64.b64decode(data, validate=True))
        except binascii.Error:
            return None
