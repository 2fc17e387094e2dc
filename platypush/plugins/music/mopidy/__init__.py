"""Mopidy (https://mopidy.com): a music server with many sources."""

from __future__ import annotations

from typing import Any

from platypush.plugins import action
from platypush.plugins.music import MusicPlugin
from platypush.plugins.music._player import Status
from platypush.plugins.music._resources import Resources
from platypush.plugins.music.mopidy._pictures import Pictures
from platypush.plugins.music.mopidy._player import MopidyPlayer
from platypush.plugins.music.mopidy._rpc import Rpc

__plugin__ = "MusicMopidyPlugin"
__all__ = ["MusicMopidyPlugin"]


class MusicMopidyPlugin(MusicPlugin):
    """Plays music with Mopidy, over its HTTP interface."""

    def __init__(
        self,
        *,
        host: str = "localhost",
        port: int = 6680,
        ssl: bool = False,
        timeout: float = 5,
        slow_timeout: float = 60,
        allowed_hosts: list[str] | None = None,
        max_picture_size: int = 4 * 1024 * 1024,
        **kwargs: Any,
    ) -> None:
        """
        :param host: Name or address of Mopidy's machine.
        :param port: The port of its HTTP interface.
        :param ssl: Use HTTPS, when it is behind a proxy that has it.
        :param timeout: Seconds that Mopidy may take for most answers.
        :param slow_timeout: Seconds that it may take to search, to browse, and to look up tracks that are added.
        :param allowed_hosts: Servers whose streams may be played, as in ``http.request``. Default: all public ones,
            and none in private networks. Pictures of albums come from those that are listed by name, too.
        :param max_picture_size: Bytes that the picture of an album may have.
        """
        super().__init__(**kwargs)
        url = f"{'https' if ssl else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        pictures = Pictures(url, allowed_hosts, timeout, max_picture_size, owner=self.name)
        rpc = Rpc(url, timeout, slow_timeout, owner=self.name)
        self._mopidy = MopidyPlayer(rpc, pictures, timeout, owner=self.name)
        self._use(self._mopidy, Resources(allowed_hosts, None, owner=self.name))

    @action
    def mute(self, value: bool | int | None = None) -> Status:
        """Be silent.

        :param value: Whether to; without it, switch.
        """
        self._mopidy.mute(self._mopidy.status().get("mute", "0") == "0" if value is None else bool(value))
        return self._mopidy.status()
