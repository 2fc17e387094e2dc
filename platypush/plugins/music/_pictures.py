"""Which kind of image some bytes are. By the bytes: what a file says of its cover may be anything. Pure."""

from __future__ import annotations

__all__ = ["image_type"]

_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}


def image_type(data: bytes) -> str | None:
    """The MIME type of an image; None for what is no image that browsers show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)
