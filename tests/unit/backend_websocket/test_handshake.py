"""Whose handshake it is, and the answer to those who may not."""

from __future__ import annotations

import json

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request

from platypush._lib.clients import ClientResolver
from platypush.backend.http.websocket_handshake import Opening, Resolver, check_origin, read_opening, refusal
from platypush.errors import BadRequest, Forbidden, NotAuthenticated, RegistrationRequired, TooManyAttempts

SESSION = ("Cookie", "other=1; session_token=s")


def opening(*headers: tuple[str, str], path: str = "/", resolve: Resolver | None = None) -> Opening:
    request = Request(path, Headers([("Host", "hub.local:8009"), *headers]))
    return read_opening(request, "10.0.0.9", secure=False, resolve=resolve)


@pytest.mark.parametrize(
    ("headers", "path", "kind", "source"),
    [
        ([("Authorization", "Basic YTpi")], "/", "basic", "authorization"),
        ([("Authorization", "Bearer t"), ("X-Token", "u")], "/?token=v", "token", "authorization"),
        ([("X-Token", "u"), SESSION], "/", "token", "x-token"),
        ([SESSION], "/ws/events?token=v", "token", "query-token"),
        ([("X-Session-Token", "s")], "/?session_token=t", "session", "x-session-token"),
        ([SESSION], "/?session_token=t", "session", "query-session"),
        ([SESSION], "/", "session", "cookie"),
        ([("Cookie", "a=1"), ("Cookie", "session_token=s")], "/", "session", "cookie"),
    ],
)
def test_each_way_of_authentication_is_found_and_the_first_one_counts(
    headers: list[tuple[str, str]], path: str, kind: str, source: str
) -> None:
    credential = opening(*headers, path=path).credential
    assert credential is not None
    assert (credential.kind, credential.source) == (kind, source)


def test_without_a_credential_there_is_none() -> None:
    assert opening().credential is None


def test_a_credential_header_that_comes_twice_is_refused() -> None:
    with pytest.raises(BadRequest, match="more than once"):
        opening(("X-Token", "a"), ("X-Token", "b"))


def test_forwarding_headers_are_believed_from_trusted_proxies_only() -> None:
    forwarded = (("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil.example"))
    assert opening(*forwarded)[1:3] == ("10.0.0.9", "hub.local:8009")
    stranger = ClientResolver(["192.168.0.1"]).resolve
    assert opening(*forwarded, resolve=stranger)[1:3] == ("10.0.0.9", "hub.local:8009")
    proxy = ClientResolver(["10.0.0.0/8"]).resolve
    assert opening(*forwarded, resolve=proxy)[1:3] == ("1.2.3.4", "evil.example")


@pytest.mark.parametrize("origin", ["http://hub.local", "https://hub.local:443", "http://HUB.local:8008"])
def test_a_cookie_counts_from_our_own_pages_on_any_port(origin: str) -> None:
    check_origin(opening(SESSION, ("Origin", origin)), frozenset())


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://hub.local.evil.example", "http://evil.example:8009", "http://[", ""],
)
def test_a_cookie_does_not_count_from_another_site(origin: str) -> None:
    with pytest.raises(Forbidden, match="another site"):
        check_origin(opening(SESSION, ("Origin", origin)), frozenset())


def test_a_cookie_without_an_origin_does_not_count() -> None:
    with pytest.raises(Forbidden, match="Origin"):
        check_origin(opening(SESSION), frozenset())


def test_the_public_address_is_ours_too() -> None:
    check_origin(opening(SESSION, ("Origin", "https://home.example")), frozenset({"home.example"}))


def test_a_token_counts_from_any_page() -> None:
    check_origin(opening(("Origin", "http://evil.example"), path="/?token=t"), frozenset())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAuthenticated(), 401),
        (Forbidden(), 403),
        (RegistrationRequired(), 412),
        (TooManyAttempts(retry_after=3), 429),
    ],
)
def test_a_refusal_has_the_one_error_shape(error: NotAuthenticated, status: int) -> None:
    response = refusal(error, "r1")
    assert response.status_code == status
    assert json.loads(response.body) == error.to_dict("r1")
    assert response.headers["Content-Length"] == str(len(response.body))
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert ("Retry-After" in response.headers) == (status == 429)
