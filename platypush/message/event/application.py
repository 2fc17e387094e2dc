"""Events of the hub's own life."""

from platypush.message.event import Event

__all__ = ["ApplicationReloadedEvent", "ApplicationStartedEvent", "ApplicationStoppedEvent"]


class ApplicationStartedEvent(Event):
    """The hub has started: plugins, hooks and backends are up."""


class ApplicationReloadedEvent(Event):
    """The configuration was loaded anew and is in force."""


class ApplicationStoppedEvent(Event):
    """The hub is about to stop."""
