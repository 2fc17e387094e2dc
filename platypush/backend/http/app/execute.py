"""``POST /execute``: the whole decision, used by the front and by Flask's route alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platypush.backend.http.app.auth.csrf import is_json
from platypush.backend.http.app.auth.methods import authenticate, credential_of, permit
from platypush.backend.http.app.body import read_body
from platypush.backend.http.app.exchange import Answer
from platypush.errors import BadRequest, Forbidden
from platypush.message import decode

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush.backend.http.app.exchange import Exchange
    from platypush.backend.http.app.state import Web

__all__ = ["answer_execute", "permission_for"]


def answer_execute(web: Web, environ: WSGIEnvironment, exchange: Exchange) -> Answer:
    """Run the message in the body: one look-up for who asks, one parse, one round trip over the bus.

    Raises PlatypushError subclasses.
    """
    principal = authenticate(web, environ, exchange)
    if principal.kind == "session" and not is_json(environ):
        _refuse_forms(environ)
    body = read_body(environ, web.settings.limits.request_body)
    permission = permission_for(decode(body))
    permit(web, exchange, principal, permission)
    reply = web.gateway.execute(body, principal, exchange.request_id)
    return Answer(reply.status, list(reply.headers), reply.body)


def permission_for(message: object) -> str:
    """The permission that a message needs. Raises BadRequest for what is no message."""
    if not isinstance(message, dict):
        raise BadRequest(f"A message is a JSON object; this is a {type(message).__name__}.")
    kind = message.get("type")
    if kind == "event":
        return "post:event"
    if kind != "request":
        raise BadRequest(f"A message has the type 'request' or 'event'; this one has {kind!r}.")
    action = message.get("action")
    if not isinstance(action, str):
        raise BadRequest(f"A request needs an 'action' such as 'tts.say' or 'procedure.name'; this one has {action!r}.")
    return f"action:{action}"


def _refuse_forms(environ: WSGIEnvironment) -> None:
    credential = credential_of(environ)
    if credential is not None and credential.source == "cookie":
        raise Forbidden(
            "With the session's cookie, /execute takes application/json only, which no form of another site can send."
        )
