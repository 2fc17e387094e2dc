"""The only module that talks to the bus."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platypush.backend.http.app.errors import raise_for_reply
from platypush.errors import BusUnavailable, PlatypushError
from platypush.message import decode, encode
from platypush.message.envelope import LOCAL, Envelope, Principal, Reply

if TYPE_CHECKING:
    from platypush.backend.http.app.metrics import Metrics
    from platypush.bus import BusClient

__all__ = ["Gateway"]

_logger = logging.getLogger(__name__)


class Gateway:
    """Calls of the daemon. Safe for many threads or greenlets.

    All methods raise BusUnavailable, AnswerLost, TimeLimit and TooLarge as ``BusClient.call`` does.

    Args:
        bus: connects at its first call.
        action_time: seconds that an action or a hook may take.
        metrics: where calls that fail are counted.
    """

    def __init__(self, bus: BusClient, action_time: float, metrics: Metrics) -> None:
        self._bus = bus
        self._action_time = action_time
        self._metrics = metrics

    def execute(self, message: bytes, principal: Principal, request_id: str) -> Reply:
        """Run a request or post an event, as JSON; the reply's bytes are for the client as they are."""
        return self._call(Envelope("execute", message, "", principal, self._action_time, request_id))

    def hook(self, name: str, body: bytes, meta: Mapping[str, Any], request_id: str) -> Reply:
        """Run the webhook ``name`` for whoever asked: it decides by itself."""
        return self._call(Envelope("hook", body, name, None, self._action_time, request_id, meta))

    def control(
        self,
        operation: str,
        request_id: str,
        *,
        principal: Principal = LOCAL,
        seconds: float = 5.0,
        body: Any = None,
    ) -> Reply:
        """Run a control operation of the daemon, for this process itself unless a ``principal`` is given."""
        payload = b"" if body is None else encode(body)
        return self._call(Envelope("control", payload, operation, principal, seconds, request_id))

    def query(self, operation: str, request_id: str, *, seconds: float = 5.0) -> Any:
        """The decoded answer of a control operation. Also raises what the daemon answered with."""
        reply = self.control(operation, request_id, seconds=seconds)
        raise_for_reply(reply)
        return decode(reply.body) if reply.body else None

    def close(self) -> None:
        """Close idle connections."""
        self._bus.close()

    def _call(self, envelope: Envelope) -> Reply:
        try:
            return self._bus.call(envelope)
        except BusUnavailable as error:
            self._metrics.bus_failed(envelope.kind, error.code)
            # The bus says where it looked; that is for the log, not for the strangers who may call a hook.
            _logger.warning("%s", error)
            raise BusUnavailable(retry_after=error.retry_after) from error
        except PlatypushError as error:
            self._metrics.bus_failed(envelope.kind, error.code)
            raise
