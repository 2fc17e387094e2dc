"""What this hub can do, with docs and schemas."""

from __future__ import annotations

from typing import Any

from platypush.plugins import action
from platypush.plugins.inspect._events import describe_events
from platypush.plugins.services import ServicePlugin

__plugin__ = "InspectPlugin"
__all__ = ["InspectPlugin"]


class InspectPlugin(ServicePlugin):
    """Look up plugins, actions, events, procedures and backends: for the panel, for programs, for people."""

    @action
    def get_all_plugins(self) -> dict[str, Any]:
        """Every plugin of this hub with its actions, their arguments, JSON schemas and docs.

        :return: Name to ``{name, doc, summary, status, reason, actions}``.
        """
        registry = self.services.registry
        return registry.describe() if registry else {}

    @action
    def get_all_events(self) -> dict[str, Any]:
        """Every type of event that hooks can wait for.

        :return: Module to the events in it, by class name: ``{name, doc, args}``.
        """
        return describe_events()

    @action
    def get_procedures(self) -> dict[str, Any]:
        """The procedures of the configuration and of scripts.

        :return: Name to a description.
        """
        return dict(self.services.procedures())

    @action
    def get_all_backends(self) -> dict[str, Any]:
        """The backends of this hub.

        :return: Name to a description.
        """
        return dict(self.services.backends())
