"""A running hub, as seen by the code that it runs and by the dispatcher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platypush.message.envelope import Envelope, Reply
from platypush.message.event import Event
from platypush.message.request import Request
from platypush.message.response import Response

if TYPE_CHECKING:
    from platypush.backend import Backend
    from platypush.backend.registry import BackendRegistry
    from platypush.event.processor import EventProcessor
    from platypush.event.types import EventTypes
    from platypush.plugins import Plugin
    from platypush.plugins.registry import PluginRegistry
    from platypush.procedure.registry import ProcedureRegistry

__all__ = ["Hub"]

_PROCEDURE = "procedure."


class Hub:
    """The daemon's runtime (``platypush.context.Runtime``) and the dispatcher's runner, from the parts it is made of.

    Every method may be called from any thread.
    """

    def __init__(
        self,
        *,
        plugins: PluginRegistry,
        procedures: ProcedureRegistry,
        events: EventProcessor,
        event_types: EventTypes,
        backends: BackendRegistry,
    ) -> None:
        self.plugins = plugins
        self.procedures = procedures
        self.events = events
        self.event_types = event_types
        self.backends = backends

    def get_plugin(self, name: str) -> Plugin:
        """See ``platypush.context.get_plugin``."""
        return self.plugins.get(name)

    def get_backend(self, name: str) -> Backend:
        """See ``platypush.context.get_backend``."""
        return self.backends.get(name)

    def get_bus(self) -> EventProcessor:
        """Where events are posted."""
        return self.events

    def run_request(self, request: Request) -> Response:
        """Run an action or a procedure once, in this thread. Never raises for its failure."""
        if request.action.startswith(_PROCEDURE):
            return self.procedures.run_request(request)
        return self.plugins.run(request)

    def read_event(self, data: Mapping[str, Any]) -> Event:
        """An event from its JSON object. Raises BadRequest."""
        return self.event_types.from_dict(data)

    def post_event(self, event: Event) -> None:
        """Queue an event for its hooks."""
        self.events.post(event)

    def run_webhook(self, envelope: Envelope) -> Reply:
        """Run the hooks of ``envelope.name`` in this thread. Raises PlatypushError."""
        return self.events.run_webhook(envelope)
