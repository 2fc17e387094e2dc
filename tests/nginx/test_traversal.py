"""Nothing outside of a resource directory ever leaves: by way of nginx, and from the application alone."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest

from tests.nginx.conftest import PHOTO, Place
from tests.nginx.traversals import ADDRESSES, INSIDE

pytestmark = pytest.mark.live

_OUTSIDE = re.compile(rb"secret|root:|{% extends|from __future__", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


def ask(connect: Callable[[], socket.socket], address: bytes, token: dict[str, str]) -> tuple[int, bytes]:
    """Status and everything received; 0 where the connection was closed without an answer."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in token.items()).encode()
    answer = b""
    with connect() as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: hub.test\r\n%sConnection: close\r\n\r\n" % (address, headers))
        while received := connection.recv(65_536):
            answer += received
    status = _STATUS.match(answer)
    return int(status[1]) if status else 0, answer


@pytest.fixture(params=["nginx", "application"])
def connect(request: pytest.FixtureRequest, place: Place) -> Callable[[], socket.socket]:
    if request.param == "nginx":
        return place.front.connect
    return lambda: socket.create_connection(("127.0.0.1", place.hub.port), 30)


def test_the_corpus_is_large_and_the_files_are_reachable(place: Place, connect: Callable[[], socket.socket]) -> None:
    assert len(ADDRESSES) > 1000
    for address in INSIDE:
        status, answer = ask(connect, address, place.hub.token)
        assert (status, answer.endswith(PHOTO)) == (200, True) or status == 404, address
    assert ask(connect, INSIDE[0], place.hub.token)[0] == 200


def test_nothing_outside_leaves(place: Place, connect: Callable[[], socket.socket]) -> None:
    leaked, odd = [], []
    for address in ADDRESSES:
        status, answer = ask(connect, address, place.hub.token)
        if _OUTSIDE.search(answer.partition(b"\r\n\r\n")[2]) or PHOTO in answer:
            leaked.append(address)
        if status >= 500 or 200 <= status < 300:
            odd.append((status, address))
    assert not leaked
    assert not odd
