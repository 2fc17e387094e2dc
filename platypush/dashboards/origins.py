"""Other servers that a dashboard shows pictures of: its page may load these, and no others. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from platypush.dashboards.layout import Layout

__all__ = ["origins_of"]

_ADDRESSES = ("src", "iconUrl")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
"""Nothing that would end a source in a Content-Security-Policy (CSP level 3, section 2.3.1)."""


def origins_of(layout: Layout) -> tuple[str, ...]:
    """The origins (``http://cam.lan:8080``) of all addresses in a dashboard that are not this hub's; sorted."""
    if layout.root is None:
        return ()
    widgets = [widget for row in layout.root["rows"] for widget in row["widgets"]]
    return tuple(sorted({origin for widget in widgets for origin in _of_element(widget)}))


def _of_element(element: Mapping[str, Any]) -> Iterator[str]:
    if element["type"] == "part":
        return
    attributes = element.get("attributes", {})
    for name in _ADDRESSES:
        origin = _origin(attributes.get(name))
        if origin:
            yield origin
    for child in element.get("children", ()):
        yield from _of_element(child)


def _origin(address: object) -> str | None:
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{port}")
    if not _HOST.fullmatch(host):
        return None
    # Without a scheme (``//cam.lan/x.jpg``) it is the page's own.
    scheme = f"{parts.scheme}://" if parts.scheme in ("http", "https") else ""
    return f"{scheme}{host}" if port is None else f"{scheme}{host}:{port}"
