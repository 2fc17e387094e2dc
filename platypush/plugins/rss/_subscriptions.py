"""Which feeds are read, and how: from the configuration, from ``backend.http.poll``, and subscribed at run time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest, ConfigurationError
from platypush.plugins.rss._opml import read_opml

__all__ = ["RSS_REQUEST", "Source", "Subscription", "checked_url", "configured", "merged", "polled"]

RSS_REQUEST = "RssUpdates"
"""The end of the ``type`` by which ``backend.http.poll`` tells a feed."""
_LONGEST_URL = 2048
_KEYS = ("url", "title", "poll_seconds", "db", "headers")
_SHORTEST_POLL = 1.0
_POLL_SECONDS = 60.0


class Source:
    """Where a subscription comes from."""

    RSS = "rss"
    POLL = "backend.http.poll"
    RUN_TIME = "rss.subscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed to be read. ``db`` None is the main database."""

    url: str
    title: str | None = None
    poll_seconds: float
    db: str | None = None
    source: str = Source.RSS
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed_hosts: tuple[str, ...] | None = None
    """What it may be redirected to; None for any public address."""
    entry_events: bool = True
    """Whether each new entry is an event."""
    feed_events: bool = False
    """Whether all new entries together are an event, as ``backend.http.poll`` posts it."""
    first_too: bool = False
    """Whether what a feed has when it is read for the first time counts as new."""
    max_entries: int | None = None
    """How many entries one event of the whole feed has at most."""
    user_agent: str | None = None
    timeout: float | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes it one subscription: the same feed may be kept in two databases."""
        return self.url, self.db

    def with_db(self, db: str | None) -> Subscription:
        """The same, kept in ``db``."""
        return replace(self, db=db)


def checked_url(url: str) -> str:
    """``url``, when a feed can be there. Raises BadRequest."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if sound and parts.username is not None:
        raise BadRequest("The address of a feed has no user and password in it here: configure such a feed.")
    if not sound or len(url) > _LONGEST_URL or any(character.isspace() for character in url):
        raise BadRequest(
            "That is no address of a feed: it begins with http:// or https://, and has no spaces and "
            f"{_LONGEST_URL} characters at most."
        )
    return url


def configured(
    items: Iterable[str | Mapping[str, Any]], poll_seconds: float, db: str | None, *, first_too: bool
) -> tuple[Subscription, ...]:
    """The list ``subscriptions`` of the section ``rss``: addresses, mappings, and OPML files.

    Raises ConfigurationError.
    """
    found: list[Subscription] = []
    for item in items:
        values = {"url": item} if isinstance(item, str) else dict(item)
        for key in values:
            if key not in _KEYS:
                raise ConfigurationError(
                    f"subscriptions: a feed has no key {key!r}.{did_you_mean(key, _KEYS)} It has: {', '.join(_KEYS)}."
                )
        url = values.get("url")
        if not isinstance(url, str):
            raise ConfigurationError("subscriptions: each one is an address, or has a 'url'.")
        common: dict[str, Any] = {
            "poll_seconds": _seconds(values.get("poll_seconds", poll_seconds), "subscriptions"),
            "db": values.get("db") or db,
            "headers": _texts(values.get("headers"), "subscriptions"),
            "first_too": first_too,
        }
        if "://" not in url:
            found += [
                Subscription(url=address, title=title, **common) for address, title in read_opml(Path(url).expanduser())
            ]
            continue
        url, credentials = _configured_url(url, "subscriptions")
        common["headers"] = {**credentials, **common["headers"]}
        found.append(Subscription(url=url, title=values.get("title"), **common))
    return tuple(found)


def polled(section: Mapping[str, Any]) -> tuple[Subscription, ...]:
    """The feeds among the ``requests`` of the section ``backend.http.poll``. What cannot be used is left out: the
    backend itself says so."""
    found = []
    allowed = section.get("allowed_hosts")
    poll_seconds = section.get("poll_seconds") or _POLL_SECONDS
    for item in section.get("requests") or ():
        if isinstance(item, Mapping) and str(item.get("type") or "").endswith(RSS_REQUEST):
            try:
                found.append(_polled(item, poll_seconds, allowed))
            except (ConfigurationError, TypeError, ValueError):
                continue
    return tuple(found)


def merged(*groups: Iterable[Subscription]) -> dict[tuple[str, str | None], Subscription]:
    """All subscriptions by what makes them one; what is subscribed twice is read once, as often as either wants, and
    posts the events of both."""
    found: dict[tuple[str, str | None], Subscription] = {}
    for subscription in (item for group in groups for item in group):
        other = found.get(subscription.key)
        found[subscription.key] = subscription if other is None else _both(other, subscription)
    return found


def _both(one: Subscription, other: Subscription) -> Subscription:
    return replace(
        one,
        title=one.title or other.title,
        poll_seconds=min(one.poll_seconds, other.poll_seconds),
        entry_events=one.entry_events or other.entry_events,
        feed_events=one.feed_events or other.feed_events,
        first_too=one.first_too or other.first_too,
        max_entries=one.max_entries or other.max_entries,
        headers={**other.headers, **one.headers},
    )


def _polled(item: Mapping[str, Any], poll_seconds: Any, allowed: Any) -> Subscription:
    values = {**item, **(item.get("args") or {})}
    url, credentials = _configured_url(str(values.get("url")), "requests")
    if params := values.get("params"):
        url += f"{'&' if urlsplit(url).query else '?'}{urlencode(params, doseq=True)}"
    most = values.get("max_entries")
    return Subscription(
        url=url,
        title=values.get("title"),
        poll_seconds=_seconds(values.get("poll_seconds") or poll_seconds, "requests"),
        db=values.get("dburi") or values.get("db"),
        source=Source.POLL,
        headers={**credentials, **_texts(values.get("headers"), "requests")},
        allowed_hosts=None if allowed is None else tuple(allowed),
        entry_events=False,
        feed_events=True,
        first_too=values.get("skip_first_call") is False,
        max_entries=int(most) if most else None,
        user_agent=values.get("user_agent"),
        timeout=float(values["timeout"]) if values.get("timeout") else None,
    )


def _configured_url(url: str, where: str) -> tuple[str, dict[str, str]]:
    """The address without user and password, which everybody would see with each entry, and the header for them."""
    try:
        parts = urlsplit(url)
        if parts.username is None:
            return checked_url(url), {}
        bare = checked_url(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    except (BadRequest, ValueError) as error:
        raise ConfigurationError(f"{where}: {error}") from error
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return bare, {"Authorization": f"Basic {b64encode(credentials).decode()}"}


def _seconds(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < _SHORTEST_POLL:
        raise ConfigurationError(f"{where}: poll_seconds is a number of seconds, at least 1, not {value!r}.")
    return float(value)


def _texts(value: Any, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{where}: headers maps the names of headers to their values.")
    return {str(name): str(text) for name, text in value.items()}
