"""A feed's document, of whatever dialect, as entries. Pure: bytes in, values out; nothing is fetched."""

from __future__ import annotations

import calendar
import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from platypush.errors import ActionFailed
from platypush.plugins.rss._clean import clean_html, clean_text, web_url
from platypush.plugins.rss._examine import examine

__all__ = ["MOST_ENTRIES", "Document", "Entry", "clock_is_set", "iso_time", "parse"]

MOST_ENTRIES = 1_000
"""Of one document; those that come first in it."""
_DAY = 86_400.0
_MOST_TAGS = 30
_MOST_ENCLOSURES = 10
_EARLIEST = 0.0
_CLOCK_SET = 1_767_225_600.0
"""2026: a machine without a battery for its clock boots long before that, and then knows nothing of the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, cleaned. ``summary`` and ``content`` are HTML, ``title``, ``author`` and ``tags`` plain text."""

    key: str
    """What makes it this entry and no other within its feed."""
    id: str | None = None
    url: str | None = None
    title: str | None = None
    summary: str | None = None
    content: str | None = None
    """None where the feed has nothing but the summary."""
    author: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    enclosures: tuple[dict[str, Any], ...] = ()
    published: float | None = None
    """Seconds since the epoch; None where the feed has no date that could be true."""

    def to_dict(self, feed_url: str, feed_title: str | None) -> dict[str, Any]:
        """For JSON, as actions and events show it."""
        return {
            "feed_url": feed_url,
            "feed_title": feed_title,
            "id": self.id,
            "url": self.url,
            "title": self.title,
            "summary": self.content if self.summary is None else self.summary,
            "content": self.content,
            "author": self.author,
            "tags": list(self.tags),
            "image": self.image,
            "enclosures": list(self.enclosures),
            "published": None if self.published is None else iso_time(self.published),
        }


@dataclass(frozen=True, slots=True)
class Document:
    """A feed's title, the page that it belongs to, and its entries in its own order."""

    title: str | None
    link: str | None
    entries: tuple[Entry, ...]


def iso_time(seconds: float) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def clock_is_set(now: float) -> bool:
    """Whether ``now`` can be the time."""
    return now >= _CLOCK_SET


def parse(body: bytes, url: str, *, content_type: str | None = None, now: float) -> Document:
    """The feed in ``body``, which came from ``url``.

    Documents that are not well-formed are read as far as they can be. Raises ActionFailed for one that is no feed, or
    that is made to do harm (entities, depth, number of elements).
    """
    examine(body)
    headers = {"content-location": url}
    if content_type:
        headers["content-type"] = content_type
    # A stream: text or bytes could be taken for a file's name or an address, and be opened.
    found = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.get("version") and not found.entries:
        raise ActionFailed("The answer is no feed: neither RSS nor Atom.")
    link = web_url(found.feed.get("link"), url)
    entries = found.entries[:MOST_ENTRIES]
    ids = Counter(str(entry.get("id") or "") for entry in entries)
    read: dict[str, Entry] = {}
    for raw in entries:
        entry = _entry(raw, url, now, shared_id=ids[str(raw.get("id") or "")] > 1)
        if entry.title or entry.url or entry.summary or entry.content or entry.enclosures:
            read.setdefault(entry.key, entry)
    return Document(clean_text(found.feed.get("title")), link, tuple(read.values()))


def _entry(raw: Any, base: str, now: float, *, shared_id: bool) -> Entry:
    link = web_url(raw.get("link"), base)
    title = clean_text(raw.get("title"))
    # Addresses in an article are meant to start at its page, whoever serves the feed.
    page = link or base
    written = _content(raw)
    content = clean_html(written.get("value"), _base(written, base, page))
    # Where a feed has no summary, feedparser takes the content.
    own = raw.get("summary") if raw.get("summary") != written.get("value") else None
    summary = clean_html(own, _base(raw.get("summary_detail") or {}, base, page))
    published = _published(raw, now)
    identifier = clean_text(raw.get("id"), 2048, markup=False)
    # Some feeds give all their entries the same identifier.
    identity = identifier if identifier and not shared_id else [identifier, link, title, None if link else summary]
    return Entry(
        key=hashlib.sha256(json.dumps(identity).encode()).hexdigest(),
        id=identifier or link,
        url=link,
        title=title,
        summary=summary,
        content=content,
        author=clean_text(raw.get("author"), 200),
        tags=_tags(raw),
        image=_image(raw, base),
        enclosures=_enclosures(raw, base),
        published=published,
    )


def _base(detail: Mapping[str, Any], feed: str, page: str) -> str:
    """Where relative addresses in a text start: what the feed says (``xml:base``), else its entry's page."""
    stated = web_url(detail.get("base"), feed)
    return stated if stated and stated != feed else page


def _content(raw: Any) -> Mapping[str, Any]:
    parts = [part for part in _list(raw.get("content")) if part.get("value")]
    html = [part for part in parts if part.get("type") in ("text/html", "application/xhtml+xml")]
    return next(iter(html or parts), {})


def _published(raw: Any, now: float) -> float | None:
    # Read past feedparser's own look-up, which answers with another date where one is missing, and a warning.
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        value = dict.get(raw, key)
        if value:
            try:
                seconds = float(calendar.timegm(value))
            except (ValueError, OverflowError, TypeError):
                continue
            if seconds > _EARLIEST and (seconds <= now + _DAY or not clock_is_set(now)):
                return seconds
    return None


def _tags(raw: Any) -> tuple[str, ...]:
    found = (clean_text(tag.get("term") or tag.get("label"), 100) for tag in _list(raw.get("tags"))[:_MOST_TAGS])
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _enclosures(raw: Any, base: str) -> tuple[dict[str, Any], ...]:
    media = [*_list(raw.get("enclosures")), *_list(raw.get("media_content"))]
    found: dict[str, dict[str, Any]] = {}
    for item in media:
        url = web_url(item.get("href") or item.get("url"), base)
        if url and url not in found and len(found) < _MOST_ENCLOSURES:
            size = str(item.get("length") or item.get("filesize") or "")
            found[url] = {
                "url": url,
                "type": clean_text(item.get("type"), 100),
                "length": int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
            }
    return tuple(found.values())


def _image(raw: Any, base: str) -> str | None:
    pictured = [
        item
        for item in (*_list(raw.get("media_content")), *_list(raw.get("enclosures")))
        if str(item.get("type") or item.get("medium") or "").startswith("image")
    ]
    for item in (*_list(raw.get("media_thumbnail")), raw.get("image") or {}, *pictured):
        if isinstance(item, Mapping) and (url := web_url(item.get("url") or item.get("href"), base)):
            return url
    return None


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
