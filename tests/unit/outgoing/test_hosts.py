"""Which hosts a configuration allows."""

from __future__ import annotations

import pytest

from platypush.outgoing.hosts import AllowedHosts, origin_of


@pytest.mark.parametrize(
    ("entries", "host", "address", "allowed"),
    [
        (None, "example.com", "93.184.216.34", True),
        (None, "example.com", "2606:2800:220:1::1", True),
        (None, "evil.com", "10.0.0.1", False),
        (None, "evil.com", "169.254.169.254", False),
        (None, "evil.com", "100.64.0.1", False),
        (None, "evil.com", "fd00::1", False),
        (None, "evil.com", "fe80::1%eth0", False),
        (None, "evil.com", "::", False),
        (None, "evil.com", "224.0.0.1", False),
        (None, "evil.com", "::ffff:127.0.0.1", False),
        (None, "evil.com", "64:ff9b::7f00:1", False),
        (None, "evil.com", "2002:7f00:1::", False),
        ([], "example.com", "93.184.216.34", False),
        (["192.168.1.0/24"], "hub", "192.168.1.7", True),
        (["192.168.1.0/24"], "hub", "192.168.2.7", False),
        (["192.168.1.0/24"], "example.com", "93.184.216.34", False),
        (["public", "192.168.1.7"], "example.com", "93.184.216.34", True),
        (["public", "192.168.1.7"], "hub", "192.168.1.7", True),
        (["public", "192.168.1.7"], "hub", "192.168.1.8", False),
        (["*.example.com"], "api.EXAMPLE.com.", "10.0.0.1", True),
        (["*.example.com"], "example.com", "10.0.0.1", False),
        (["*.example.com"], "example.com.evil.com", "10.0.0.1", False),
        (["::1"], "x", "::1", True),
        (["192.168.1.0/24"], "hub", "::ffff:192.168.1.7", True),
        (None, "example.com", "::ffff:93.184.216.34", True),
    ],
)
def test_hosts_are_allowed_by_name_or_by_address(
    entries: list[str] | None, host: str, address: str, allowed: bool
) -> None:
    assert AllowedHosts(entries).allows(host, address, 443) is allowed


@pytest.mark.parametrize("entry", ["http://x", "x:0", "x:y", "*", "", "a b", "user@x"])
def test_an_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        AllowedHosts([entry])


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "allowed"),
    [
        ("nas.lan:5000", "nas.lan", "10.0.0.5", 5000, True),
        ("nas.lan:5000", "nas.lan", "10.0.0.5", 5001, False),
        ("10.0.0.5:80", "nas.lan", "10.0.0.5", 80, True),
        ("10.0.0.5:80", "nas.lan", "10.0.0.5", 81, False),
        ("[fd00::5]:80", "[fd00::5]", "fd00::5", 80, True),
        ("[fd00::5]:80", "[fd00::5]", "fd00::5", 81, False),
        ("[fd00::5]", "[fd00::5]", "fd00::5", 81, True),
    ],
)
def test_an_entry_with_a_port_allows_that_port_alone(
    entry: str, host: str, address: str, port: int, allowed: bool
) -> None:
    assert AllowedHosts([entry]).allows(host, address, port) is allowed


def test_a_url_of_the_configuration_allows_its_own_host_and_port_and_nothing_else_there() -> None:
    hosts = AllowedHosts(urls=["http://localhost:5232/me/", "https://[fd00::1]/x"])
    assert hosts.allows("localhost", "127.0.0.1", 5232)
    assert not hosts.allows("localhost", "127.0.0.1", 3031)
    assert hosts.allows("[fd00::1]", "fd00::1", 443)
    assert not hosts.allows("[fd00::1]", "fd00::1", 80)
    assert hosts.allows("example.com", "93.184.216.34", 443)


def test_a_refused_port_is_never_reached_here_and_may_be_elsewhere() -> None:
    hosts = AllowedHosts(["localhost", "127.0.0.1", "10.0.0.0/8", "public"], refused_ports=[3031])
    for host, address in (("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("x", "10.1.2.3")):
        assert not hosts.allows(host, address, 3031)
        assert hosts.allows(host, address, 3032)
    assert hosts.allows("example.com", "93.184.216.34", 3031)


@pytest.mark.parametrize("url", ["nonsense", "file:///etc/passwd", "unix:///run/x.sock", "http:///x"])
def test_what_is_no_url_of_a_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL"):
        origin_of(url)
    with pytest.raises(ValueError, match="is no URL") as caught:
        origin_of("gopher://user:hidden@x/")
    assert "hidden" not in str(caught.value)
