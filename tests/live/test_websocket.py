"""The websocket server on a real port: who gets in, what they get, and what ends a connection."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from platypush.backend.http.websocket import WebsocketServer, WebsocketSettings
from platypush.backend.http.websocket_client import REVOKED, TOO_SLOW, Limits
from platypush.message.envelope import Principal, Reply
from platypush.message.event.custom import CustomEvent
from tests.live.websocket_hub import BASIC, LONG, Hub, Users, closed, receive, refused, subtype, until

pytestmark = pytest.mark.live


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.end()


@pytest.fixture
def started(hub: Hub) -> Hub:
    hub.start()
    return hub


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Authorization": BASIC}),
        ("/", {"Authorization": "Bearer right"}),
        ("/ws/events", {"X-Token": "right"}),
        ("/ws/events?token=right", {}),
        ("/", {"X-Session-Token": "right"}),
        ("/?session_token=right", {}),
        ("/", {"Cookie": "session_token=right", "Origin": "http://127.0.0.1:8008"}),
    ],
)
def test_every_way_of_authentication_opens_a_connection(started: Hub, path: str, headers: dict[str, str]) -> None:
    client = started.client(path, additional_headers=headers)
    started.post("hello")
    assert subtype(client) == "hello"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/", {"Authorization": "Bearer wrong"}),
        ("/?token=right", {"X-Token": "wrong"}),
        ("/?token=", {"X-Session-Token": "right"}),
        ("/", {"Authorization": "Digest x", "X-Token": "right"}),
    ],
)
def test_a_stranger_is_refused_with_the_one_error_shape(started: Hub, path: str, headers: dict[str, str]) -> None:
    assert refused(started, path, additional_headers=headers) == (401, "unauthorized")
    assert started.server.status().clients == 0


def test_without_any_user_the_answer_is_412(started: Hub) -> None:
    started.users.registered = False
    assert refused(started) == (412, "registration_required")


def test_a_cookie_from_a_page_of_another_site_is_refused(started: Hub) -> None:
    headers = {"Cookie": "session_token=right", "Origin": "http://evil.example"}
    assert refused(started, additional_headers=headers) == (403, "forbidden")


def test_an_event_reaches_every_client_and_is_what_the_documentation_says(started: Hub) -> None:
    clients = [started.client() for _ in range(20)]
    event = CustomEvent("door", open=True)
    started.server.notify(event)
    assert [receive(client) for client in clients] == [event.to_dict()] * 20


def test_events_that_are_kept_off_the_websocket_are_skipped(started: Hub) -> None:
    client = started.client()
    started.server.notify(CustomEvent("private", disable_web_clients_notification=True))
    started.post("public")
    assert subtype(client) == "public"


def test_ten_thousand_events_from_several_threads_all_arrive_in_order(started: Hub) -> None:
    clients = [started.client() for _ in range(3)]
    got: list[list[tuple[str, int]]] = [[] for _ in clients]

    def read(client: ClientConnection, into: list[tuple[str, int]]) -> None:
        for _ in range(10_000):
            args = receive(client)["args"]
            into.append((args["subtype"], args["number"]))

    def post(name: str) -> None:
        for number in range(2500):
            started.post(name, number=number)

    readers = [threading.Thread(target=read, args=pair) for pair in zip(clients, got, strict=True)]
    posters = [threading.Thread(target=post, args=(name,)) for name in "abcd"]
    for thread in (*readers, *posters):
        thread.start()
    for thread in (*posters, *readers):
        thread.join(2 * LONG)
    for events in got:
        assert [number for name, number in events if name == "a"] == list(range(2500))
        assert len(set(events)) == 10_000
    assert started.server.status().lost == 0


def test_a_filter_in_the_address_and_by_message_chooses_events(started: Hub) -> None:
    none = started.client("/?token=right&events=light.*")
    some = started.client("/?token=right&events=light.*,custom.CustomEvent")
    started.post("first")
    assert subtype(some) == "first"
    none.send('{"type":"subscribe","events":["custom.*"]}')
    assert receive(none) == {"type": "subscribed", "id": None, "events": ["custom.*"]}
    started.post("second")
    assert subtype(none) == "second"


def test_a_restricted_token_gets_only_the_events_it_was_granted(started: Hub) -> None:
    restricted = started.client("/?token=restricted")
    started.users.known["restricted"] = Principal("api_token", "ann", "7", ("light.*", "events:custom.*"))
    started.post("hidden")
    started.users.generation += 1
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(subtype(restricted)))
    reader.start()
    while reader.is_alive():
        started.post("granted")
        reader.join(0.05)
    assert seen == ["granted"]


def test_a_request_gets_its_response_while_events_go_on(started: Hub) -> None:
    client = started.client()
    client.send('{"type":"request","id":"slow","action":"test.wait"}')
    until(lambda: len(started.ran) == 1)
    client.send('{"type":"request","id":"quick","action":"test.echo"}')
    assert receive(client)["id"] == "quick"
    started.post("meanwhile")
    assert subtype(client) == "meanwhile"
    started.gate.set()
    assert receive(client)["id"] == "slow"
    assert started.ran[0].principal == Principal("jwt", "ann")


def test_too_many_unanswered_requests_of_one_client_are_refused(hub: Hub) -> None:
    hub.start(client_requests=2)
    client, other = hub.client(), hub.client()
    for number in range(3):
        client.send(json.dumps({"type": "request", "id": number, "action": "test.wait"}))
    assert receive(client)["error"]["code"] == "busy"
    other.send('{"type":"request","id":"free","action":"test.echo"}')
    assert receive(other)["id"] == "free"
    hub.gate.set()
    assert {receive(client)["id"] for _ in range(2)} == {0, 1}
    assert len(hub.ran) == 3


def test_a_request_that_takes_too_long_gets_the_time_limit(hub: Hub) -> None:
    hub.start(action_time=0.1)
    client = hub.client()
    client.send('{"type":"request","id":"q","action":"test.wait"}')
    assert (answer := receive(client))["error"]["code"] == "time_limit"
    assert answer["id"] == "q"


@pytest.mark.parametrize(
    "rubbish", ["rubbish", "[]", '{"type":1}', b"\x00\xff", '{"type":"request","action":"test.break"}']
)
def test_what_cannot_be_answered_gets_an_error_and_the_connection_lives(started: Hub, rubbish: str | bytes) -> None:
    client = started.client()
    client.send(rubbish)
    assert receive(client)["type"] == "error"
    client.send('{"type":"request","id":"q","action":"test.echo"}')
    assert receive(client)["id"] == "q"


def test_a_message_beyond_the_limit_ends_its_own_connection_only(hub: Hub) -> None:
    hub.start(request_body=1000)
    client, other = hub.client(), hub.client()
    client.send("x" * 1001)
    assert closed(client)[0] == 1009
    hub.post("still here")
    assert subtype(other) == "still here"


def test_bytes_that_are_no_websocket_disturb_nobody(started: Hub) -> None:
    client = started.client()
    for rubbish in (b"\x16\x03\x01" * 50, b"GET / HTTP/1.1\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", started.server.port)) as raw:
            raw.sendall(rubbish)
    started.post("fine")
    assert subtype(client) == "fine"


def test_a_client_that_never_reads_is_dropped_and_delays_nobody(hub: Hub) -> None:
    hub.start(client_limits=Limits(queued_bytes=200_000))
    # A client that speaks the handshake and then stops taking bytes.
    with socket.socket() as never:
        never.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        never.connect(("127.0.0.1", hub.server.port))
        never.sendall(
            b"GET /?token=right HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        until(lambda: hub.server.status().clients == 1)
        reading = hub.client()
        for number in range(400):
            hub.post("large", number=number, text="x" * 20_000)
            assert receive(reading)["args"]["number"] == number
        status = hub.server.status()
        assert (status.dropped, status.clients) == (1, 2) or (status.dropped, status.clients) == (1, 1)
        until(lambda: hub.server.status().clients == 1)


def test_a_client_that_is_slow_gets_everything_that_its_queue_holds(hub: Hub) -> None:
    hub.start()
    slow = hub.client(max_queue=1)
    for number in range(300):
        hub.post("large", number=number, text="x" * 20_000)
    assert [receive(slow)["args"]["number"] for _ in range(300)] == list(range(300))


def test_the_close_code_for_slowness_is_the_one_for_try_again_later() -> None:
    assert TOO_SLOW == 1013


def test_a_revoked_credential_closes_its_connections_with_a_code_of_their_own(started: Hub) -> None:
    started.users.known["other"] = Principal("session", "bob")
    revoked = [started.client(), started.client()]
    other = started.client("/?session_token=other")
    started.users.revoke("right")
    assert [closed(client) for client in revoked] == [(REVOKED, "the session or token is revoked or expired")] * 2
    started.post("still here")
    assert subtype(other) == "still here"


def test_a_request_after_the_revocation_does_not_run(started: Hub) -> None:
    client = started.client()
    started.users.revoke("right", tell=False)
    client.send('{"type":"request","id":"q","action":"test.echo"}')
    assert receive(client)["error"]["code"] == "unauthorized"
    assert started.ran == []


def test_a_credential_that_expires_closes_its_connection_without_a_revocation(started: Hub) -> None:
    client = started.client()
    started.users.revoke("right", tell=False)
    assert closed(client)[0] == REVOKED


def test_a_database_that_cannot_be_reached_closes_nothing(started: Hub) -> None:
    client = started.client()
    checks = len(started.users.addresses)
    started.users.broken = True
    started.users.generation += 1
    until(lambda: len(started.users.addresses) > checks)
    started.post("kept")
    assert subtype(client) == "kept"
    assert refused(started, "/?token=right") == (503, "storage_failed")


def test_a_client_that_closes_is_forgotten(started: Hub) -> None:
    client = started.client()
    until(lambda: started.server.status().clients == 1)
    client.close()
    until(lambda: started.server.status().clients == 0)


def test_more_clients_than_the_limit_are_refused(hub: Hub) -> None:
    hub.start(max_clients=1)
    hub.client()
    assert refused(hub, "/?token=right") == (503, "busy")


def test_stopping_closes_connections_as_going_away(started: Hub) -> None:
    client = started.client()
    started.server.stop()
    started.server.stop()
    assert closed(client)[0] == 1001
    started.post("into the void")


def test_stopping_does_not_wait_for_those_who_do_not_take_part(started: Hub) -> None:
    with socket.create_connection(("127.0.0.1", started.server.port)) as silent:
        started.client().send('{"type":"request","action":"test.wait"}')
        until(lambda: len(started.ran) == 1)
        stopping = threading.Thread(target=started.server.stop)
        stopping.start()
        stopping.join(LONG)
        assert not stopping.is_alive()
        assert silent.fileno() >= 0


def test_a_port_in_use_is_an_error_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = WebsocketSettings(host="127.0.0.1", port=taken.getsockname()[1])
        users = Users()
        server = WebsocketServer(
            settings, authenticate=users.authenticate, handle=lambda _: Reply(), generation=lambda: 1
        )
        with pytest.raises(OSError, match="in use"):
            server.start()


def test_a_socket_that_was_bound_before_is_used(hub: Hub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        hub.start(sock=bound.dup())
        assert hub.server.port == bound.getsockname()[1]
        client = hub.client()
        hub.post("here")
        assert subtype(client) == "here"


def test_it_speaks_tls_with_the_given_context(hub: Hub, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    hub.start(ssl_context=context)
    hub.scheme = "wss"
    client = hub.client(ssl=ssl.create_default_context(cafile=str(certificate)))
    for number in range(200):
        hub.post("secret", number=number, text="x" * 5000)
    assert [receive(client)["args"]["number"] for _ in range(200)] == list(range(200))
    client.send('{"type":"request","id":"q","action":"test.echo"}')
    assert receive(client)["id"] == "q"
