"""What is announced on the local network, and what is asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest, Unavailable
from platypush.plugins.zeroconf import ZeroconfPlugin
from platypush.plugins.zeroconf._announcement import Announcement, announcement, reachable, service_type


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (["https://hub.example.com/", "http://localhost:8008/"], Announcement("https", 443, "/", "hub.example.com")),
        (["https://hub.example.com:8443/home/"], Announcement("https", 8443, "/home/", "hub.example.com")),
        (["http://localhost:8008/"], Announcement("http", 8008, "/")),
        (["http://192.168.1.5:8008/"], Announcement("http", 8008, "/")),
        (["http://127.0.0.1:8008/"], None),
        (["http://[::1]:8008/"], None),
        (["unix:///run/x"], None),
        ([], None),
    ],
)
def test_the_public_address_is_announced_and_loopback_never(urls: list[str], expected: Announcement | None) -> None:
    assert announcement(urls) == expected


def test_a_public_name_is_in_the_description() -> None:
    properties = Announcement("https", 443, "/", "hub.example.com").properties("attic", "1.0")
    assert properties["host"] == "hub.example.com"
    assert (properties["scheme"], properties["device_id"], properties["version"]) == ("https", "attic", "1.0")
    assert "host" not in Announcement("http", 80, "/").properties("attic", "1.0")


def test_addresses_that_others_reach_are_announced() -> None:
    assert reachable(["127.0.0.1", "::1", "192.168.1.5", "fe80::1%eth0", "fd00::2"]) == ("192.168.1.5", "fd00::2")
    assert reachable(["127.0.0.1"]) == ("127.0.0.1",)


@pytest.mark.parametrize("text", ["_mpd._tcp", "_mpd._tcp.local", "_mpd._tcp.local."])
def test_a_type_may_be_short(text: str) -> None:
    assert service_type(text) == "_mpd._tcp.local."


@pytest.mark.parametrize("text", ["mpd", "_mpd", "_mpd._sctp", "", "_a b._tcp", "_mpd._tcp.example.com"])
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="no type of service"):
        ZeroconfPlugin().discover_service(text)
    with pytest.raises(ValueError, match="no type of service"):
        ZeroconfPlugin(browse=[text])


@pytest.mark.parametrize("timeout", [0, -1, 31])
def test_a_search_is_bounded(timeout: float) -> None:
    with pytest.raises(BadRequest, match="up to 30"):
        ZeroconfPlugin().get_services(timeout)
    with pytest.raises(BadRequest, match="up to 30"):
        ZeroconfPlugin().discover_service("_mpd._tcp", timeout)


def test_without_a_network_the_reason_is_told() -> None:
    # An address that this machine does not have (RFC 5737).
    plugin = ZeroconfPlugin(interfaces=["203.0.113.77"])
    calls: list[Any] = [plugin.main, lambda: plugin.discover_service("_mpd._tcp"), plugin.get_services]
    for call in calls:
        with pytest.raises(Unavailable, match=r"no address 203\.0\.113\.77"):
            call()


def test_with_nothing_to_do_it_has_no_thread_for_long() -> None:
    plugin = ZeroconfPlugin(announce=False)
    plugin.start()
    plugin.stop()
    assert not plugin.is_running()
