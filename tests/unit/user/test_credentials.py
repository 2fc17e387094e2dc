"""Which credential of a request counts."""

from __future__ import annotations

import pytest

from platypush.user.credentials import Credential, find_credential


def find(query: str = "", cookie: str | None = None, **headers: str) -> Credential | None:
    given = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return find_credential(lambda name: given.get(name.lower()), query, cookie)


ALL = {
    "Authorization": "Bearer a",
    "X_Token": "b",
    "query": "session_token=e&token=c",
    "X_Session_Token": "d",
    "cookie": "session_token=f",
}
ORDER = [
    (("Authorization",), Credential("token", "a", "authorization")),
    (("X_Token",), Credential("token", "b", "x-token")),
    (("token",), Credential("token", "c", "query-token")),
    (("X_Session_Token",), Credential("session", "d", "x-session-token")),
    (("query",), Credential("session", "e", "query-session")),
    (("cookie",), Credential("session", "f", "cookie")),
]


@pytest.mark.parametrize("position", range(len(ORDER)))
def test_the_first_source_in_the_documented_order_counts(position: int) -> None:
    given = dict(ALL)
    for (source,), _ in ORDER[:position]:
        if source == "token":
            given["query"] = "session_token=e"
        else:
            given.pop(source)
    assert find(**given) == ORDER[position][1]


def test_a_request_without_any_credential_has_none() -> None:
    assert find(query="a=1&b=2", cookie="theme=dark") is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_authorization_ignores_case(scheme: str) -> None:
    assert find(Authorization=f"{scheme} abc") == Credential("token", "abc", "authorization")


def test_basic_stays_encoded_until_it_is_looked_up() -> None:
    assert find(Authorization="Basic  YTpi ") == Credential("basic", "YTpi", "authorization")


@pytest.mark.parametrize("value", ["Digest username=x", "Negotiate abc", "garbage", ""])
def test_an_unknown_authorization_is_a_wrong_credential_and_nothing_after_it_is_tried(value: str) -> None:
    found = find(Authorization=value, X_Token="good", cookie="session_token=good")
    assert found is not None
    assert found.kind == "unknown"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"X_Token": ""}, Credential("token", "", "x-token")),
        ({"query": "token="}, Credential("token", "", "query-token")),
        ({"query": "token"}, Credential("token", "", "query-token")),
        ({"X_Session_Token": ""}, Credential("session", "", "x-session-token")),
    ],
)
def test_an_empty_source_is_present_and_hides_the_later_ones(given: dict[str, str], expected: Credential) -> None:
    assert find(cookie="session_token=good", **given) == expected


def test_an_emptied_cookie_is_absent() -> None:
    assert find(cookie="session_token=; theme=dark") is None


def test_percent_encoding_hides_neither_name_nor_value() -> None:
    assert find(query="%74oken=a%2Bb") == Credential("token", "a+b", "query-token")


def test_of_two_arguments_with_the_same_name_the_first_counts() -> None:
    assert find(query="token=first&token=second") == Credential("token", "first", "query-token")


def test_arguments_whose_names_only_contain_token_do_not_count() -> None:
    assert find(query="csrf_token=x&tokens=y") is None


def test_cookies_whose_names_only_end_alike_do_not_count() -> None:
    assert find(cookie="my_session_token=x; session_token2=y") is None


@pytest.mark.parametrize("cookie", ["a=b; session_token=abc", 'session_token="abc"; a=b', " session_token = abc "])
def test_the_cookie_is_found_among_others(cookie: str) -> None:
    assert find(cookie=cookie) == Credential("session", "abc", "cookie")


def test_a_credential_does_not_show_its_value() -> None:
    assert "secret" not in repr(Credential("token", "secret", "cookie"))
