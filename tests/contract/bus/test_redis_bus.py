"""What is particular to the bus over Redis: signatures, replays, requests that nobody takes, a Redis that goes away."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from platypush.bus import Handler
from platypush.bus import redis_server as server_module
from platypush.bus.framing import encode_request
from platypush.bus.redis import RedisBusClient, RedisBusServer, open_redis_client, open_redis_server
from platypush.bus.redis_wire import Admission, Epochs, Keys, Sealer, new_call
from platypush.errors import AnswerLost, BusUnavailable, ConfigurationError, TimeLimit
from platypush.message.envelope import Envelope, Reply
from platypush.outgoing.redis import RedisServer
from tests.running.certificates import Authority
from tests.running.processes import free_port
from tests.running.redis import RedisProcess, running_redis
from tests.running.waiting import open_descriptors, until

LONG = 30.0


def echo(envelope: Envelope) -> Reply:
    return Reply(body=envelope.body)


@pytest.fixture
def secret() -> bytes:
    return os.urandom(32)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis") as made:
        yield made


@pytest.fixture
def place(redis: RedisProcess) -> RedisServer:
    return RedisServer({"port": redis.port})


@pytest.fixture
def admin(redis: RedisProcess) -> Iterator[Any]:
    with redis.client() as made:
        yield made


Serve = Callable[..., RedisBusServer]


@pytest.fixture
def serve(place: RedisServer, secret: bytes) -> Iterator[Serve]:
    made: list[RedisBusServer] = []

    def serve(handler: Handler, **options: Any) -> RedisBusServer:
        server = RedisBusServer(place, secret, **options)
        server.start(handler)
        made.append(server)
        return server

    yield serve
    for server in made:
        server.stop(0)


@pytest.fixture
def client(place: RedisServer, secret: bytes) -> Iterator[RedisBusClient]:
    made = RedisBusClient(place, secret)
    yield made
    made.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


class Gate:
    """A handler whose calls wait until the gate opens."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        self.calls: list[Envelope] = []

    def __call__(self, envelope: Envelope) -> Reply:
        self.calls.append(envelope)
        self.entered.release()
        assert self.opened.wait(LONG)
        return Reply(body=envelope.body)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.opened.set()


def requests_of(admin: Any, redis: RedisProcess) -> list[tuple[bytes, bytes]]:
    """What a stranger with access to Redis sees of requests: id and bytes, until the daemon takes them."""
    return [(key.rpartition(b"/")[2], admin.get(key)) for key in admin.keys("platypush/hub/*/request/*")]


def test_a_call_leaves_nothing_in_redis(serve: Serve, client: RedisBusClient, admin: Any) -> None:
    serve(echo)
    for _ in range(3):
        client.call(Envelope("execute", b"x"))
    with pytest.raises(TimeLimit):
        client.call(Envelope("execute", time_left=0))
    until(lambda: admin.keys("*") == [])


def test_a_request_that_nobody_takes_is_taken_back_and_leaves_nothing(
    place: RedisServer, secret: bytes, admin: Any, serve: Serve
) -> None:
    client = RedisBusClient(place, secret, wait=0.7)
    with pytest.raises(BusUnavailable, match="another key"):
        client.call(Envelope("execute", b"x"))
    assert admin.keys("*") == []
    with pytest.raises(TimeLimit, match="did not run"):
        client.call(Envelope("execute", b"x", time_left=0.1))
    assert admin.keys("*") == []
    seen: list[Envelope] = []

    def handler(envelope: Envelope) -> Reply:
        seen.append(envelope)
        return Reply()

    serve(handler)
    client.call(Envelope("execute", b"later"))
    assert [envelope.body for envelope in seen] == [b"later"]
    client.close()


def test_a_request_of_a_client_that_died_is_gone_after_a_while(
    place: RedisServer, secret: bytes, admin: Any, redis: RedisProcess, threads: ThreadPoolExecutor
) -> None:
    client = RedisBusClient(place, secret, wait=LONG)
    answer = threads.submit(client.call, Envelope("execute", b"x", time_left=5))
    until(lambda: requests_of(admin, redis))
    (key,) = admin.keys("platypush/hub/*/request/*")
    assert 0 < admin.pttl(key) <= 7000
    with pytest.raises(TimeLimit):
        answer.result(LONG)
    client.close()


def test_the_time_that_a_request_lay_in_redis_is_taken_off_its_time(
    serve: Serve, client: RedisBusClient, threads: ThreadPoolExecutor, admin: Any, redis: RedisProcess
) -> None:
    answer = threads.submit(client.call, Envelope("execute", time_left=60))
    until(lambda: requests_of(admin, redis))
    threading.Event().wait(0.3)
    seen: list[Envelope] = []

    def handler(envelope: Envelope) -> Reply:
        seen.append(envelope)
        return Reply()

    serve(handler)
    answer.result(LONG)
    assert seen[-1].time_left < 59.8


def test_hubs_with_other_keys_on_the_same_redis_never_meet(place: RedisServer, serve: Serve) -> None:
    serve(echo)
    stranger = RedisBusClient(place, os.urandom(32), wait=0.1)
    with pytest.raises(BusUnavailable):
        stranger.call(Envelope("execute"))
    stranger.close()


class Attacker:
    """Somebody who reaches Redis and knows the names of the keys, and not the secret."""

    def __init__(self, admin: Any, secret: bytes) -> None:
        self.admin = admin
        self.keys = Keys(secret)

    def send(self, call: bytes, data: bytes) -> None:
        self.admin.set(self.keys.request(call), data, px=60_000)
        self.admin.rpush(self.keys.queue, call)

    def taken(self, call: bytes) -> bool:
        return not self.admin.exists(self.keys.request(call)) and not self.admin.exists(self.keys.queue)


@pytest.fixture
def attacker(admin: Any, secret: bytes) -> Attacker:
    return Attacker(admin, secret)


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 44, b"\0" * 1000])
def test_a_request_without_the_signature_does_not_run(
    serve: Serve, attacker: Attacker, client: RedisBusClient, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    gate = Gate()
    gate.opened.set()
    serve(gate)
    for _ in range(3):
        attacker.send(call := new_call(), data)
        until(lambda call=call: attacker.taken(call))  # type: ignore[misc]
    assert client.call(Envelope("execute", b"good")).body == b"good"
    assert [envelope.body for envelope in gate.calls] == [b"good"]
    assert caplog.text.count("signature is wrong") == 1


def test_a_request_that_was_seen_runs_once_however_often_it_is_sent(
    serve: Serve, attacker: Attacker, secret: bytes, client: RedisBusClient, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    gate.opened.set()
    server = serve(gate)
    client.call(Envelope("execute", b"first"))
    call = new_call()
    recorded = Sealer(secret).request(
        call, server._epochs.current, 5000, encode_request(Envelope("execute", b"again"), 60, 1 << 20)
    )
    for _ in range(3):
        attacker.send(call, recorded)
        until(lambda: attacker.taken(call))
    until(lambda: "has run before" in caplog.text)
    other = new_call()
    attacker.send(other, recorded)
    until(lambda: attacker.taken(other))
    server._epochs = type(server._epochs)()
    attacker.send(call, recorded)
    until(lambda: attacker.taken(call))
    client.call(Envelope("execute", b"last"))
    assert [envelope.body for envelope in gate.calls] == [b"first", b"again", b"last"]


def test_a_forged_answer_is_not_believed(
    serve: Serve, attacker: Attacker, client: RedisBusClient, gate: Gate, threads: ThreadPoolExecutor, admin: Any
) -> None:
    server = serve(gate)
    answer = threads.submit(client.call, Envelope("execute"))
    assert gate.entered.acquire(timeout=LONG)
    (call,) = server._running
    admin.rpush(attacker.keys.answer(call), b"A" * 200)
    with pytest.raises(AnswerLost, match="wrong signature"):
        answer.result(LONG)


def test_rubbish_in_the_queue_harms_nothing_and_ids_that_are_done_are_not_worth_a_word(
    serve: Serve, attacker: Attacker, client: RedisBusClient, caplog: pytest.LogCaptureFixture
) -> None:
    serve(echo)
    attacker.admin.rpush(attacker.keys.queue, b"", b"x", b"\xff" * 32, b"0" * 32, b"y" * 100_000)
    assert client.call(Envelope("execute", b"good")).body == b"good"
    assert not caplog.messages


def test_a_signed_request_that_cannot_be_read_gets_an_answer(serve: Serve, attacker: Attacker, secret: bytes) -> None:
    server = serve(echo)
    call = new_call()
    attacker.send(call, Sealer(secret).request(call, server._epochs.current, 5000, [b"xx"]))
    popped = attacker.admin.blpop(attacker.keys.answer(call), timeout=10)
    opened = Sealer(secret).open_answer(call, popped[1])
    assert opened is not None
    assert b"internal_error" in opened.frame


def test_a_request_larger_than_the_daemon_takes_is_refused(serve: Serve, place: RedisServer, secret: bytes) -> None:
    serve(echo, max_frame=1000)
    client = RedisBusClient(place, secret)
    reply = client.call(Envelope("execute", b"x" * 3000))
    assert (reply.status, json.loads(reply.body)["error"]["code"]) == (413, "too_large")
    client.close()


def test_a_request_that_is_too_late_when_it_is_taken_does_not_run(
    serve: Serve, attacker: Attacker, secret: bytes
) -> None:
    gate = Gate()
    server = serve(gate)
    call = new_call()
    frame = encode_request(Envelope("execute"), 3.0, 1 << 20)
    # Redis keeps it for a minute; it said 100 s: 40 s have passed.
    attacker.send(call, Sealer(secret).request(call, server._epochs.current, 100_000, frame))
    popped = attacker.admin.blpop(attacker.keys.answer(call), timeout=10)
    opened = Sealer(secret).open_answer(call, popped[1])
    assert opened is not None
    assert b"time_limit" in opened.frame
    assert gate.calls == []


def test_after_a_while_a_client_learns_the_new_epoch_without_a_word(
    serve: Serve, client: RedisBusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(echo)
    client.call(Envelope("execute"))
    before = client._epoch
    for _ in range(2):
        server._epochs._since = -1000.0
        client.call(Envelope("execute"))
    server._epochs = type(server._epochs)()
    assert client.call(Envelope("execute", b"x")).body == b"x"
    assert client._epoch not in (before, bytes(8))


def test_a_call_longer_than_the_wait_is_waited_for(serve: Serve, place: RedisServer, secret: bytes) -> None:
    def slow(envelope: Envelope) -> Reply:
        threading.Event().wait(6)
        return Reply(body=b"slow")

    serve(slow)
    client = RedisBusClient(place, secret, wait=0.3)
    assert client.call(Envelope("execute")).body == b"slow"
    client.close()


def test_a_daemon_that_stops_tells_the_callers_that_it_leaves_alone(
    serve: Serve, client: RedisBusClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    server = serve(gate)
    answers = [threads.submit(client.call, Envelope("execute", time_left=60)) for _ in range(3)]
    for _ in answers:
        assert gate.entered.acquire(timeout=LONG)
    server.stop(0)
    for answer in answers:
        with pytest.raises(AnswerLost):
            answer.result(2)


def test_a_daemon_that_was_killed_with_a_call_is_noticed_long_before_its_time_is_over(
    serve: Serve, client: RedisBusClient, gate: Gate, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(gate)
    answer = threads.submit(client.call, Envelope("execute", time_left=60))
    assert gate.entered.acquire(timeout=LONG)
    began = time.monotonic()
    # Nothing more comes from it, and nobody is told.
    server._stop.set()
    server._running.clear()
    with pytest.raises(AnswerLost):
        answer.result(LONG)
    assert time.monotonic() - began < 12


def test_when_redis_is_killed_callers_are_told_and_all_is_back_by_itself(
    serve: Serve, client: RedisBusClient, redis: RedisProcess, gate: Gate, threads: ThreadPoolExecutor,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)

    def handler(envelope: Envelope) -> Reply:
        return gate(envelope) if envelope.body == b"slow" else echo(envelope)

    server = serve(handler)
    for round_ in range(2):
        slow = threads.submit(client.call, Envelope("execute", b"slow"))
        assert gate.entered.acquire(timeout=LONG)
        redis.kill()
        with pytest.raises(AnswerLost):
            slow.result(LONG)
        until(lambda: server.reason)
        impatient = RedisBusClient(client._server, b"x" * 32, wait=0.1)
        with pytest.raises(BusUnavailable, match="cannot be reached") as caught:
            impatient.call(Envelope("execute"))
        assert caught.value.retry_after
        waiting = threads.submit(client.call, Envelope("execute", b"patient"))
        redis.start()
        assert waiting.result(LONG).body == b"patient"
        assert until(lambda: server.reason is None) < 5
        away = [text for text in caplog.messages if "is away" in text]
        back = [text for text in caplog.messages if "is back after" in text]
        assert (len(away), len(back)) == (round_ + 1, round_ + 1)
    gate.opened.set()
    assert len(gate.calls) == 2


def test_while_every_thread_runs_a_call_redis_is_looked_for_all_the_same(
    serve: Serve, client: RedisBusClient, redis: RedisProcess, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    def handler(envelope: Envelope) -> Reply:
        return gate(envelope) if envelope.body == b"slow" else echo(envelope)

    serve(handler)
    slow = [threads.submit(client.call, Envelope("execute", b"slow")) for _ in range(10)]
    for _ in slow:
        assert gate.entered.acquire(timeout=LONG)
    redis.kill()
    for call in slow:
        with pytest.raises(AnswerLost):
            call.result(LONG)
    redis.start()
    assert client.call(Envelope("execute", b"quick")).body == b"quick"
    gate.opened.set()


def test_an_answer_finds_its_way_when_only_the_daemons_connections_broke(
    serve: Serve, client: RedisBusClient, gate: Gate, threads: ThreadPoolExecutor, admin: Any
) -> None:
    server = serve(gate)
    answer = threads.submit(client.call, Envelope("execute", b"kept"))
    assert gate.entered.acquire(timeout=LONG)
    waiting = [info["id"] for info in admin.client_list() if info["cmd"] == "del"]
    assert waiting
    for number in waiting:
        admin.client_kill_filter(_id=number)
    gate.opened.set()
    assert answer.result(LONG).body == b"kept"
    until(lambda: server.reason is None)


def test_a_daemon_may_start_before_redis(
    place: RedisServer, serve: Serve, redis: RedisProcess, client: RedisBusClient
) -> None:
    redis.kill()
    server = serve(echo)
    until(lambda: server.reason)
    redis.start()
    assert client.call(Envelope("execute", b"x")).body == b"x"


def test_a_redis_that_refuses_is_named_and_nothing_ran(tmp_path: Path, secret: bytes) -> None:
    with running_redis(tmp_path / "full", "--maxmemory", "1mb", "--maxmemory-policy", "noeviction") as redis:
        place = RedisServer({"port": redis.port})
        client = RedisBusClient(place, secret, wait=1)
        with pytest.raises(BusUnavailable, match="refuses: command not allowed when used memory"):
            client.call(Envelope("execute", b"x" * 3_000_000))
        client.close()
    with running_redis(tmp_path / "locked", "--requirepass", "sesame") as redis:
        client = RedisBusClient(RedisServer({"port": redis.port}), secret, wait=1)
        with pytest.raises(BusUnavailable, match="Authentication required"):
            client.call(Envelope("execute"))
        client.close()


def test_a_server_that_stands_still_holds_nobody_for_long(
    serve: Serve, client: RedisBusClient, redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(echo)
    client.call(Envelope("execute"))
    redis.stand_still()
    began = time.monotonic()
    with pytest.raises(AnswerLost, match="did not answer in time"):
        client.call(Envelope("execute"))
    assert time.monotonic() - began < 10
    redis.go_on()
    assert client.call(Envelope("execute", b"x")).body == b"x"


def test_threads_come_with_the_calls_and_go_again(
    serve: Serve, client: RedisBusClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    server = serve(gate)
    answers = [threads.submit(client.call, Envelope("execute")) for _ in range(60)]
    for _ in answers:
        assert gate.entered.acquire(timeout=LONG)
    assert (server.calls, server.connections > 60) == (60, True)
    gate.opened.set()
    for answer in answers:
        answer.result(LONG)
    until(lambda: server.calls == 0 and server.connections <= server_module._MOST_SPARE + 1)


def test_both_sides_leave_no_thread_and_no_connection_behind(
    redis: RedisProcess, place: RedisServer, secret: bytes
) -> None:
    before, running = open_descriptors(), set(threading.enumerate())
    for _ in range(2):
        server = RedisBusServer(place, secret)
        server.start(echo)
        client = RedisBusClient(place, secret)
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(client.call, [Envelope("execute") for _ in range(200)]))
        server.stop(5)
        client.close()
    until(lambda: set(threading.enumerate()) <= running)
    assert open_descriptors() == before


def test_connections_left_over_from_a_burst_are_closed_by_the_client(
    serve: Serve, place: RedisServer, secret: bytes, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    serve(gate)
    client = RedisBusClient(place, secret, idle=0.0)
    answers = [threads.submit(client.call, Envelope("execute")) for _ in range(20)]
    for _ in answers:
        assert gate.entered.acquire(timeout=LONG)
    gate.opened.set()
    for answer in answers:
        answer.result(LONG)
    for _ in range(20):
        client.call(Envelope("execute"))
    assert len(client._idle) <= 1
    client.close()


def test_a_forked_process_opens_connections_of_its_own(
    serve: Serve, client: RedisBusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(echo)
    client.call(Envelope("execute"))
    parents = list(client._idle)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert client.call(Envelope("execute", b"child")).body == b"child"
    assert not set(client._idle) & set(parents)


def test_a_connection_that_redis_closed_meanwhile_is_replaced_without_a_word(
    serve: Serve, client: RedisBusClient, admin: Any
) -> None:
    server = serve(echo)
    client.call(Envelope("execute"))
    assert client._idle
    for info in admin.client_list():
        if info["name"] == "platypush":
            admin.client_kill_filter(_id=info["id"])
    assert client.call(Envelope("execute", b"x")).body == b"x"
    until(lambda: server.reason is None)


def test_a_hub_whose_daemons_send_each_others_requests_back_is_unavailable(
    serve: Serve, place: RedisServer, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(echo)
    monkeypatch.setattr(Epochs, "admit", lambda *_: Admission.STALE)
    client = RedisBusClient(place, secret, wait=0.2)
    with pytest.raises(BusUnavailable, match="more than one daemon"):
        client.call(Envelope("execute"))
    client.close()


def test_tls_and_a_unix_socket_are_ways_to_redis_too(tmp_path: Path, secret: bytes) -> None:
    authority = Authority.make(tmp_path / "ca")
    certificate, port = authority.issue("localhost"), free_port()
    options = ["--tls-port", str(port), "--tls-auth-clients", "no", "--tls-ca-cert-file", str(authority.cert)]
    options += ["--tls-cert-file", str(certificate.cert), "--tls-key-file", str(certificate.key)]
    with running_redis(tmp_path / "redis", *options, "--requirepass", "p@ss") as redis:
        for url in (
            f"rediss://:p%40ss@localhost:{port}/0?ssl_ca_certs={authority.cert}",
            f"unix://:p%40ss@{redis.socket}?db=1",
        ):
            server, client = open_redis_server(url, secret), open_redis_client(url, secret)
            server.start(echo)
            for size in (1, 1_000_000, 1, 1):
                assert len(client.call(Envelope("execute", b"x" * size)).body) == size
            assert len(client._idle) == 1
            client.close()
            server.stop(1)


def test_a_url_that_is_none_is_an_error_of_the_configuration(secret: bytes) -> None:
    for open_ in (open_redis_client, open_redis_server):
        with pytest.raises(ConfigurationError, match=r"bus\.url"):
            open_("carrier://pigeon", secret)
