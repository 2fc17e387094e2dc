"""Who may do what."""

from __future__ import annotations

import pytest

from platypush.errors import BadRequest, Forbidden, NotAuthenticated
from platypush.message.envelope import LOCAL, Principal
from platypush.user.policy import allows, authorise, check_scopes

FREE = [
    LOCAL,
    Principal("basic", "alice"),
    Principal("session", "alice", "1"),
    Principal("jwt", "alice", "a"),
    Principal("api_token", "alice", "2"),
    Principal("global_token"),
]


def restricted(*scopes: str) -> Principal:
    return Principal("api_token", "alice", "1", scopes)


@pytest.mark.parametrize("permission", ["action:tts.say", "events:x", "resources:photos", "api:tokens", "metrics"])
@pytest.mark.parametrize("principal", FREE, ids=lambda principal: principal.kind)
def test_whoever_is_not_restricted_may_do_all(principal: Principal, permission: str) -> None:
    authorise(principal, permission)


def test_nobody_may_do_nothing() -> None:
    with pytest.raises(NotAuthenticated):
        authorise(None, "action:tts.say")


@pytest.mark.parametrize(
    ("scopes", "permission"),
    [
        (("light.*",), "action:light.hue.toggle"),
        (("light.*",), "action:light.on"),
        (("tts.say",), "action:tts.say"),
        (("shell.*", "tts.say"), "action:tts.say"),
        (("action:light.*",), "action:light.on"),
        (("*",), "action:shell.exec"),
        (("events:light.*",), "events:light.changed"),
        (("resources:photos",), "resources:photos"),
        (("resources:*",), "resources:music"),
    ],
)
def test_a_restricted_token_may_do_what_a_pattern_names(scopes: tuple[str, ...], permission: str) -> None:
    authorise(restricted(*scopes), permission)


@pytest.mark.parametrize(
    ("scopes", "permission"),
    [
        (("light.*",), "action:lights.on"),
        (("light.*",), "action:Light.on"),
        (("light.*",), "action:light"),
        (("light.*",), "action:x.light.on"),
        (("light.*",), "events:light.changed"),
        (("light.*",), "resources:light.jpg"),
        (("events:*",), "action:light.on"),
        (("resources:photos",), "resources:photos2"),
        ((), "action:light.on"),
        (("*",), "events:x"),
        (("*",), "resources:x"),
        (("*", "events:*", "resources:*"), "api:tokens"),
        (("*", "events:*", "resources:*"), "api:users"),
        (("*", "events:*", "resources:*"), "metrics"),
        (("*", "events:*", "resources:*"), "openapi"),
        (("*", "events:*", "resources:*"), "control:reload"),
        (("*", "events:*", "resources:*"), ""),
        (("api:*", "control:*", "metrics"), "api:tokens"),
        (("api:*", "control:*", "metrics"), "control:stop"),
        (("m*", "metric?", "action:metrics", "events:metrics"), "metrics"),
        (("metrics",), "action:metrics.x"),
        (("metrics",), "control:metrics"),
    ],
)
def test_a_restricted_token_may_do_nothing_else(scopes: tuple[str, ...], permission: str) -> None:
    with pytest.raises(Forbidden):
        authorise(restricted(*scopes), permission)


def test_metrics_are_granted_by_their_name_so_that_a_collector_needs_no_more() -> None:
    authorise(restricted("metrics"), "metrics")
    assert check_scopes(["metrics"]) == ("metrics",)


@pytest.mark.parametrize("scope", ["*", "user.*", "user.create_user", "action:user.create_user"])
def test_a_restricted_token_never_makes_users_whatever_its_patterns_say(scope: str) -> None:
    with pytest.raises(Forbidden):
        authorise(restricted(scope), "action:user.create_user")


def test_a_refusal_says_what_the_token_allows() -> None:
    with pytest.raises(Forbidden, match=r"shell\.exec.*light\.\*"):
        authorise(restricted("light.*"), "action:shell.exec")


def test_a_filter_asks_without_raising() -> None:
    assert allows(restricted("events:light.*"), "events:light.x")
    assert not allows(restricted("events:light.*"), "events:music.x")


def test_patterns_are_kept_in_their_order_once() -> None:
    assert check_scopes(["b.*", "a.*", "b.*", "events:x"]) == ("b.*", "a.*", "events:x")


@pytest.mark.parametrize("scope", ["", "api:tokens", "control:stop", "events:", ":x", "a\nb"])
def test_a_pattern_that_cannot_be_granted_is_refused_when_the_token_is_made(scope: str) -> None:
    with pytest.raises(BadRequest):
        check_scopes([scope])


def test_an_empty_list_of_patterns_is_refused_rather_than_taken_for_no_restriction() -> None:
    with pytest.raises(BadRequest):
        check_scopes([])


def test_a_filter_lets_the_unrestricted_through() -> None:
    assert allows(Principal("session", "alice", "1"), "events:anything")
