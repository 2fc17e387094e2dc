"""Services that come and go on the local network."""

from __future__ import annotations

from typing import Any

from platypush.message.event import Event

__all__ = ["ZeroconfServiceAddedEvent", "ZeroconfServiceRemovedEvent", "ZeroconfServiceUpdatedEvent"]


class _ServiceEvent(Event):
    def __init__(self, service_name: str, service_type: str, service_info: dict[str, Any], **kwargs: Any) -> None:
        """:param service_name: Full name. ``service_type``: such as ``_mpd._tcp.local.``. ``service_info``: as
        ``zeroconf.get_services`` gives it."""
        super().__init__(service_name=service_name, service_type=service_type, service_info=service_info, **kwargs)


class ZeroconfServiceAddedEvent(_ServiceEvent):
    """A service that the hub looks for has appeared."""


class ZeroconfServiceUpdatedEvent(_ServiceEvent):
    """A service has another address, port or description."""


class ZeroconfServiceRemovedEvent(_ServiceEvent):
    """A service has said that it goes, or has not been heard of for longer than it promised."""
