"""``/hook/<name>``: webhooks. The hook decides who may call it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.body import read_body
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.headers import CSP_FOREIGN, forwarded_headers
from platypush.backend.http.app.state import current_web
from platypush.errors import PlatypushError

__all__ = ["blueprint"]

blueprint = Blueprint("hook", __name__)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


@blueprint.route("/hook/<name>", methods=_METHODS, provide_automatic_options=False)
@open_route("the hook decides")
def hook(name: str) -> Response:
    """Hand the request to the daemon, body untouched, and give back what the hook answers."""
    web = current_web()
    body = read_body(request.environ, web.settings.limits.request_body)
    # Each name once, with its first value, as hooks have always seen the query.
    meta = {"method": request.method, "args": request.args.to_dict(), "headers": dict(request.headers)}
    reply = web.gateway.hook(name, body, meta, exchange_of(request.environ).request_id)
    if not 200 <= reply.status <= 599:
        raise PlatypushError(f"The hook answered with the status {reply.status}, which is none for an answer.")
    response = Response(reply.body, reply.status)
    del response.headers["Content-Type"]
    for header, value in forwarded_headers(reply.headers):
        response.headers.add(header, value)
    response.headers.setdefault("Content-Security-Policy", CSP_FOREIGN)
    return response
