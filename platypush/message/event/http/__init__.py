"""Events of the web service, and of what the hub asks other web services for."""

from __future__ import annotations

from typing import Any, ClassVar

from platypush.message.event import Event

__all__ = ["HttpEvent"]


class HttpEvent(Event):
    """Another web service has something new.

    ``request`` says what was asked for, such as ``{"method", "url"}``; it may hold secrets of the configuration, so
    hooks alone see it. ``response`` is what is new.
    """

    private_args: ClassVar[frozenset[str]] = frozenset({"request"})

    def __init__(self, request: dict[str, Any], response: Any, **kwargs: Any) -> None:
        super().__init__(request=request, response=response, **kwargs)
