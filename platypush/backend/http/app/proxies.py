"""``get_plugin`` in a worker: plugins run in the daemon, so their actions are called over the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import flask

from platypush._lib.ids import new_id
from platypush.backend.http.app.errors import raise_for_reply
from platypush.backend.http.app.exchange import exchange_of
from platypush.errors import PlatypushError, Unavailable
from platypush.message import decode
from platypush.message.envelope import LOCAL, Principal
from platypush.message.request import Request
from platypush.message.response import Response

if TYPE_CHECKING:
    from platypush.backend.http.app.gateway import Gateway
    from platypush.message.event import Event

__all__ = ["PluginProxy", "RemoteEventBus", "WorkerRuntime"]


class PluginProxy:
    """A plugin of the daemon. Each attribute is an action that returns a ``Response``.

    The call is made for whoever makes the present HTTP request, or for this process where nobody had to sign in.
    A failed action is in ``errors``; raises PlatypushError subclasses when the call itself did not go through
    (Forbidden, BusUnavailable, TimeLimit, …).
    """

    def __init__(self, gateway: Gateway, name: str) -> None:
        self._gateway = gateway
        self._name = name

    def __getattr__(self, action: str) -> Any:
        if action.startswith("_"):
            raise AttributeError(action)

        def call(*args: Any, **kwargs: Any) -> Response:
            if args and kwargs:
                raise TypeError(f"{self._name}.{action} is called over the bus: give all arguments by name.")
            message = Request(action=f"{self._name}.{action}", args=list(args) if args else kwargs)
            return _read(_send(self._gateway, message.to_json()))

        return call

    def __repr__(self) -> str:
        return f"<PluginProxy {self._name}>"


class RemoteEventBus:
    """Posts events to the daemon."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def post(self, event: Event) -> None:
        """Hand ``event`` to the daemon. Raises PlatypushError subclasses when it cannot be reached or refuses."""
        _send(self._gateway, event.to_json())


class WorkerRuntime:
    """What ``platypush.context`` gives to code in a worker."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def get_plugin(self, name: str) -> PluginProxy:
        """The plugin ``name``. That it is configured shows at the first call: the daemon knows it, not the worker."""
        return PluginProxy(self._gateway, name)

    def get_backend(self, name: str) -> NoReturn:
        """Backends live in the daemon. Raises Unavailable."""
        raise Unavailable(
            f"The backend {name!r} runs in the daemon, out of reach of a web worker. Call a plugin's action instead."
        )

    def run_request(self, request: Request) -> Response:
        """Run an action or procedure in the daemon. Failures, those of the bus among them, are in ``errors``."""
        try:
            return _read(_send(self._gateway, request.to_json()))
        except PlatypushError as error:
            return Response(id=request.id, errors=[error.message])

    def get_bus(self) -> RemoteEventBus:
        """Where to post events."""
        return RemoteEventBus(self._gateway)


def _send(gateway: Gateway, message: bytes) -> bytes:
    principal: Principal = LOCAL
    request_id = new_id()
    if flask.has_request_context():
        exchange = exchange_of(flask.request.environ)
        principal = exchange.principal or LOCAL
        request_id = exchange.request_id
    reply = gateway.execute(message, principal, request_id)
    raise_for_reply(reply)
    return reply.body


def _read(body: bytes) -> Response:
    data = decode(body)
    outcome = data.get("response") or {}
    return Response(
        output=outcome.get("output"),
        errors=list(outcome.get("errors") or ()),
        id=data.get("id"),
        target=data.get("target"),
        origin=data.get("origin"),
    )
