"""What strangers write in a feed, made fit to be shown: plain text, harmless HTML, addresses of the web only."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import nh3

__all__ = ["clean_html", "clean_text", "web_url"]

_MOST_TAGS = 5_000
"""An article has some hundred. The cleaner's time grows with the square of what is nested."""
_LONGEST_URL = 2048
_LONGEST_HTML = 65_536
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_WEB = ("http", "https")


def clean_text(value: object, longest: int = 500, *, markup: bool = True) -> str | None:
    """``value`` in one line of plain text, None when nothing is left. ``markup``: tags in it are tags."""
    if not isinstance(value, str):
        return None
    text = value[: longest * 20]
    if markup and "<" in text:
        text = nh3.clean(text, tags=set()) if text.count("<") <= _MOST_TAGS else _TAG.sub(" ", text)
    if markup:
        text = html.unescape(text)
    text = _SPACE.sub(" ", _CONTROL.sub("", text)).strip()
    return (text if len(text) <= longest else f"{text[: longest - 1]}…") or None


def clean_html(value: object, base: str, longest: int = _LONGEST_HTML) -> str | None:
    """``value`` as HTML that does nothing, its addresses absolute; None when nothing is left."""
    if not isinstance(value, str):
        return None
    text = _CONTROL.sub("", value[:longest])
    if text.count("<") > _MOST_TAGS:
        text = html.escape(html.unescape(_TAG.sub(" ", text)), quote=False)
    else:
        text = nh3.clean(
            text,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
            attribute_filter=lambda _, name, value: _attribute(name, value, base),
        )
    return text.strip() or None


def web_url(value: object, base: str) -> str | None:
    """``value`` as an absolute address of the web, None for anything else: ``javascript:``, ``file:``, too long."""
    if not isinstance(value, str):
        return None
    try:
        url = urljoin(base, _CONTROL.sub("", value).strip())
        parts = urlsplit(url)
        sound = parts.scheme.lower() in _WEB and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return url if sound and len(url) <= _LONGEST_URL and not _SPACE.search(url) else None


def _attribute(name: str, value: str, base: str) -> str | None:
    if name in ("href", "src", "cite"):
        return value if name == "href" and value.lower().startswith("mailto:") else web_url(value, base)
    # Sets of addresses would need the same care.
    return None if name in ("srcset", "id", "class", "style") else value
