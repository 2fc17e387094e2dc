"""Lists of feeds as other programs write and read them (OPML 2.0)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException, ElementTree

from platypush.errors import ConfigurationError

__all__ = ["read_opml", "write_opml"]

_LARGEST = 4 * 1024 * 1024


def read_opml(file: Path) -> list[tuple[str, str | None]]:
    """Address and title of each feed in an OPML file. Raises ConfigurationError."""
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigurationError(f"subscriptions: {file} is larger than {_LARGEST} bytes.")
        root = ElementTree.fromstring(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"subscriptions: {file} cannot be read: {error.strerror}. Give addresses (https://…) or an OPML file."
        ) from error
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ConfigurationError(f"subscriptions: {file} is no OPML file: {error}") from error
    if root.tag != "opml":
        raise ConfigurationError(f"subscriptions: {file} is no OPML file: its first element is {root.tag!r}.")
    return [
        (url, outline.get("title") or outline.get("text"))
        for outline in root.iter("outline")
        if (url := outline.get("xmlUrl", "")).lower().startswith(("http://", "https://"))
    ]


def write_opml(feeds: Iterable[tuple[str, str | None, str | None]], now: float) -> str:
    """An OPML document of feeds: address, title and page of each."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<opml version="2.0"><head>',
        f"<title>Platypush feed subscriptions</title><dateCreated>{_date(now)}</dateCreated>",
        '</head><body><outline text="Feeds">',
    ]
    for url, title, page in feeds:
        link = f" htmlUrl={quoteattr(page)}" if page else ""
        name = quoteattr(title or url)
        lines.append(f'<outline type="rss" text={name} title={name} xmlUrl={quoteattr(url)}{link}/>')
    return "\n".join([*lines, "</outline></body></opml>", ""])


def _date(now: float) -> str:
    return escape(format_datetime(datetime.fromtimestamp(now, UTC)))
