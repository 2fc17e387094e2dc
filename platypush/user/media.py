"""Media that players fetch by an address of the hub: known to all workers and to the daemon, kept over restarts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from platypush._lib.clock import Clock
from platypush.user.database import Database
from platypush.user.schema import media
from platypush.user.values import upsert

__all__ = ["Medium", "MediaRegistry"]

_DAY = 86400.0
_COLUMNS = (media.c.id, media.c.source, media.c.location, media.c.mime_type, media.c.name, media.c.subtitles)


@dataclass(frozen=True, slots=True)
class Medium:
    """``source`` is what the caller gave, ``location`` the real path or the URL that it means.

    ``subtitles`` is the path or the URL of a file of subtitles.
    """

    id: str
    source: str
    location: str
    mime_type: str
    name: str
    subtitles: str | None = None


class MediaRegistry:
    """The newest ``most`` media, each for ``days`` since it was added last.

    Safe for many threads and greenlets. Every method raises StorageFailed when the database refuses.
    """

    def __init__(self, database: Database, clock: Clock, *, most: int = 1000, days: float = 30) -> None:
        self._database = database
        self._clock = clock
        self._most = most
        self._seconds = days * _DAY

    def add(self, medium: Medium) -> Medium:
        """Add it, or renew the one with its id, which keeps its subtitles unless there are new ones.

        Returns it as it is stored. Those that are too old or too many make room.
        """
        now = self._clock.time()
        values = {
            "source": medium.source,
            "location": medium.location,
            "mime_type": medium.mime_type,
            "name": medium.name,
            "added_at": now,
        }
        if medium.subtitles is not None:
            values["subtitles"] = medium.subtitles

        def work(connection: Connection) -> Medium:
            connection.execute(delete(media).where(media.c.added_at <= now - self._seconds))
            upsert(connection, media, {"id": medium.id}, values)
            # Those beyond the newest ones; SQLite wants a limit beside an offset.
            rest = select(media.c.id).order_by(media.c.added_at.desc(), media.c.id).offset(self._most)
            ids = connection.execute(rest.limit(self._most)).scalars().all()
            connection.execute(delete(media).where(media.c.id.in_(ids)))
            row = connection.execute(select(*_COLUMNS).where(media.c.id == medium.id)).one()
            return Medium(*row)

        return self._database.write(work)

    def get(self, id: str) -> Medium | None:
        """The medium, or None for one that was never added, was removed or is too old."""
        query = select(*_COLUMNS).where(media.c.id == id, media.c.added_at > self._clock.time() - self._seconds)
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else Medium(*row)

    def list(self) -> list[Medium]:
        """All of them, the newest first."""
        query = select(*_COLUMNS).where(media.c.added_at > self._clock.time() - self._seconds)
        query = query.order_by(media.c.added_at.desc(), media.c.id)
        return self._database.read(lambda connection: [Medium(*row) for row in connection.execute(query)])

    def remove(self, id: str) -> bool:
        """Forget it; whether it was there."""
        query = delete(media).where(media.c.id == id)
        return self._database.write(lambda connection: connection.execute(query).rowcount > 0)

    def set_subtitles(self, id: str, subtitles: str | None) -> bool:
        """Give it subtitles, or take them away; whether the medium is there."""
        query = update(media).where(media.c.id == id).values(subtitles=subtitles)
        return self._database.write(lambda connection: connection.execute(query).rowcount > 0)
