"""The event of feeds that ``backend.http.poll`` names."""

from __future__ import annotations

from typing import Any

from platypush.message.event.http import HttpEvent

__all__ = ["NewFeedEvent"]


class NewFeedEvent(HttpEvent):
    """A feed has new entries: all of them at once, the newest first, in ``response``.

    ``digest_format`` and ``digest_filename`` are always None: this version writes no digests.
    """

    def __init__(
        self,
        request: dict[str, Any],
        response: list[dict[str, Any]],
        source_id: int | None = None,
        source_title: str | None = None,
        title: str | None = None,
        digest_format: str | None = None,
        digest_filename: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            request=request,
            response=response,
            source_id=source_id,
            source_title=source_title,
            title=title,
            digest_format=digest_format,
            digest_filename=digest_filename,
            **kwargs,
        )
