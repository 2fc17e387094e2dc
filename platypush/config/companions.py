"""Plugins that load without a section of their own because the section of a backend needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["companions"]

_FEED = "RssUpdates"


def companions(
    backends: Mapping[str, Mapping[str, Any]], disabled: frozenset[str] = frozenset()
) -> dict[str, dict[str, Any]]:
    """The sections, all empty, of the plugins that go with ``backends``; without those that are switched off.

    ``backend.http.poll`` has its feeds read, kept and shown by ``rss``.
    """
    requests = backends.get("http.poll", {}).get("requests")
    has_feeds = isinstance(requests, list) and any(
        isinstance(item, Mapping) and str(item.get("type")).endswith(_FEED) for item in requests
    )
    return {"rss": {}} if has_feeds and "rss" not in disabled else {}
