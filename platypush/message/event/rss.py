"""Events of feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from platypush.message.event import Event

__all__ = ["NewFeedEntryEvent"]


class NewFeedEntryEvent(Event):
    """A feed that ``rss`` is subscribed to has a new entry.

    ``published`` is ISO 8601 in UTC, None where the feed has no date. ``summary`` and ``content`` are HTML that was
    cleaned; all else is plain text.
    """

    def __init__(
        self,
        *,
        feed_url: str,
        url: str | None = None,
        title: str | None = None,
        id: str | None = None,
        feed_title: str | None = None,
        published: str | None = None,
        summary: str | None = None,
        content: str | None = None,
        author: str | None = None,
        tags: Sequence[str] = (),
        image: str | None = None,
        enclosures: Sequence[dict[str, Any]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feed_url=feed_url,
            url=url,
            title=title,
            feed_title=feed_title,
            published=published,
            summary=summary,
            content=content,
            author=author,
            tags=list(tags),
            image=image,
            enclosures=list(enclosures),
            **kwargs,
        )
        # On the wire the event has an id of its own beside it.
        self.args["id"] = id
