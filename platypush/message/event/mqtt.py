"""Events of MQTT."""

from __future__ import annotations

from typing import Any

from platypush.message.event import Event

__all__ = ["MQTTMessageEvent"]


class MQTTMessageEvent(Event):
    """A message came on a topic that the hub is subscribed to.

    ``host`` and ``port`` are the broker's. ``msg`` is what JSON says, else text, else bytes. ``retain`` is whether the
    broker had kept the message: it is older than the subscription, and comes again after each reconnect.
    """

    def __init__(
        self,
        *,
        msg: Any,
        host: str | None = None,
        port: int | None = None,
        topic: str | None = None,
        retain: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(msg=msg, host=host, port=port, topic=topic, retain=retain, **kwargs)
