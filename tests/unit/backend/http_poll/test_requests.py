"""The list ``requests`` of ``backend.http.poll``, and what was seen before."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.backend.http.poll._requests import JsonRequest, read_requests
from platypush.backend.http.poll._seen import Seen
from platypush.config.companions import companions
from platypush.errors import ActionFailed, ConfigurationError

JSON = "platypush.backend.http.request.JsonHttpRequest"
FEED = "platypush.backend.http.request.rss.RssUpdates"
URL = "https://service.example.org/api"


def one(**values: Any) -> JsonRequest:
    (request,), remarks = read_requests([{"type": JSON, **values}], 60)
    assert remarks == []
    return request


def test_a_request_of_earlier_versions_is_read_as_it_is_written() -> None:
    request = one(
        method="GET",
        args={"url": URL, "headers": {"Token": "TOKEN"}, "params": {"updatedSince": "1m"}, "timeout": 7},
        poll_seconds=30,
        path="${response['items']}",
    )
    assert (request.method, request.url, request.timeout, request.poll_seconds) == ("get", URL, 7, 30)
    assert request.options() == {
        "params": {"updatedSince": "1m"},
        "headers": {"Accept": "application/json", "Token": "TOKEN"},
    }
    assert request.shown() == {"method": "get", "url": URL, "params": {"updatedSince": "1m"}}
    assert request.items({"items": [1, 2]}) == [1, 2]
    assert request.skip_first_call
    assert "TOKEN" not in repr(request)


def test_a_request_with_headers_goes_to_its_own_host_only_unless_told_otherwise() -> None:
    def public(allowed_hosts: list[str] | None, **values: Any) -> bool:
        return one(url=URL, **values).reachable(allowed_hosts).allows("example.org", "93.184.215.14", 443)

    assert public(None)
    assert not public(None, headers={"Token": "x"})
    assert public(["public"], headers={"Token": "x"})
    assert one(url="http://nas.lan:81/").reachable([]).allows("nas.lan", "10.0.0.1", 81)
    assert not one(url="http://nas.lan:81/").reachable(None).allows("nas.lan", "10.0.0.1", 22)


def test_keys_may_stand_beside_the_type_as_well() -> None:
    request = one(url=URL, auth=["me", "secret"], skip_first_call=False, json={"a": 1}, method="post")
    assert request.options()["auth"] == ("me", "secret")
    assert request.options()["json"] == {"a": 1}
    assert (request.timeout, request.poll_seconds, request.skip_first_call) == (5, 60, False)
    assert request.shown() == {"method": "post", "url": URL}


def test_items_are_those_of_a_list_and_anything_else_is_one() -> None:
    request = one(url=URL)
    assert request.items([1, {"a": 2}]) == [1, {"a": 2}]
    assert request.items({"a": 2}) == [{"a": 2}]
    assert request.items(None) == []
    with pytest.raises(ActionFailed, match="10001 items"):
        request.items([0] * 10_001)


def test_a_path_that_leads_nowhere_is_an_error_with_the_reason() -> None:
    with pytest.raises(ActionFailed, match="'path' expects"):
        one(url=URL, path="${response['items']}").items({"other": 1})


@pytest.mark.parametrize("path", ["${response.__class__}", "${().__class__.__base__}", "${open('/etc/passwd')}"])
def test_a_path_is_an_expression_in_the_sandbox(path: str) -> None:
    with pytest.raises(ActionFailed):
        one(url=URL, path=path).items({"items": []})


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("x", "number 1: keys with values"),
        ({"type": FEED[:-1], "url": URL}, "Did you mean"),
        ({"url": URL}, "type is"),
        ({"type": JSON}, "url is missing"),
        ({"type": JSON, "url": "file:///etc/passwd"}, "http:// or https://"),
        ({"type": JSON, "url": "http://x:port/"}, "number 1"),
        ({"type": JSON, "url": URL, "method": "EAT"}, "method is one of"),
        ({"type": JSON, "url": URL, "pol_seconds": 1}, "Did you mean 'poll_seconds'"),
        ({"type": JSON, "url": URL, "poll_seconds": 0}, "at least 1"),
        ({"type": JSON, "url": URL, "timeout": True}, "timeout is a number"),
        ({"type": JSON, "url": URL, "headers": "x"}, "headers maps"),
        ({"type": JSON, "args": "x"}, "args has keys"),
        ({"type": JSON, "url": URL, "path": "items"}, "path is an expression"),
        ({"type": JSON, "url": URL, "path": "${"}, "closing brace"),
        ({"type": FEED, "url": "x"}, "http:// or https://"),
        ({"type": FEED, "url": URL, "titel": "x"}, "Did you mean 'title'"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_number(item: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        read_requests([item], 60)


def test_two_requests_that_are_the_same_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two are the same"):
        read_requests([{"type": JSON, "url": URL}, {"type": JSON, "args": {"url": URL}}], 60)


def test_digests_have_no_effect_and_that_is_said() -> None:
    feed = {"type": FEED, "url": URL, "title": "News", "digest_format": "pdf", "extract_content": True, "dburi": "x.db"}
    found, remarks = read_requests([feed, {"type": FEED, "url": URL}], 60)
    assert found == []
    assert remarks == [
        "requests, number 1 (News): digests are not written in this version: digest_format, extract_content."
    ]


class Values:
    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}
        self.writes = 0

    def get(self, namespace: str, name: str, default: Any = None) -> Any:
        return self.stored.get(name, default)

    def set(self, namespace: str, values: dict[str, Any]) -> None:
        self.writes += 1
        self.stored.update(values)


def test_only_what_was_never_there_is_new() -> None:
    values = Values()

    def take(*items: int) -> tuple[list[int], bool]:
        return Seen(values, "n", "r").take(items, str)

    assert take(1, 2, 2) == ([1, 2], True)
    assert take(2, 1) == ([], False)
    assert values.writes == 1
    assert take(3, 1) == ([3], False)
    assert take(2) == ([], False)


def test_what_was_seen_long_ago_is_forgotten_and_what_is_still_there_is_not() -> None:
    values = Values()
    Seen(values, "n", "r").take(["old", "stays"], str)
    for start in range(0, 6_000, 1_000):
        new, _ = Seen(values, "n", "r").take(["stays", *range(start, start + 1_000)], str)
        assert "stays" not in new
    assert len(values.stored["r"]) == 5_000
    assert "stays" in values.stored["r"]
    assert "old" not in values.stored["r"]


def test_the_plugin_for_feeds_loads_with_the_backend() -> None:
    backends = {"http.poll": {"requests": [{"type": FEED, "url": URL}]}}
    assert companions(backends) == {"rss": {}}
    assert companions(backends, frozenset({"rss"})) == {}
    assert companions({"http.poll": {"requests": [{"type": JSON, "url": URL}, "x"]}}) == {}
    assert companions({"http.poll": {"requests": "x"}}) == {}
    assert companions({}) == {}
