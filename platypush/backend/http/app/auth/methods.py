"""From a WSGI environment to the one who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platypush.backend.http.app.auth.csrf import check_ambient
from platypush.errors import Forbidden, PlatypushError
from platypush.user.credentials import Credential, find_credential
from platypush.user.policy import allows, authorise

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush._lib.clients import Client
    from platypush.backend.http.app.exchange import Exchange
    from platypush.backend.http.app.state import Web
    from platypush.message.envelope import Principal

__all__ = ["authenticate", "credential_of", "hosts_of", "optional_principal", "permit", "require"]

_VARIABLES = {
    "Authorization": "HTTP_AUTHORIZATION",
    "X-Token": "HTTP_X_TOKEN",
    "X-Session-Token": "HTTP_X_SESSION_TOKEN",
}
"""The headers that hold a credential, by their names in a WSGI environment."""


def credential_of(environ: WSGIEnvironment) -> Credential | None:
    """The credential of a request, from the first source that has one."""

    def header(name: str) -> str | None:
        value: str | None = environ.get(_VARIABLES[name])
        return value

    return find_credential(header, environ.get("QUERY_STRING", ""), environ.get("HTTP_COOKIE"))


def hosts_of(web: Web, client: Client) -> frozenset[str]:
    """The hosts, ports included, under which this request's client knows the hub."""
    return web.own_hosts | {client.host.lower()}


def authenticate(web: Web, environ: WSGIEnvironment, exchange: Exchange) -> Principal:
    """Who asks; also noted in ``exchange``.

    Raises NotAuthenticated, RegistrationRequired, TooManyAttempts, StorageFailed; Forbidden for a request that
    another site made in the browser's name.
    """
    try:
        credential = credential_of(environ)
        if credential is not None and (credential.kind == "basic" or credential.source == "cookie"):
            check_ambient(environ, hosts_of(web, exchange.client), cookie=credential.source == "cookie")
        exchange.principal = web.users.authenticate(credential, exchange.client.address)
    except PlatypushError as error:
        web.metrics.refused(error.code)
        raise
    return exchange.principal


def require(web: Web, environ: WSGIEnvironment, exchange: Exchange, permission: str) -> Principal:
    """Who asks, when he may do ``permission``. Raises like ``authenticate``, and Forbidden."""
    principal = exchange.principal or authenticate(web, environ, exchange)
    permit(web, exchange, principal, permission)
    return principal


def permit(web: Web, exchange: Exchange, principal: Principal, permission: str) -> None:
    """Return when ``principal`` may do ``permission``. Raises Forbidden, which the audit trail then shows."""
    try:
        authorise(principal, permission)
    except Forbidden:
        address = exchange.client.address
        web.users.trail.refused("forbidden", principal.user, address, permission=permission, by=principal.kind)
        web.metrics.refused(Forbidden.code)
        raise


def optional_principal(web: Web, environ: WSGIEnvironment, exchange: Exchange, permission: str) -> Principal | None:
    """Who asks, or None for everybody who may not do ``permission``; for open routes that show more to some."""
    if credential_of(environ) is None:
        return None
    try:
        principal = exchange.principal or authenticate(web, environ, exchange)
    except PlatypushError:
        return None
    return principal if allows(principal, permission) else None
