"""The contract of ``platypush.bus``, against every implementation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from platypush.bus import BusClient, Handler
from platypush.errors import AnswerLost, BusUnavailable, TimeLimit, TooLarge
from platypush.message.envelope import LOCAL, Envelope, Principal, Reply
from tests.contract.bus.conftest import Bus

LONG = 30.0


def echo(envelope: Envelope) -> Reply:
    return Reply(body=envelope.body)


class Gate:
    """A handler whose calls wait until the gate opens."""

    def __init__(self, expected: int = 1) -> None:
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


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


def refused(client: BusClient) -> bool:
    """Whether the daemon takes no new calls."""
    try:
        client.call(Envelope("execute", time_left=0.1))
    except BusUnavailable:
        return True
    except TimeLimit:
        return False
    return False


def code(reply: Reply) -> str:
    text: str = json.loads(reply.body)["error"]["code"]
    return text


def test_the_handler_gets_the_envelope_and_its_answer_comes_back_as_it_is(bus: Bus) -> None:
    seen: list[Envelope] = []

    def handler(envelope: Envelope) -> Reply:
        seen.append(envelope)
        return Reply(418, b"\x00raw", (("X-Kettle", "on"),))

    bus.serve(handler)
    sent = Envelope("hook", b"\xff\x00", "door", Principal("jwt", "ann", "7", ("a.*",)), 9, "r1", {"method": "PUT"})
    assert bus.client().call(sent) == Reply(418, b"\x00raw", (("X-Kettle", "on"),))
    assert 0 < seen[0].time_left <= 9
    assert (seen[0].kind, seen[0].body, seen[0].name, seen[0].principal, seen[0].request_id, dict(seen[0].meta)) == (
        "hook", b"\xff\x00", "door", sent.principal, "r1", {"method": "PUT"},
    )  # fmt: skip


def test_a_body_of_many_megabytes_crosses_in_both_directions(bus: Bus) -> None:
    bus.serve(echo)
    body = bytes(range(256)) * 100_000
    assert bus.client().call(Envelope("execute", body, principal=LOCAL)).body == body


def test_many_calls_run_at_once_and_each_gets_its_own_answer(bus: Bus, gate: Gate, threads: ThreadPoolExecutor) -> None:
    bus.serve(gate)
    client = bus.client()
    answers = [threads.submit(client.call, Envelope("execute", str(number).encode())) for number in range(60)]
    for _ in answers:
        assert gate.entered.acquire(timeout=LONG)
    gate.opened.set()
    assert [answer.result().body for answer in answers] == [str(number).encode() for number in range(60)]


def test_a_request_beyond_the_limit_is_refused_before_it_is_sent(bus: Bus) -> None:
    gate = Gate()
    bus.serve(gate)
    with pytest.raises(TooLarge):
        bus.client(max_frame=1000).call(Envelope("execute", b"x" * 1001))
    assert gate.calls == []


def test_an_answer_beyond_the_limit_becomes_an_error_and_the_client_goes_on(bus: Bus) -> None:
    bus.serve(lambda envelope: Reply(body=b"x" * int(envelope.body)), max_frame=1000)
    client = bus.client()
    reply = client.call(Envelope("execute", b"2000"))
    assert (reply.status, code(reply)) == (500, "action_failed")
    assert client.call(Envelope("execute", b"5")).body == b"xxxxx"


def test_without_a_daemon_the_caller_is_told_that_nothing_was_sent(bus: Bus) -> None:
    with pytest.raises(BusUnavailable) as caught:
        bus.client(wait=0.05).call(Envelope("execute"))
    assert caught.value.retry_after is not None


def test_a_daemon_that_comes_within_the_wait_is_found(bus: Bus, threads: ThreadPoolExecutor) -> None:
    client = bus.client(wait=LONG)
    answer = threads.submit(client.call, Envelope("execute", b"early"))
    with pytest.raises(TimeoutError):
        answer.result(timeout=0.05)
    bus.serve(echo)
    assert answer.result().body == b"early"


def test_the_same_client_finds_the_next_daemon(bus: Bus) -> None:
    client = bus.client()
    for number in range(3):
        server = bus.serve(echo)
        assert client.call(Envelope("execute", str(number).encode())).body == str(number).encode()
        server.stop(5)


def test_a_daemon_that_goes_away_with_a_call_loses_the_answer_and_the_call_is_not_repeated(
    bus: Bus, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    server = bus.serve(gate)
    client = bus.client()
    answer = threads.submit(client.call, Envelope("execute"))
    assert gate.entered.acquire(timeout=LONG)
    server.stop(0)
    bus.serve(gate)
    with pytest.raises(AnswerLost):
        answer.result(timeout=LONG)
    assert len(gate.calls) == 1


def test_stopping_lets_a_call_under_way_finish(bus: Bus, gate: Gate, threads: ThreadPoolExecutor) -> None:
    server = bus.serve(gate)
    answer = threads.submit(bus.client().call, Envelope("execute", b"kept"))
    assert gate.entered.acquire(timeout=LONG)
    stopping = threads.submit(server.stop, LONG)
    stranger = bus.client(wait=0.05)
    while not refused(stranger):
        pass
    gate.opened.set()
    assert answer.result(timeout=LONG).body == b"kept"
    stopping.result(timeout=LONG)


def test_a_call_that_takes_longer_than_its_time_ends_and_its_late_answer_is_nobody_elses(bus: Bus) -> None:
    gate = Gate()

    def handler(envelope: Envelope) -> Reply:
        return gate(envelope) if envelope.body == b"slow" else echo(envelope)

    bus.serve(handler)
    client = bus.client(margin=0.0)
    with pytest.raises(TimeLimit):
        client.call(Envelope("execute", b"slow", time_left=0.05))
    gate.opened.set()
    assert [client.call(Envelope("execute", b"quick")).body for _ in range(5)] == [b"quick"] * 5


def test_a_call_without_time_left_does_not_run(bus: Bus) -> None:
    gate = Gate()
    bus.serve(gate)
    with pytest.raises(TimeLimit):
        bus.client().call(Envelope("execute", time_left=0))
    assert gate.calls == []


def test_one_call_more_than_the_limit_is_told_busy_and_does_not_run(
    bus: Bus, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    bus.serve(gate, max_calls=2)
    client = bus.client()
    running = [threads.submit(client.call, Envelope("execute")) for _ in range(2)]
    for _ in running:
        assert gate.entered.acquire(timeout=LONG)
    refused = client.call(Envelope("execute", request_id="r3"))
    assert (refused.status, code(refused), len(gate.calls)) == (503, "busy", 2)
    assert "Retry-After" in dict(refused.headers)
    gate.opened.set()
    assert [answer.result().status for answer in running] == [200, 200]
    assert client.call(Envelope("execute")).status == 200


def test_a_handler_that_raises_gives_an_error_without_details(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    def handler(envelope: Envelope) -> Reply:
        raise RuntimeError("secret detail")

    failing: Handler = handler
    bus.serve(failing)
    reply = bus.client().call(Envelope("execute", request_id="r9"))
    assert (reply.status, code(reply)) == (500, "internal_error")
    assert b"secret" not in reply.body
    assert "secret detail" in caplog.text
