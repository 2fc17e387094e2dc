"""Events of music players. ``status`` and ``track`` have one shape for all of them: docs/integrations/music.mpd.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platypush.message.event import Event

__all__ = [
    "MusicEvent",
    "MusicPauseEvent",
    "MusicPlayEvent",
    "MusicStopEvent",
    "MuteChangeEvent",
    "NewPlayingTrackEvent",
    "PlaybackConsumeModeChangeEvent",
    "PlaybackRandomModeChangeEvent",
    "PlaybackRepeatModeChangeEvent",
    "PlaybackSingleModeChangeEvent",
    "PlaylistChangeEvent",
    "SeekChangeEvent",
    "VolumeChangeEvent",
]

Values = Mapping[str, Any]


class MusicEvent(Event):
    """Base of all of them."""

    def __init__(
        self,
        *,
        status: Values | None = None,
        track: Values | None = None,
        plugin_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param status: The player's status, as ``status`` gives it.
        :param track: The current track, as ``current_track`` gives it.
        :param plugin_name: Which player it is, such as ``music.mpd``.
        """
        super().__init__(status=status, track=track, plugin_name=plugin_name, **kwargs)


class MusicPlayEvent(MusicEvent):
    """A player started or went on playing."""


class MusicPauseEvent(MusicEvent):
    """A player paused."""


class MusicStopEvent(MusicEvent):
    """A player stopped."""


class NewPlayingTrackEvent(MusicEvent):
    """A player plays another track than before; a radio station says what it plays now."""


class SeekChangeEvent(MusicEvent):
    """Somebody moved within the track that plays."""

    def __init__(self, *, position: float, **kwargs: Any) -> None:
        """:param position: Where the player is now, in seconds from the start of the track."""
        super().__init__(position=position, **kwargs)


class VolumeChangeEvent(MusicEvent):
    """The volume changed."""

    def __init__(self, *, volume: int, **kwargs: Any) -> None:
        """:param volume: The volume now, 0 to 100."""
        super().__init__(volume=volume, **kwargs)


class MuteChangeEvent(MusicEvent):
    """A player was muted, or is no longer."""

    def __init__(self, *, mute: bool, **kwargs: Any) -> None:
        """:param mute: Whether it is mute now."""
        super().__init__(mute=mute, **kwargs)


class PlaylistChangeEvent(MusicEvent):
    """The queue changed. It may be long, so it is not in the event: ``get_tracks`` gives it."""

    def __init__(self, *, changes: list[Values] | None = None, **kwargs: Any) -> None:
        """:param changes: Tracks that were added or removed, where a player says so; MPD and Mopidy do not."""
        super().__init__(changes=changes, **kwargs)


class _ModeChangeEvent(MusicEvent):
    def __init__(self, *, state: bool, **kwargs: Any) -> None:
        """:param state: Whether the mode is on now."""
        super().__init__(state=state, **kwargs)


class PlaybackRepeatModeChangeEvent(_ModeChangeEvent):
    """Repeat was switched on or off."""


class PlaybackRandomModeChangeEvent(_ModeChangeEvent):
    """Random order was switched on or off."""


class PlaybackConsumeModeChangeEvent(_ModeChangeEvent):
    """Consume mode (tracks leave the queue when they were played) was switched on or off."""


class PlaybackSingleModeChangeEvent(_ModeChangeEvent):
    """Single mode (playing stops after the current track) was switched on or off."""
