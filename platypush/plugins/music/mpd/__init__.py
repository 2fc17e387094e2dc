"""Music Player Daemon (https://www.musicpd.org), and other servers that speak its protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platypush.plugins import action
from platypush.plugins.music import MusicPlugin
from platypush.plugins.music._player import Status, Track
from platypush.plugins.music._resources import Resources
from platypush.plugins.music._values import whole
from platypush.plugins.music.mpd._connection import Address
from platypush.plugins.music.mpd._player import MpdPlayer
from platypush.plugins.music.mpd._shape import texts

__plugin__ = "MusicMpdPlugin"
__all__ = ["MusicMpdPlugin"]


class MusicMpdPlugin(MusicPlugin):
    """Plays music with MPD."""

    def __init__(
        self,
        *,
        host: str = "localhost",
        port: int = 6600,
        password: str | None = None,
        timeout: float = 5,
        allowed_hosts: list[str] | None = None,
        media_dirs: list[Path] | None = None,
        max_picture_size: int = 4 * 1024 * 1024,
        **kwargs: Any,
    ) -> None:
        """
        :param host: Name or address of MPD's machine, or the path of its unix socket.
        :param port: Its port. Not used with a unix socket.
        :param password: Its password, where it wants one.
        :param timeout: Seconds that MPD may take for each answer.
        :param allowed_hosts: Servers whose streams may be played, as in ``http.request``. Default: all public ones,
            and none in private networks.
        :param media_dirs: Folders on MPD's machine, outside its music directory, whose files may be played by their
            path. MPD itself allows that over a unix socket only.
        :param max_picture_size: Bytes that the picture of an album may have.
        """
        super().__init__(**kwargs)
        address = Address(str(Path(host).expanduser()) if host.startswith("~") else host, port, password, timeout)
        self._mpd = MpdPlayer(address, max_picture_size)
        self._use(self._mpd, Resources(allowed_hosts, [str(path) for path in media_dirs or ()], owner=self.name))

    @action
    def plchanges(self, version: int | str) -> list[Track]:
        """What changed in the queue.

        :param version: ``playlist`` of an earlier status.
        :return: The tracks that are new or moved since.
        """
        return [texts(track) for track in self._mpd.run("plchanges", whole(version, "version"))]

    @action
    def update(self, uri: str | None = None) -> str:
        """Look for new, changed and deleted files in the music directory. MPD does it in the background.

        :param uri: Only in this folder.
        :return: The number of the job; the status has it as ``updating_db`` until it is done.
        """
        return str(self._mpd.run("update", self._resources.check(uri)) if uri else self._mpd.run("update"))

    @action
    def stats(self) -> dict[str, str]:
        """Numbers about the library.

        :return: ``{artists, albums, songs, uptime, playtime, db_playtime, db_update}``.
        """
        return texts(self._mpd.run("stats"))

    @action
    def outputs(self) -> list[dict[str, str]]:
        """Where MPD can play.

        :return: A list of ``{outputid, outputname, outputenabled, plugin}``.
        """
        return [texts(output) for output in self._mpd.run("outputs")]

    @action
    def enable_output(self, output: int | str) -> Status:
        """Play on an output.

        :param output: Its ``outputid``.
        """
        self._mpd.run("enableoutput", whole(output, "output"))
        return self._mpd.status()

    @action
    def disable_output(self, output: int | str) -> Status:
        """No longer play on an output.

        :param output: Its ``outputid``.
        """
        self._mpd.run("disableoutput", whole(output, "output"))
        return self._mpd.status()

    @action
    def crossfade(self, seconds: int | str) -> Status:
        """Fade from one track into the next.

        :param seconds: For how long; 0 is not at all.
        """
        self._mpd.run("crossfade", whole(seconds, "seconds"))
        return self._mpd.status()
