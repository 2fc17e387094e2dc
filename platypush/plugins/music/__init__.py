"""Music players: one interface for all of them.

The Music widget and panel, hooks and scripts use ``music.mpd`` and ``music.mopidy`` alike: the same actions, arguments,
dictionaries and events. A plugin for another player subclasses ``MusicPlugin`` and gives it a ``Player``.
"""

from __future__ import annotations

from platypush.plugins.music._library import LibraryActions
from platypush.plugins.music._playback import PlaybackActions
from platypush.plugins.music._playlists import PlaylistActions
from platypush.plugins.music._queue import QueueActions

__all__ = ["MusicPlugin"]


class MusicPlugin(PlaybackActions, QueueActions, LibraryActions, PlaylistActions):
    """Base of the plugins of music players. A subclass calls ``self._use(player, resources)`` in its constructor."""
