"""Actions that play."""

from __future__ import annotations

from platypush.errors import ActionFailed
from platypush.plugins import action
from platypush.plugins.music._base import PlayerPlugin
from platypush.plugins.music._player import Mode, Status, Track
from platypush.plugins.music._values import percent, place, whole, with_stream_title

__all__ = ["PlaybackActions"]

_STEP = 15


class PlaybackActions(PlayerPlugin):
    """Playing, volume and modes. Where nothing else is said, an action gives the status after it."""

    @action
    def status(self) -> Status:
        """What the player does.

        :return: ``{state, volume, repeat, random, single, consume, playlist, playlistlength, song, songid, nextsong,
            nextsongid, time, elapsed, duration, …}``, all texts; keys that do not apply are missing.
        """
        return self._player.status()

    @action
    def current_track(self) -> Track:
        """The current track.

        :return: ``{file, title, artist, album, albumartist, date, track, genre, time, duration, pos, id, …}``, all
            texts; keys that are not known are missing. Empty without a current track.
        """
        return with_stream_title(self._player.current())

    @action
    def currentsong(self) -> Track:
        """Older name of ``current_track``."""
        return with_stream_title(self._player.current())

    @action
    def play(self, resource: str | None = None, position: int | str | None = None) -> Status:
        """Start, or go on when paused.

        :param resource: Put this track or folder at the front of the queue, and play it.
        :param position: Play what is at this position of the queue, counted from 0.
        """
        if resource is not None:
            self._player.add([self._resources.check(resource)], 0)
            self._player.play(position=0)
        elif position is not None:
            self._player.play(position=whole(position, "position"))
        else:
            self._player.play()
        return self._player.status()

    @action
    def play_pos(self, pos: int | str) -> Status:
        """Play what is at a position of the queue.

        :param pos: The position, counted from 0.
        """
        self._player.play(position=whole(pos, "pos"))
        return self._player.status()

    @action
    def playid(self, track_id: int | str) -> Status:
        """Play a track of the queue by its id.

        :param track_id: The track's ``id``.
        """
        self._player.play(track_id=whole(track_id, "track_id"))
        return self._player.status()

    @action
    def pause(self) -> Status:
        """Pause; when it does not play, play."""
        self._pause_or_play()
        return self._player.status()

    @action
    def pause_if_playing(self) -> Status:
        """Pause when it plays."""
        if self._state() == "play":
            self._player.pause()
        return self._player.status()

    @action
    def play_if_paused(self) -> Status:
        """Go on when it is paused."""
        if self._state() == "pause":
            self._player.play()
        return self._player.status()

    @action
    def play_if_paused_or_stopped(self) -> Status:
        """Play when it does not."""
        if self._state() != "play":
            self._player.play()
        return self._player.status()

    @action
    def play_or_stop(self) -> Status:
        """Stop when it plays, else play."""
        if self._state() == "play":
            self._player.stop()
        else:
            self._player.play()
        return self._player.status()

    @action
    def stop(self) -> Status:
        """Stop playing."""
        self._player.stop()
        return self._player.status()

    @action
    def next(self) -> Status:
        """Go to the next track."""
        self._player.next()
        return self._player.status()

    @action
    def previous(self) -> Status:
        """Go to the track before."""
        self._player.previous()
        return self._player.status()

    @action
    def seek(self, position: int | float | str) -> Status:
        """Go to a place in the current track.

        :param position: Seconds from the start; ``+15`` or ``-15`` for a step from where it is.
        """
        return self._seek(position)

    @action
    def seekcur(self, value: int | float | str) -> Status:
        """Older name of ``seek``.

        :param value: As ``position`` of ``seek``.
        """
        return self._seek(value)

    @action
    def forward(self) -> Status:
        """Go 15 seconds forward."""
        return self._seek(f"+{_STEP}")

    @action
    def back(self) -> Status:
        """Go 15 seconds back."""
        return self._seek(f"-{_STEP}")

    @action
    def set_volume(self, volume: int | float | str) -> Status:
        """Set the volume.

        :param volume: 0 to 100.
        """
        self._player.volume(percent(volume))
        return self._player.status()

    @action
    def setvol(self, vol: int | float | str) -> Status:
        """Older name of ``set_volume``.

        :param vol: 0 to 100.
        """
        self._player.volume(percent(vol))
        return self._player.status()

    @action
    def volup(self, delta: int | str = 10) -> Status:
        """Turn the volume up.

        :param delta: By how much, of 100.
        """
        return self._louder(whole(delta, "delta"))

    @action
    def voldown(self, delta: int | str = 10) -> Status:
        """Turn the volume down.

        :param delta: By how much, of 100.
        """
        return self._louder(-whole(delta, "delta"))

    @action
    def random(self, value: bool | int | None = None) -> Status:
        """Play the queue in random order.

        :param value: Whether to; without it, switch.
        """
        return self._switch("random", value)

    @action
    def repeat(self, value: bool | int | None = None) -> Status:
        """Begin again at the end of the queue.

        :param value: Whether to; without it, switch.
        """
        return self._switch("repeat", value)

    @action
    def single(self, value: bool | int | None = None) -> Status:
        """Stop after the current track; with ``repeat``, play it again and again.

        :param value: Whether to; without it, switch.
        """
        return self._switch("single", value)

    @action
    def consume(self, value: bool | int | None = None) -> Status:
        """Take tracks out of the queue when they were played.

        :param value: Whether to; without it, switch.
        """
        return self._switch("consume", value)

    def _state(self) -> str:
        return self._player.status().get("state", "stop")

    def _pause_or_play(self) -> None:
        if self._state() == "play":
            self._player.pause()
        else:
            self._player.play()

    def _seek(self, position: float | str) -> Status:
        seconds, relative = place(position)
        self._player.seek(seconds, relative=relative)
        return self._player.status()

    def _louder(self, delta: int) -> Status:
        volume = self._player.status().get("volume")
        if volume is None or int(volume) < 0:
            raise ActionFailed(f"{self.name} has no volume now: its player has no mixer, or its output is not open.")
        self._player.volume(min(max(int(volume) + delta, 0), 100))
        return self._player.status()

    def _switch(self, name: Mode, value: bool | int | None) -> Status:
        on = self._player.status().get(name, "0") == "0" if value is None else bool(value)
        self._player.mode(name, on)
        return self._player.status()
