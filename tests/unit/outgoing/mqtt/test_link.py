"""A link to something that says exactly what a test wants."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from platypush.errors import ActionFailed, TimeLimit, Unavailable
from platypush.outgoing.mqtt.broker import Broker, Version
from platypush.outgoing.mqtt.fleet import running
from platypush.outgoing.mqtt.link import Link, Received
from tests.running.waiting import until

WELCOME, WELCOME_5 = b"\x20\x02\x00\x00", b"\x20\x03\x00\x00\x00"


def nothing(_: bytes) -> bytes:
    return b""


class Puppet:
    """Accepts one connection; ``answer`` maps the first byte of a packet to what is sent then."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.answer: dict[int, Callable[[bytes], bytes]] = {}
        self.seen: list[int] = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        try:
            connection, _ = self.server.accept()
        except OSError:
            return
        with connection:
            while packet := connection.recv(4096):
                self.seen.append(packet[0] & 0xF0)
                connection.sendall(self.answer.get(packet[0] & 0xF0, nothing)(packet))

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(10)


@pytest.fixture
def puppet() -> Iterator[Puppet]:
    made = Puppet()
    yield made
    made.close()


def make(puppet: Puppet, got: list[Received], refused: list[tuple[str, str]], version: Version = "3.1.1") -> Link:
    return Link(
        Broker(host="127.0.0.1", port=puppet.port, version=version),
        "x",
        deliver=got.append,
        refused=lambda *words: refused.append((words[0], words[1])),
        timeout=0.3,
        max_size=100,
    )


def test_a_subscription_that_is_refused_is_said_to_both(puppet: Puppet) -> None:
    refused: list[tuple[str, str]] = []
    puppet.answer = {0x10: lambda _: WELCOME, 0x80: lambda packet: b"\x90\x03" + packet[2:4] + b"\x80"}
    link = make(puppet, [], refused)
    link.subscribe(["a"])
    with running(link), pytest.raises(ActionFailed, match="refuses the topic 'a': Unspecified error"):
        link.wait_subscribed("a")
    assert refused == [("a", "Unspecified error")]


def test_a_subscription_that_is_never_confirmed_ends_with_the_time(puppet: Puppet) -> None:
    puppet.answer = {0x10: lambda _: WELCOME}
    link = make(puppet, [], [])
    link.subscribe(["a"])
    with running(link), pytest.raises(TimeLimit, match=r"within 0.3 s"):
        link.wait_subscribed("a")


def test_a_subscription_ends_with_its_connection(puppet: Puppet) -> None:
    puppet.answer = {0x10: lambda _: WELCOME_5, 0x80: lambda _: b"\xe0\x02\x8e\x00"}
    link = make(puppet, [], [], version="5")
    with running(link):
        link.subscribe(["a"])
        with pytest.raises(Unavailable, match="is away: The connection ended: Session taken over"):
            link.wait_subscribed("a")


def test_nobody_who_says_nothing_is_waited_for(puppet: Puppet) -> None:
    with pytest.raises(Unavailable, match=r"does not answer|did not answer"), running(make(puppet, [], [])):
        pass


def test_another_protocol_is_said_to_be_one(puppet: Puppet) -> None:
    puppet.answer = {0x10: lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n"}
    with pytest.raises(Unavailable, match="is away"), running(make(puppet, [], [])):
        pass


def test_an_old_broker_that_knows_another_version_only_is_refused(puppet: Puppet) -> None:
    puppet.answer = {0x10: lambda _: b"\x20\x02\x00\x01"}
    with pytest.raises(Unavailable, match="not in the configured version"), running(make(puppet, [], [])):
        pass


def test_odd_messages_are_left_out(puppet: Puppet) -> None:
    got: list[Received] = []
    refused: list[tuple[str, str]] = []
    broken = b"\x30\x05\x00\x02\xff\xfex"
    large = b"\x30\x83\x01\x00\x01a" + b"x" * 128
    fine = b"\x30\x04\x00\x01ax"
    puppet.answer = {
        0x10: lambda _: WELCOME,
        0x80: lambda packet: b"\x90\x03" + packet[2:4] + b"\x00" + broken + large + fine,
    }
    link = make(puppet, got, refused)
    link.subscribe(["a"])
    with running(link):
        until(lambda: got)
    assert got == [Received("a", b"x")]
    assert refused == [("a", "a message of 128 bytes, more than 100")]


def test_a_link_says_goodbye(puppet: Puppet) -> None:
    puppet.answer = {0x10: lambda _: WELCOME}
    with running(make(puppet, [], [])) as link:
        assert link.is_connected
    until(lambda: 0xE0 in puppet.seen)
