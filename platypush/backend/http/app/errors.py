"""One mapping from any exception to one shape of answer, for the front and for Flask alike."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from platypush import errors
from platypush.backend.http.app.auth.redirects import sign_in_address
from platypush.backend.http.app.exchange import Answer, exchange_of
from platypush.backend.http.app.negotiation import is_navigation, is_script, wants_page
from platypush.errors import (
    NotAuthenticated,
    PlatypushError,
    RegistrationRequired,
    Unavailable,
)
from platypush.message import decode, encode
from platypush.message.envelope import Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask
    from werkzeug.wrappers import Response as BaseResponse

__all__ = ["HttpError", "describe", "error_answer", "raise_for_reply", "register_error_handlers"]

_logger = logging.getLogger(__name__)
_RETRY_AFTER = 5.0
_BY_STATUS: Mapping[int, type[PlatypushError]] = {
    400: errors.BadRequest,
    401: errors.NotAuthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    409: errors.Conflict,
    413: errors.TooLarge,
    429: errors.TooManyAttempts,
    503: errors.Unavailable,
    504: errors.TimeLimit,
}
_ANSWERED: tuple[type[PlatypushError], ...] = (
    *_BY_STATUS.values(),
    errors.ArgumentError,
    errors.UnknownAction,
    errors.Busy,
    errors.StorageFailed,
)
_KEPT_HEADERS = ("Allow", "Content-Range", "Retry-After")


class HttpError(PlatypushError):
    """An HTTP error that has no class of its own, such as 416 Range Not Satisfiable."""

    def __init__(self, status: int, code: str, message: str | None) -> None:
        super().__init__(message)
        self.http_status = status
        self.code = code


def describe(error: Exception) -> PlatypushError:
    """``error`` as one of ours. What nobody foresaw becomes a plain 500, with its traceback in the log only."""
    if isinstance(error, PlatypushError):
        return error
    if isinstance(error, HTTPException):
        status = error.code or 500
        known = _BY_STATUS.get(status)
        # Werkzeug's own sentences for 404 and 405 are about URLs typed by hand; ours are shorter.
        if known is not None:
            return known(error.description if status == 400 else None)
        return HttpError(status, error.name.lower().replace(" ", "_").replace("'", ""), error.description)
    _logger.error("A request failed", exc_info=error)
    return PlatypushError()


def error_headers(error: PlatypushError, environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """The headers that go with an error's status."""
    headers = []
    if isinstance(error, NotAuthenticated):
        # A browser would cover the page with its own password dialog.
        if not is_script(environ) and not wants_page(environ):
            headers.append(("WWW-Authenticate", 'Basic realm="Platypush", charset="UTF-8"'))
        headers.append(("WWW-Authenticate", 'Bearer realm="Platypush"'))
    retry_after = error.retry_after
    if retry_after is None and isinstance(error, Unavailable):
        retry_after = _RETRY_AFTER
    if retry_after is not None:
        headers.append(("Retry-After", str(max(1, math.ceil(retry_after)))))
    return headers


def error_answer(error: Exception, environ: WSGIEnvironment) -> Answer:
    """The answer to a program: the one error shape."""
    ours = describe(error)
    headers = [("Content-Type", "application/json"), *error_headers(ours, environ)]
    return Answer(ours.http_status, headers, encode(ours.to_dict(exchange_of(environ).request_id)))


def raise_for_reply(reply: Reply) -> None:
    """Turn a reply that is an error back into its exception, for callers that want the content.

    Raises PlatypushError subclasses, by their code.
    """
    if reply.status < 400:
        return
    data = decode(reply.body) if reply.body else {}
    described = data.get("error", {}) if isinstance(data, dict) else {}
    code = described.get("code")
    known = next((kind for kind in _ANSWERED if kind.code == code), None)
    kind = known or _BY_STATUS.get(reply.status, PlatypushError)
    raise kind(described.get("message"), details=described.get("details"))


def register_error_handlers(app: Flask) -> None:
    """Make every failure of ``app`` take the one shape."""
    app.register_error_handler(Exception, _handle)


def _handle(error: Exception) -> BaseResponse | Response:
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error.get_response(request.environ)
    environ = request.environ
    ours = describe(error)
    if is_navigation(environ) and isinstance(ours, (NotAuthenticated, RegistrationRequired)):
        page = "/register" if isinstance(ours, RegistrationRequired) else "/login"
        return redirect(sign_in_address(page, request.path, request.query_string.decode("latin-1")))
    if wants_page(environ):
        html = render_template("error.html", error=ours, request_id=exchange_of(environ).request_id)
        response = make_response(html, ours.http_status, error_headers(ours, environ))
    else:
        answer = error_answer(ours, environ)
        response = Response(answer.body, answer.status, answer.headers)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers(environ):
            if name in _KEPT_HEADERS:
                response.headers[name] = value
    return response
