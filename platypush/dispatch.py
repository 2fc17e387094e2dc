"""Where every message that reaches the daemon is authorised and run, whatever transport it came by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from platypush._lib.calls import in_call
from platypush._lib.suggest import did_you_mean
from platypush.bus.replies import error_reply
from platypush.errors import BadRequest, NotFound, PlatypushError
from platypush.message import decode, encode
from platypush.message.envelope import Envelope, Reply
from platypush.message.event import Event
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.user.policy import authorise

__all__ = ["ControlOperation", "Dispatcher", "Runner"]

_logger = logging.getLogger(__name__)
_JSON = (("Content-Type", "application/json"),)

ControlOperation = Callable[[Any], Any]
"""Takes the decoded body (None without one); gives what is sent as JSON, or text, which is sent as it is."""


class Runner(Protocol):
    """What the dispatcher hands work to."""

    def run_request(self, request: Request) -> Response:
        """Run an action or a procedure once, in this thread. Failures are in ``errors``; never raises."""

    def read_event(self, data: Mapping[str, Any]) -> Event:
        """An event from its JSON object. Raises BadRequest."""

    def post_event(self, event: Event) -> None:
        """Queue an event for its hooks."""

    def run_webhook(self, envelope: Envelope) -> Reply:
        """Run the hooks of ``envelope.name`` in this thread and give their answer. Raises PlatypushError."""


class Dispatcher:
    """Runs envelopes. Called by the bus's and the websocket's threads, many at once; ``handle`` never raises."""

    def __init__(self, runner: Runner, control: Mapping[str, ControlOperation], *, device_id: str) -> None:
        self._runner = runner
        self._control = control
        self._device_id = device_id
        self._kinds: dict[str, Callable[[Envelope], Reply]] = {
            "execute": self._execute,
            "hook": runner.run_webhook,
            "control": self._run_control,
        }

    def handle(self, envelope: Envelope) -> Reply:
        """Authorise and run one envelope in the calling thread."""
        try:
            with in_call(envelope.request_id, envelope.time_left):
                run = self._kinds.get(envelope.kind)
                if run is None:
                    raise BadRequest(f"The bus carries no envelopes of kind {envelope.kind!r}.")
                return run(envelope)
        except PlatypushError as error:
            return error_reply(error, envelope.request_id)
        except Exception:  # boundary: a failure of the hub must reach its caller as an answer
            _logger.exception("Envelope %s of kind %s failed", envelope.request_id, envelope.kind)
            return error_reply(PlatypushError(), envelope.request_id)

    def _execute(self, envelope: Envelope) -> Reply:
        data = decode(envelope.body)
        if not isinstance(data, dict):
            raise BadRequest(f"A message is a JSON object; this is a {type(data).__name__}.")
        kind = data.get("type")
        if kind == "request":
            return self._run_request(data, envelope)
        if kind == "event":
            authorise(envelope.principal, "post:event")
            event = self._runner.read_event(data)
            event.origin = envelope.meta.get("origin", "http")
            self._runner.post_event(event)
            return Reply(200, b"{}", _JSON)
        raise BadRequest(f"A message has the type 'request' or 'event'; this one has {kind!r}.")

    def _run_request(self, data: Mapping[str, Any], envelope: Envelope) -> Reply:
        request = Request.from_dict(data, envelope.request_id)
        authorise(envelope.principal, f"action:{request.action}")
        origin = request.origin = envelope.meta.get("origin", "http")
        response = self._runner.run_request(request)
        response.id = request.id
        response.target = origin
        response.origin = self._device_id
        return Reply(200, response.to_json(), _JSON)

    def _run_control(self, envelope: Envelope) -> Reply:
        authorise(envelope.principal, f"control:{envelope.name}")
        operation = self._control.get(envelope.name)
        if operation is None:
            raise NotFound(f"No operation {envelope.name!r}.{did_you_mean(envelope.name, self._control)}")
        result = operation(decode(envelope.body) if envelope.body else None)
        if isinstance(result, str):
            return Reply(200, result.encode(), (("Content-Type", "text/plain; charset=utf-8"),))
        return Reply(200, encode(result), _JSON)
