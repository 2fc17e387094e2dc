"""What the actions of a music plugin need of a player. One subclass for each kind of player.

Texts in the shape of MPD's protocol are the common tongue, because clients and scripts have always known it:
``docs/integrations/music.mpd.md`` has the keys. Positions count from 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Entry", "Filter", "Listener", "Mode", "Picture", "Player", "Snapshot", "Status", "Track"]

Status = dict[str, str]
Track = dict[str, str]
Entry = dict[str, str]
Filter = tuple[tuple[str, str], ...]
"""Pairs of field and value, all of which have to fit."""
Mode = Literal["random", "repeat", "single", "consume"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image: its bytes, or an address of another server that has it."""

    data: bytes = b""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a player does at one moment. ``at`` is monotonic; ``seeked`` that somebody moved within the track, None
    where it has to be seen from the time."""

    status: Status
    track: Track
    at: float
    seeked: bool | None = None


class Listener(ABC):
    """A connection of its own over which a player says what changed. Used by one thread, except ``interrupt``."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """What the player does now. Raises Unavailable."""

    @abstractmethod
    def wait(self) -> bool:
        """Return when something may have changed (True), or after a while with a proof that the player is still there
        (False). Raises Unavailable when it is not."""

    @abstractmethod
    def interrupt(self) -> None:
        """End a ``wait`` at once, which then raises Unavailable. From any thread."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""


class Player(ABC):
    """A player. Safe for many threads. Every method raises Unavailable when the player cannot be reached, NotFound,
    BadRequest, Conflict or ActionFailed when it refuses. The constructor does not connect."""

    @abstractmethod
    def status(self) -> Status:
        """What it does, its modes, where it is in the queue and in the track."""

    @abstractmethod
    def current(self) -> Track:
        """The current track; empty when there is none."""

    @abstractmethod
    def play(self, *, position: int | None = None, track_id: int | None = None) -> None:
        """Play what is at ``position`` of the queue or has the id ``track_id``, else start or go on."""

    @abstractmethod
    def pause(self) -> None:
        """Pause."""

    @abstractmethod
    def stop(self) -> None:
        """Stop."""

    @abstractmethod
    def next(self) -> None:
        """Go to the next track."""

    @abstractmethod
    def previous(self) -> None:
        """Go to the track before."""

    @abstractmethod
    def seek(self, seconds: float, *, relative: bool) -> None:
        """Go to a place in the current track."""

    @abstractmethod
    def volume(self, percent: int) -> None:
        """Set the volume."""

    @abstractmethod
    def mode(self, name: Mode, on: bool) -> None:
        """Switch a mode."""

    @abstractmethod
    def add(self, resources: Sequence[str], position: int | None = None) -> list[str]:
        """Put tracks, folders or playlists into the queue, before ``position`` or at its end. Gives what is wrong with
        those that could not be added; raises when that is all of them."""

    @abstractmethod
    def delete(self, positions: Sequence[int]) -> None:
        """Take tracks out of the queue."""

    @abstractmethod
    def move(self, position: int, to: int) -> None:
        """Move a track within the queue."""

    @abstractmethod
    def clear(self) -> None:
        """Empty the queue."""

    @abstractmethod
    def shuffle(self) -> None:
        """Put the queue into a random order."""

    @abstractmethod
    def tracks(self, offset: int, limit: int | None) -> list[Track]:
        """A part of the queue; all from ``offset`` without ``limit``."""

    @abstractmethod
    def browse(self, uri: str | None) -> list[Entry]:
        """Folders, playlists and tracks in a folder of the library, without one at its top."""

    @abstractmethod
    def find(self, terms: Filter, *, exact: bool, offset: int, limit: int | None) -> list[Track]:
        """Tracks of the library."""

    @abstractmethod
    def playlists(self) -> list[Entry]:
        """The stored playlists."""

    @abstractmethod
    def playlist(self, name: str, offset: int, limit: int | None) -> list[str]:
        """The URIs in a stored playlist."""

    @abstractmethod
    def playlist_tracks(self, name: str, offset: int, limit: int | None) -> list[Track]:
        """The tracks in a stored playlist."""

    @abstractmethod
    def save(self, name: str, *, replace: bool) -> None:
        """Store the queue as a playlist."""

    @abstractmethod
    def load(self, name: str) -> None:
        """Put a stored playlist at the end of the queue."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Delete a stored playlist."""

    @abstractmethod
    def rename(self, name: str, new_name: str) -> None:
        """Rename a stored playlist."""

    @abstractmethod
    def playlist_add(self, name: str, resources: Sequence[str]) -> None:
        """Put tracks at the end of a stored playlist, which is made if need be."""

    @abstractmethod
    def playlist_delete(self, name: str, positions: Sequence[int]) -> None:
        """Take tracks out of a stored playlist."""

    @abstractmethod
    def playlist_move(self, name: str, position: int, to: int) -> None:
        """Move a track within a stored playlist."""

    @abstractmethod
    def playlist_clear(self, name: str) -> None:
        """Empty a stored playlist."""

    @abstractmethod
    def picture(self, resource: str) -> Picture | None:
        """The image of a track's album; None when there is none. Raises TooLarge."""

    @abstractmethod
    def listen(self) -> Listener:
        """Connect for events."""

    @abstractmethod
    def release(self) -> None:
        """Let go of connections that are not in use."""

    @abstractmethod
    def close(self) -> None:
        """Let go of all connections; those in use when they are done."""
