"""A broker as a section names it, and topics."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest, Unavailable
from platypush.outgoing.mqtt.broker import Broker, check_filter, check_topic


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, "host is missing"),
        ({"host": ""}, "no place of a broker"),
        ({"host": "x", "port": 0}, "no place of a broker"),
        ({"host": "x", "port": True}, "port has to be a int"),
        ({"host": "x", "port": "1883"}, "port has to be a int"),
        ({"host": 7}, "host has to be a str"),
        ({"host": "x", "tls": "yes"}, "tls has to be a bool"),
        ({"host": "x", "tls_version": "tlsv1"}, "older ones are not safe"),
        ({"host": "x", "tls_keyfile": "k"}, "belongs to a tls_certfile"),
        ({"host": "x", "version": "4"}, "neither '3.1.1' nor '5'"),
        ({"host": "x", "password": "p"}, "needs a username"),
    ],
)
def test_a_section_that_makes_no_broker_says_why(section: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Broker.read(section)


def test_a_listener_at_the_same_host_has_what_the_section_says() -> None:
    own = Broker(host="a", port=8883, username="u", password="p", tls_cafile="/ca", version="5")
    assert Broker.read({"topics": ["x"]}, own) == own
    assert Broker.read({"username": "v", "password": "q"}, own).username == "v"


def test_a_listener_elsewhere_gets_no_credentials_of_the_section() -> None:
    own = Broker(host="a", port=8883, username="u", password="p", tls_cafile="/ca", version="5")
    assert Broker.read({"host": "b"}, own) == Broker(host="b", version="5")


def test_credentials_are_not_shown() -> None:
    assert "secret" not in repr(Broker(host="a", username="secret-u", password="secret-p"))


@pytest.mark.parametrize(
    ("keys", "encrypted"),
    [
        ({}, False),
        ({"tls": True}, True),
        ({"tls_cafile": "/ca"}, True),
        ({"tls_version": "tls"}, True),
        ({"tls_insecure": True}, False),
    ],
)
def test_any_key_of_tls_asks_for_it(keys: dict[str, Any], encrypted: bool) -> None:
    assert Broker(host="a", **keys).encrypted is encrypted


def test_the_certificate_is_checked_whatever_is_said() -> None:
    context = Broker(host="a", tls=True, tls_insecure=True, tls_version="tlsv1.3", tls_ciphers="HIGH").tls_context()
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert not context.check_hostname
    assert context.minimum_version.name == "TLSv1_3"
    assert Broker(host="a", tls=True).tls_context().check_hostname


@pytest.mark.parametrize("keys", [{"tls_certfile": "/none", "tls_keyfile": "/none"}, {"tls_ciphers": "nonsense"}])
def test_files_and_ciphers_that_cannot_be_used_are_a_reason(keys: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match=r"MQTT broker at a:1883: .* cannot be used"):
        Broker(host="a", **keys).tls_context()


def test_a_place_is_an_entry_for_allowed_hosts() -> None:
    assert (Broker(host="::1").place, Broker(host="a", port=1).place) == ("[::1]:1883", "a:1")


@pytest.mark.parametrize("topic", ["a", "a/b", "/", "$SYS/x", "größe"])
def test_topics_can_be_published_to(topic: str) -> None:
    assert check_topic(topic) == check_filter(topic) == topic


@pytest.mark.parametrize("topic", ["", "a\0b", "x" * 65536, "\ud800"])
def test_what_is_no_topic_is_refused(topic: str) -> None:
    for check in (check_topic, check_filter):
        with pytest.raises(BadRequest, match="without NUL"):
            check(topic)


@pytest.mark.parametrize("topic", ["#", "+", "a/+/b", "a/#", "+/+/#"])
def test_wildcards_are_for_subscriptions(topic: str) -> None:
    assert check_filter(topic) == topic
    with pytest.raises(BadRequest, match="for subscriptions"):
        check_topic(topic)


@pytest.mark.parametrize("topic", ["a+", "#/a", "a#", "a/b#", "++"])
def test_wildcards_stand_for_whole_levels(topic: str) -> None:
    with pytest.raises(BadRequest, match="is no topic"):
        check_filter(topic)
