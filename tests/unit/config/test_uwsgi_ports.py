"""The ports on which this hub speaks the uwsgi protocol, from its arguments."""

from __future__ import annotations

import pytest

from platypush.config.model import HttpSettings


@pytest.mark.parametrize(
    ("arguments", "ports"),
    [
        ((), ()),
        (("--socket", "127.0.0.1:3031", "--master"), (3031,)),
        (("--socket=:3032", "-s", "[::1]:3031", "--uwsgi-socket", "0.0.0.0:3033"), (3031, 3032, 3033)),
        (("--http-socket", ":8008", "--socket", "/run/x.sock"), ()),
        (("--master", "--socket"), ()),
    ],
)
def test_tcp_ports_of_the_uwsgi_protocol_are_found(arguments: tuple[str, ...], ports: tuple[int, ...]) -> None:
    assert HttpSettings(uwsgi_args=arguments).uwsgi_ports == ports
