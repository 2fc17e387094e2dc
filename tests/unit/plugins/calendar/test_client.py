"""Requests to a calendar's server: who gets the password, and what messages say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from requests import PreparedRequest

from platypush.errors import ActionFailed, Forbidden, PlatypushError, TimeLimit, TooLarge, Unavailable
from platypush.outgoing.exchange import Answer, Exchange
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.calendar.ical._client import Client, discreet, refusal, split_password

SECRET = "https://calendar.google.com/calendar/ical/anna/private-0123abcd/basic.ics"


class Recorded(Exchange):
    """Answers from a table instead of the network, and notes who was sent which password."""

    def __init__(self, answers: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        super().__init__(AllowedHosts([]), owner="test")
        self.answers = answers
        self.sent: list[tuple[str, str, str | None]] = []

    def request(self, method: str, url: str, **options: Any) -> Answer:
        prepared = PreparedRequest()
        prepared.prepare(method="GET", url=url, auth=options["auth"])
        header = prepared.headers.get("Authorization")
        self.sent.append((method, url, header.split()[0] if header else None))
        status, headers = self.answers.get(url, (200, {}))
        return Answer(status, headers, b"", url)


def client(answers: Mapping[str, tuple[int, Mapping[str, str]]], url: str) -> tuple[Client, Recorded]:
    exchange = Recorded(answers)
    return Client(exchange, url, "anna", "geheim", None), exchange


def test_a_redirect_keeps_the_method_and_on_the_same_server_the_password() -> None:
    asked, exchange = client({"https://a.example/": (302, {"Location": "/dav/"})}, "https://a.example/")
    assert asked.request("PROPFIND", "https://a.example/").url == "https://a.example/dav/"
    assert exchange.sent == [
        ("PROPFIND", "https://a.example/", "Basic"),
        ("PROPFIND", "https://a.example/dav/", "Basic"),
    ]


def test_a_redirect_to_another_server_goes_without_the_password_and_does_not_get_it_back() -> None:
    answers = {
        "https://a.example/": (302, {"Location": "https://b.example/"}),
        "https://b.example/": (302, {"Location": "https://a.example/x"}),
    }
    asked, exchange = client(answers, "https://a.example/")
    asked.request("GET", "https://a.example/")
    assert [login for _, _, login in exchange.sent] == ["Basic", None, None]


def test_the_password_never_goes_to_another_server_unencrypted() -> None:
    asked, exchange = client({}, "https://a.example/")
    asked.request("REPORT", "http://b.example/home/")
    asked.request("REPORT", "https://b.example/home/")
    assert [login for _, _, login in exchange.sent] == [None, "Basic"]


def test_redirects_in_a_circle_end() -> None:
    asked, exchange = client({"https://a.example/": (301, {"Location": "/"})}, "https://a.example/")
    with pytest.raises(Unavailable, match=r"a\.example redirects in a circle"):
        asked.request("GET", "https://a.example/")
    assert len(exchange.sent) == 5


@pytest.mark.parametrize(
    ("status", "headers", "text", "wait"),
    [
        (401, {}, "a.example refuses the user name or the password", 300),
        (403, {}, "does not allow", 60),
        (404, {}, "no calendar at this address", 60),
        (410, {}, "no calendar at this address", 60),
        (429, {"Retry-After": "120"}, "answered 429", 120),
        (503, {"Retry-After": "999999"}, "answered 503", 3600),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "answered 503", 5),
        (418, {}, "answered 418", 60),
    ],
)
def test_each_refusal_says_why_and_when_to_ask_again(
    status: int, headers: dict[str, str], text: str, wait: float
) -> None:
    error = refusal(Answer(status, headers, b"", "https://a.example/private-0123/basic.ics"))
    assert text in error.message
    assert error.retry_after == wait
    assert "private" not in error.message


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Unavailable(f"GET {SECRET} failed: refused."), None),
        (TimeLimit(f"{SECRET} did not answer in time."), None),
        (TooLarge(f"The answer of {SECRET} is larger than 5 bytes."), 3600),
        (ActionFailed(f"'{SECRET}' redirects"), None),
        (Forbidden(f"{SECRET}: no"), 60),
        (Unavailable(f"{SECRET} busy", retry_after=1e9), 3600),
    ],
)
def test_no_message_shows_the_path_of_a_private_address(error: PlatypushError, wait: float | None) -> None:
    shown = discreet(error)
    assert "private-0123abcd" not in shown.message
    assert "https://calendar.google.com/…" in shown.message
    assert shown.retry_after == wait


def test_user_and_password_may_stand_in_the_url() -> None:
    assert split_password("https://anna%40x.de:a%3Ab%40c@a.example:8443/x?y") == (
        "https://a.example:8443/x?y",
        "anna@x.de",
        "a:b@c",
    )
    assert split_password("https://a.example/@x") == ("https://a.example/@x", None, None)
    assert split_password("/home/anna/x.ics") == ("/home/anna/x.ics", None, None)
