"""Finding the bridge and being let in: its button is pressed once, then the hub has a user name of its own."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platypush._lib.files import private_dir, write_private
from platypush.errors import StorageFailed, Unavailable
from platypush.outgoing.connect import connect
from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts, origin_of
from platypush.plugins.light.hue._bridge import Bridge, NotPaired
from platypush.plugins.light.hue._discovery import Found, ask_directory, browse, only_one

__all__ = ["Address", "Known", "Pairing", "parse_address"]

_SIZE = 4 * 1024 * 1024
_DIRECTORY_PAUSE = 15 * 60
"""Seconds between two questions to the manufacturer's directory: it answers more with 429."""
_SEARCH_PAUSE = 60.0
"""Seconds between two searches for a bridge that is not where it was: in between it is tried there only."""
_BUTTON_PAUSE = 2.0
_LISTENING = 3.0


@dataclass(frozen=True, slots=True)
class Address:
    """What the section says of the bridge. ``url`` None: it has to be found."""

    url: str | None
    token: str | None = field(repr=False)
    ssl_verify: bool
    discovery_url: str
    timeout: float


def parse_address(bridge: str) -> str:
    """The base URL of ``bridge``: a host, with a port or not, or a URL. Raises ValueError for what is none."""
    text = bridge.strip()
    parts = urlsplit(text if "://" in text else f"http://{text}")
    url = f"{parts.scheme}://{parts.netloc}"
    odd = parts.path not in ("", "/") or parts.query or "@" in parts.netloc or " " in parts.netloc
    if parts.scheme not in ("http", "https") or odd:
        raise ValueError(
            f"bridge: {bridge!r} is no address. Give a host (192.168.1.2, hue.lan:8080) or https://192.168.1.2."
        )
    origin_of(url)
    return url


class Known:
    """What is remembered of each bridge, in a file that only the hub's user can read. Not for many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, bridge: str) -> dict[str, str]:
        """``username``, ``certificate`` and ``url`` of a bridge, as far as they are known."""
        entry = self._read().get(bridge)
        return {str(k): str(v) for k, v in entry.items()} if isinstance(entry, dict) else {}

    def only_url(self) -> str | None:
        """Where the only bridge was last; None when there is none or a choice."""
        urls = [entry.get("url") for entry in self._read().values() if isinstance(entry, dict)]
        return urls[0] if len(urls) == 1 else None

    def update(self, bridge: str, **values: str) -> None:
        """Remember ``values``. Raises StorageFailed."""
        entry = self.get(bridge)
        if entry | values != entry:
            self._write({**self._read(), bridge: entry | values})

    def forget(self) -> None:
        """Forget all bridges. Raises StorageFailed."""
        self._write({})

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageFailed(f"{self._path} cannot be read: {error.strerror}.") from error
        except ValueError:
            # Made by hand, or cut off: the button brings another name.
            return {}
        return data if isinstance(data, dict) else {}

    def _write(self, data: dict[str, Any]) -> None:
        try:
            private_dir(self._path.parent)
            write_private(self._path, json.dumps(data, indent=2).encode())
        except OSError as error:
            raise StorageFailed(f"{self._path} cannot be written: {error.strerror}.") from error


class Pairing:
    """Makes the connection to the bridge. Called by one thread at a time."""

    def __init__(
        self,
        address: Address,
        known: Known,
        *,
        owner: str,
        device: str,
        look_around: Callable[[float], Found] = browse,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``device`` is what the bridge's app calls the hub. ``look_around`` and ``clock`` are for tests."""
        self._address = address
        self._known = known
        self._owner = owner
        # The bridge takes 20 characters for the application and 19 for the device.
        self._device = f"platypush#{device[:19]}"
        self._look_around = look_around
        self._clock = clock
        self._found: str | None = None
        self._missed = False
        self._searched: float | None = None
        self._asked: float | None = None
        self._listed: Found = {}

    def open(self) -> Bridge:
        """The bridge, ready for use.

        Raises Unavailable: when it is away, while its button was not pressed, when its certificate is another one.
        """
        url = self._address.url or self._find()
        self._missed = True
        bridge, certificate = self._reach(url)
        self._missed = False
        name = str(bridge.info.get("bridgeid") or bridge.info.get("mac")).lower()
        known = self._known.get(name)
        if certificate and known.get("certificate", certificate) != certificate:
            raise Unavailable(
                f"{bridge.title} has another certificate than when it was paired. If it was replaced or "
                "reset, run light.hue.connect with reset=true; otherwise somebody is in between."
            )
        username = self._address.token or known.get("username") or ""
        paired = replace(bridge, username=username)
        if not username or not self._is_known(paired):
            paired = replace(bridge, username=self._pair(bridge))
        self._known.update(
            name,
            url=bridge.url,
            **({"certificate": certificate} if certificate else {}),
            **({} if self._address.token else {"username": paired.username}),
        )
        return paired

    def _is_known(self, bridge: Bridge) -> bool:
        try:
            bridge.get("/lights")
        except NotPaired as error:
            if self._address.token:
                raise Unavailable(
                    f"{bridge.title} does not know the configured token. Remove it from the section to pair "
                    "with the bridge's button."
                ) from error
            return False
        return True

    def _pair(self, bridge: Bridge) -> str:
        username = bridge.create_user(self._device)
        if username is None:
            raise Unavailable(
                f"Press the button on the bridge ({bridge.url}) to let the hub in.",
                retry_after=_BUTTON_PAUSE,
            )
        return username

    def _reach(self, url: str) -> tuple[Bridge, str]:
        """The bridge at ``url`` before pairing, with what it says of itself, and its certificate's fingerprint."""
        allowed = AllowedHosts([], urls=[url])
        certificate = ""
        if url.startswith("https:") and not self._address.ssl_verify:
            certificate = self._fingerprint(url, allowed)
        limits = Limits(self._address.timeout, _SIZE, 0)
        exchange = Exchange(allowed, limits, owner=self._owner, fingerprint=certificate or None)
        bridge = Bridge(url, exchange)
        return replace(bridge, info=bridge.describe()), certificate

    def _fingerprint(self, url: str, allowed: AllowedHosts) -> str:
        """SHA-256 of the certificate at ``url``, whoever signed it: what is sent after it is sent to that one only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        try:
            with (
                connect(host, port, allowed, owner=self._owner, timeout=self._address.timeout) as plain,
                context.wrap_socket(plain, server_hostname=host) as secure,
            ):
                certificate = secure.getpeercert(binary_form=True) or b""
        except OSError as error:
            raise Unavailable(f"The Hue bridge at {parts.netloc} cannot be reached: {error}") from error
        return hashlib.sha256(certificate).hexdigest()

    def _find(self) -> str:
        """Where the bridge was last. When it is not there: what is in the network, else what the directory says."""
        url = self._found or self._known.only_url()
        now = self._clock()
        recently = self._searched is not None and now - self._searched < _SEARCH_PAUSE
        if url is not None and (recently or not self._missed):
            return url
        self._searched = now
        try:
            self._found = only_one(self._look_around(_LISTENING) or self._ask(now))
        except Unavailable:
            if url is None:
                raise
            self._found = url
        return self._found

    def _ask(self, now: float) -> Found:
        if self._asked is None or now - self._asked >= _DIRECTORY_PAUSE:
            url = self._address.discovery_url
            self._listed = ask_directory(url, owner=self._owner, timeout=self._address.timeout)
            self._asked = now
        return self._listed
