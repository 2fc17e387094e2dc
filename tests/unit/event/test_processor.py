"""Hooks at work: in the background for events, in the caller's thread for webhooks."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from platypush._lib.calls import in_call
from platypush.errors import (
    ActionFailed,
    BusUnavailable,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PlatypushError,
    StorageFailed,
    TimeLimit,
    Unavailable,
)
from platypush.event.durable import MAX_ATTEMPTS, DurableWebhooks
from platypush.event.hook import hook
from platypush.event.processor import EventProcessor
from platypush.message.envelope import Envelope
from platypush.message.event import Event
from platypush.message.event.custom import CustomEvent
from platypush.message.event.http.hook import WebhookEvent
from tests.unit.event.conftest import ProcessorFactory, hooks_of


def call(name: str, method: str = "GET", **kwargs: Any) -> WebhookEvent:
    return WebhookEvent(hook=name, method=method, **kwargs)


def test_ten_thousand_events_in_a_burst_use_few_threads_and_lose_none(processor: ProcessorFactory) -> None:
    ran: list[int] = []
    gate = threading.Event()

    @hook(CustomEvent)
    def slow(number: int) -> None:
        gate.wait(30)
        ran.append(number)

    before = threading.active_count()
    running = processor(slow, workers=4)
    all_taken = threading.Event()
    running.add_listener(lambda event: all_taken.set() if event.args["number"] == 9_999 else None)
    for number in range(10_000):
        running.post(CustomEvent("burst", number=number))
    assert all_taken.wait(30)
    assert threading.active_count() <= before + 5
    gate.set()
    assert running.stop(30)
    assert sorted(ran) == list(range(10_000))


def test_hooks_start_in_the_order_of_their_events(processor: ProcessorFactory) -> None:
    ran: list[int] = []

    @hook(CustomEvent)
    def note(number: int) -> None:
        ran.append(number)

    running = processor(note, workers=1)
    for number in range(500):
        running.post(CustomEvent("x", number=number))
    assert running.stop(10)
    assert ran == list(range(500))


def test_a_slow_hook_keeps_no_event_from_the_listeners(processor: ProcessorFactory) -> None:
    gate, heard = threading.Event(), threading.Semaphore(0)

    @hook(CustomEvent)
    def slow() -> None:
        gate.wait(30)

    running = processor(slow, workers=1)
    running.add_listener(lambda _: heard.release())
    for _ in range(20):
        running.post(CustomEvent("x"))
    assert all(heard.acquire(timeout=10) for _ in range(20))
    gate.set()


def test_a_failing_hook_or_listener_hurts_nobody_else_and_is_named(
    processor: ProcessorFactory, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []
    ran: list[str] = []

    @hook(CustomEvent, priority=1)
    def broken() -> None:
        raise SystemExit("no")

    @hook(CustomEvent)
    def fine() -> None:
        ran.append("fine")

    def bad_listener(_: Event) -> None:
        raise RuntimeError("listener")

    running = processor(broken, fine)
    running.add_listener(bad_listener)
    running.add_listener(heard.append)
    running.post(CustomEvent("a"))
    running.post(CustomEvent("b"))
    assert running.stop(10)
    assert ran == ["fine", "fine"]
    assert len(heard) == 2
    assert f"The hook broken ({__file__}:" in caplog.text


def test_a_hook_whose_device_is_away_is_one_line_without_a_traceback(
    processor: ProcessorFactory, caplog: pytest.LogCaptureFixture
) -> None:
    @hook(CustomEvent)
    def lights() -> None:
        raise Unavailable("The bridge does not answer.")

    running = processor(lights)
    running.post(CustomEvent("a"))
    assert running.stop(10)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().endswith("The bridge does not answer.")
    assert not record.exc_info


def test_a_removed_listener_hears_no_more_and_recent_events_are_kept(processor: ProcessorFactory) -> None:
    heard: list[Event] = []
    running = processor(kept=3)
    running.add_listener(heard.append)
    running.remove_listener(heard.append)
    for number in range(5):
        running.post(CustomEvent(str(number)))
    assert running.stop(10)
    assert heard == []
    assert [event.args["subtype"] for event in running.recent()] == ["2", "3", "4"]
    assert [event.args["subtype"] for event in running.recent(1)] == ["4"]


def test_a_webhook_runs_in_the_thread_that_asks(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="who")
    def who() -> str:
        return threading.current_thread().name

    assert processor(who).webhook(call("who")).body.decode() == threading.current_thread().name


def test_all_hooks_of_a_name_run_and_the_one_with_the_highest_priority_then_the_first_answers(
    processor: ProcessorFactory,
) -> None:
    ran: list[str] = []

    @hook(WebhookEvent, hook="x")
    def low() -> str:
        ran.append("low")
        return "low"

    @hook(WebhookEvent, hook="x", priority=5)
    def first() -> str:
        ran.append("first")
        return "first"

    @hook(WebhookEvent, hook="x", priority=5)
    def second() -> str:
        ran.append("second")
        raise RuntimeError("its own affair")

    assert processor(low, first, second).webhook(call("x")).body == b"first"
    assert ran == ["first", "second", "low"]


def test_a_hook_of_another_name_or_of_a_part_of_it_is_not_there(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="part")
    def part() -> None: ...

    @hook(CustomEvent)
    def other() -> None: ...

    running = processor(part, other)
    heard: list[Event] = []
    running.add_listener(heard.append)
    for name in ("partial", "Part", "par", ""):
        with pytest.raises(NotFound):
            running.webhook(call(name))
    assert running.stop(5)
    assert heard == [], "strangers cannot fill the stream of events"


def test_a_known_name_with_another_method_says_which_methods_it_answers(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="x", method=["POST", "PUT"])
    def put() -> str:
        return "ok"

    running = processor(put)
    assert running.webhook(call("x", "PUT")).body == b"ok"
    with pytest.raises(MethodNotAllowed, match="POST, PUT only"):
        running.webhook(call("x"))


@pytest.mark.parametrize(
    ("raised", "error", "message"),
    [
        (AssertionError("Unauthorized"), Forbidden, "Unauthorized"),
        (AssertionError(), Forbidden, "This hook refuses the request."),
        (PermissionError("not you"), Forbidden, "not you"),
        (PermissionError(13, "Permission denied", "/secret/path"), Forbidden, "Permission denied"),
        (BusUnavailable("away"), BusUnavailable, "away"),
        (ActionFailed("inner details"), PlatypushError, PlatypushError.default_message),
        (ValueError("inner details"), PlatypushError, PlatypushError.default_message),
        (SystemExit(3), PlatypushError, PlatypushError.default_message),
    ],
)
def test_what_a_hook_raises_becomes_an_error_that_tells_no_more_than_it_should(
    raised: BaseException, error: type[PlatypushError], message: str, processor: ProcessorFactory
) -> None:
    @hook(WebhookEvent, hook="x")
    def fails() -> None:
        raise raised

    with pytest.raises(PlatypushError) as caught:
        processor(fails).webhook(call("x"))
    assert type(caught.value) is error
    assert caught.value.message == message


def test_a_return_value_that_http_does_not_allow_is_an_error(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="x")
    def splits() -> Any:
        return "a", 200, {"X-A": "b\r\nX-B: c"}

    with pytest.raises(PlatypushError) as caught:
        processor(splits).webhook(call("x"))
    assert caught.value.http_status == 500


def test_the_secret_headers_reach_the_hook_and_neither_log_nor_clients(
    processor: ProcessorFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[bytes] = []

    @hook(WebhookEvent, hook="x")
    def fails(event: WebhookEvent) -> None:
        assert event.headers["Authorization"] == "Bearer top-secret"
        raise ValueError

    running = processor(fails)
    running.add_listener(lambda event: heard.append(event.to_json()))
    with pytest.raises(PlatypushError):
        running.webhook(call("x", headers={"Authorization": "Bearer top-secret", "Accept": "*/*"}))
    assert running.stop(5)
    assert b"top-secret" not in heard[0]
    assert "top-secret" not in caplog.text


def test_hooks_that_nobody_waits_for_any_more_are_not_started(processor: ProcessorFactory) -> None:
    ran: list[str] = []

    @hook(WebhookEvent, hook="x", priority=1)
    def first() -> None:
        ran.append("first")

    @hook(WebhookEvent, hook="x")
    def second() -> None:
        ran.append("second")

    with in_call("id", 0), pytest.raises(TimeLimit):
        processor(first, second).webhook(call("x"))
    assert ran == ["first"]


def test_a_hook_on_all_events_sees_webhooks_without_answering_them(processor: ProcessorFactory) -> None:
    seen: list[str] = []

    @hook(Event, priority=9)
    def observer(event: Event) -> str:
        seen.append(type(event).__name__)
        return "observer"

    @hook(WebhookEvent, hook="x")
    def answers() -> str:
        return "answer"

    running = processor(observer, answers)
    assert running.webhook(call("x")).body == b"answer"
    assert running.stop(5)
    assert seen == ["WebhookEvent"]


def test_an_envelope_of_the_bus_is_answered(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="echo")
    def echo(data: Any, args: Any) -> Any:
        return {"data": data, "args": args}

    meta = {"method": "POST", "args": {"q": "1"}, "headers": {}}
    reply = processor(echo).run_webhook(Envelope("hook", b"[1]", "echo", meta=meta))
    assert json.loads(reply.body) == {"data": [1], "args": {"q": "1"}}


def test_a_reload_replaces_all_hooks(processor: ProcessorFactory) -> None:
    @hook(WebhookEvent, hook="old")
    def old() -> None: ...

    @hook(WebhookEvent, hook="new")
    def new() -> str:
        return "new"

    running = processor(old)
    running.set_hooks(hooks_of(new))
    assert running.webhook(call("new")).body == b"new"
    with pytest.raises(NotFound):
        running.webhook(call("old"))


def test_a_durable_webhook_is_stored_then_answered_then_run(processor: ProcessorFactory, tmp_path: Path) -> None:
    gate, ran = threading.Event(), []

    @hook(WebhookEvent, hook="x", durable=True)
    def later(event: WebhookEvent) -> None:
        gate.wait(10)
        ran.append((event.data, event.headers["x-token"]))

    running = processor(later, store=DurableWebhooks(tmp_path / "webhooks"))
    reply = running.webhook(call("x", "POST", data=b"\xff", headers={"X-Token": "t"}))
    assert (reply.status, ran) == (202, [])
    (stored,) = (tmp_path / "webhooks").glob("*.json")
    assert stored.stat().st_mode & 0o777 == 0o600
    gate.set()
    assert running.stop(10)
    assert ran == [(b"\xff", "t")]
    assert list((tmp_path / "webhooks").iterdir()) == []


def test_a_durable_webhook_left_by_a_crash_runs_after_the_start(processor: ProcessorFactory, tmp_path: Path) -> None:
    DurableWebhooks(tmp_path).add(call("x", data={"n": 1}))
    ran = []

    @hook(WebhookEvent, hook="x", durable=True)
    def later(data: Any) -> None:
        ran.append(data)

    assert processor(later, store=DurableWebhooks(tmp_path)).stop(10)
    assert ran == [{"n": 1}]


def test_a_durable_webhook_that_kills_the_daemon_again_and_again_is_put_aside(tmp_path: Path) -> None:
    key = DurableWebhooks(tmp_path).add(call("x"))
    assert [DurableWebhooks(tmp_path).begin(key) for _ in range(MAX_ATTEMPTS + 1)] == [True] * MAX_ATTEMPTS + [False]
    assert [path.name for path in (tmp_path / "failed").iterdir()] == [f"{key}.json"]
    assert list(DurableWebhooks(tmp_path).pending()) == []


def test_strangers_cannot_fill_the_disk_with_durable_webhooks(tmp_path: Path) -> None:
    store = DurableWebhooks(tmp_path, limit=2)
    first = store.add(call("x"))
    store.add(call("x"))
    with pytest.raises(StorageFailed):
        store.add(call("x"))
    store.done(first)
    store.add(call("x"))


def test_a_durable_webhook_that_cannot_be_stored_is_not_accepted(processor: ProcessorFactory, tmp_path: Path) -> None:
    (tmp_path / "webhooks").write_text("a file where the folder should be")

    @hook(WebhookEvent, hook="x", durable=True)
    def later() -> None: ...

    running = processor(later, store=DurableWebhooks(tmp_path / "webhooks"))
    with pytest.raises(StorageFailed):
        running.webhook(call("x"))


def test_an_event_that_comes_during_the_stop_is_refused_with_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = EventProcessor()
    running.start()
    assert running.stop(5)
    running.post(CustomEvent("late"))
    assert "while the hub stops" in caplog.text
