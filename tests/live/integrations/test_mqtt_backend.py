"""``backend.mqtt`` at a real broker: events, requests with tokens, answers, floods; and brokers that come and go."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from platypush.backend.mqtt import MqttBackend
from platypush.backend.services import BackendServices
from platypush.config.loader import load
from platypush.context import clear_runtime, set_runtime
from platypush.errors import ActionFailed, BadRequest, NotAuthenticated, Unavailable
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.message.event import Event
from platypush.message.event.mqtt import MQTTMessageEvent
from platypush.user.credentials import Credential
from tests.running.certificates import Authority
from tests.running.mosquitto import Mosquitto, mosquitto
from tests.running.waiting import open_descriptors, until

pytestmark = pytest.mark.live

OWN = "platypush_bus_mq/kitchen"
TOKEN = "right-token-of-the-owner"


class Hub:
    """What a backend needs of one: users, something that runs messages, and a bus."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.tried = 0
        self.block = threading.Event()
        self.block.set()
        self.status = 200

    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        self.tried += 1
        if credential is None or credential.value != TOKEN:
            raise NotAuthenticated("wrong token")
        return Principal("jwt", "owner")

    def handle(self, envelope: Envelope) -> Reply:
        message = json.loads(envelope.body)
        self.seen.append(message)
        self.block.wait(20)
        if self.status != 200:
            return Reply(self.status, b'{"error": {"code": "x", "message": "not that"}}')
        return Reply(200, json.dumps({"id": message.get("id"), "response": {"output": 7, "errors": []}}).encode())

    def get_plugin(self, name: str) -> Any:
        raise NotImplementedError

    def get_backend(self, name: str) -> Any:
        raise NotImplementedError

    def get_bus(self) -> Any:
        return self

    def run_request(self, request: Any) -> Any:
        raise NotImplementedError

    def post(self, event: Event) -> None:
        assert isinstance(event, MQTTMessageEvent)
        self.events.append(event.args)

    def of(self, topic: str) -> list[Any]:
        return [event["msg"] for event in self.events if event["topic"] == topic]


Start = Callable[..., MqttBackend]


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    set_runtime(made)
    yield made
    made.block.set()
    clear_runtime()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def start(hub: Hub, broker: Mosquitto, tmp_path: Path) -> Iterator[Start]:
    """A backend at the broker, with its topic subscribed to; stopped at the end, with nothing left behind."""
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    made: list[MqttBackend] = []

    def begin(ready: bool = True, plugin: str = "", **section: Any) -> MqttBackend:
        path = tmp_path / "config.yaml"
        path.write_text(f"device_id: kitchen\n{plugin}")
        path.chmod(0o600)
        config = load(path, workdir=tmp_path, environ={})
        values: dict[str, Any] = {"host": "127.0.0.1", "port": broker.port, **section}
        backend = MqttBackend(**values)
        users = cast("Any", hub)
        backend.bind(BackendServices(config=config, users=users, handle=hub.handle, listen=lambda _: lambda: None))
        made.append(backend)
        backend.start()
        if ready:
            until(lambda: backend._own_link is not None and OWN in backend._own_link._granted)
        return backend

    yield begin
    for backend in made:
        started = time.monotonic()
        backend.stop()
        assert time.monotonic() - started < 2
    until(lambda: set(threading.enumerate()) <= threads)
    assert len(open_descriptors()) <= len(descriptors) + 2  # the broker's log


def request(token: str | None = TOKEN, **fields: Any) -> str:
    return json.dumps({"type": "request", "action": "x.y", "token": token, **fields})


LISTENER = {"listeners": [{"topics": ["home/#"]}]}


def test_messages_on_the_topics_of_listeners_are_events(hub: Hub, broker: Mosquitto, start: Start) -> None:
    broker.publish("home/kept", "old", "-r")
    start(**LISTENER)
    until(lambda: hub.of("home/kept"))
    assert hub.events == [
        {"msg": "old", "host": "127.0.0.1", "port": broker.port, "topic": "home/kept", "retain": True}
    ]
    for payload in (b'{"state": "ON"}', b"21.5", b"ON", b"", b"\xff\x00\xfe", "größe".encode(), b"{broken"):
        broker.publish("home/lamp", payload)
    broker.publish("elsewhere", "x")
    until(lambda: len(hub.of("home/lamp")) == 7)
    assert hub.of("home/lamp") == [{"state": "ON"}, 21.5, "ON", "", b"\xff\x00\xfe", "größe", "{broken"]
    assert not hub.of("elsewhere")
    assert not hub.events[-1]["retain"]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_request_with_a_valid_token_runs_once_and_its_answer_comes_on_the_reply_topic(
    version: str, hub: Hub, broker: Mosquitto, start: Start
) -> None:
    start(version=version, listeners=[{"topics": ["#"]}])
    with broker.listening(f"{OWN}/responses/42") as answers:
        broker.publish(OWN, request(id="42", args={"a": 1}))
        [answer] = answers()
    assert json.loads(answer.split(" ", 2)[2])["response"]["output"] == 7
    assert [message["args"] for message in hub.seen] == [{"a": 1}]
    broker.publish("last", "one")
    until(lambda: hub.of("last"))
    assert [event["topic"] for event in hub.events] == ["last"], "nothing between hubs is an event"


def test_an_answer_goes_where_mqtt_5_asks_for_it(hub: Hub, broker: Mosquitto, start: Start) -> None:
    start(version="5")
    options = ("-V", "5", "-D", "publish", "response-topic", "answers/me", "-D", "publish", "correlation-data", "c-1")
    with broker.listening("answers/me", options=("-V", "5", "-F", "GOT %t %r %D %p")) as answers:
        broker.publish(OWN, request(), *options)
        [answer] = answers()
    assert "7" in answer
    assert answer.startswith("answers/me 0 ")
    assert "c-1" in answer


def test_an_event_with_a_valid_token_is_posted_and_not_answered(hub: Hub, broker: Mosquitto, start: Start) -> None:
    start()
    broker.publish(OWN, json.dumps({"type": "event", "token": TOKEN, "args": {"type": "x"}}))
    until(lambda: hub.seen)
    assert hub.seen[0]["type"] == "event"


@pytest.mark.parametrize("token", ["wrong", "", None])
def test_a_request_without_a_valid_token_is_refused_with_an_answer(
    token: str | None, hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    with broker.listening(f"{OWN}/responses/9") as answers:
        broker.publish(OWN, request(token, id="9"))
        [answer] = answers()
    assert json.loads(answer.split(" ", 2)[2])["response"]["errors"]
    assert not hub.seen
    assert f"A message on {OWN} was refused" in caplog.text
    assert "wrong-" not in caplog.text


def test_what_a_token_does_not_allow_is_an_error_in_the_answer(hub: Hub, broker: Mosquitto, start: Start) -> None:
    start()
    hub.status = 403
    with broker.listening(f"{OWN}/responses/9") as answers:
        broker.publish(OWN, request(id="9"))
        [answer] = answers()
    response = json.loads(answer.split(" ", 2)[2])
    assert (response["response"]["errors"], response["id"], response["origin"]) == (["not that"], "9", "kitchen")


def test_retained_requests_are_not_run_not_even_after_a_reconnect(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    broker.publish(OWN, request(id="kept"), "-r")
    backend = start()
    until(lambda: "had kept" in caplog.text)
    broker.publish(OWN, request(id="new"))
    until(lambda: hub.seen)
    broker.stop()
    until(lambda: backend.presence.reason)
    broker.start()
    until(lambda: backend.presence.reason is None)
    broker.publish(OWN, request(id="newer"))
    until(lambda: len(hub.seen) > 1)
    assert [message["id"] for message in hub.seen] == ["new", "newer"]


def test_tokens_reach_neither_events_nor_the_log(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    start(listeners=[{"topics": ["#", "platypush_bus_mq/+", "platypush_bus_mq/#"]}])
    for topic in (OWN, "platypush_bus_mq/bedroom", "platypush_bus_mq/bedroom/responses/1", "other/hub"):
        broker.publish(topic, request(id="1"))
    broker.publish(OWN, request()[:-1])
    broker.publish(OWN, json.dumps([TOKEN]))
    broker.publish("last", "one")
    until(lambda: hub.of("last") and len(hub.seen) == 1)
    assert TOKEN not in str(hub.events)
    assert [message["token"] for message in hub.of("other/hub")] == ["***"]
    assert {event["topic"] for event in hub.events} == {"other/hub", "last"}
    assert TOKEN not in caplog.text


def test_a_flood_of_wrong_tokens_is_dropped_while_right_ones_work(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(listeners=[{"topics": ["home/#"]}])
    broker.publish(OWN, request(id="first"))
    until(lambda: hub.seen)
    lines = "\n".join(request(f"guess-{number}", id=str(number)) for number in range(3000))
    pour(broker, OWN, lines)
    broker.publish(OWN, request(id="still"))
    broker.publish("home/lamp", "on")
    until(lambda: len(hub.seen) > 1 and hub.of("home/lamp"))
    assert [message["id"] for message in hub.seen] == ["first", "still"]
    assert hub.tried < 100, "hardly any of the guesses is looked at"
    assert len([line for line in caplog.messages if "refused" in line]) < 20
    assert "too many wrong tokens" in caplog.text
    assert "guess-" not in caplog.text


def test_a_flood_of_valid_requests_neither_blocks_nor_grows(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(max_calls=2, listeners=[{"topics": ["home/#"]}])
    broker.publish(OWN, request(id="first"))
    until(lambda: hub.seen)
    hub.block.clear()
    pour(broker, OWN, "\n".join(request(id=str(number)) for number in range(3000)))
    broker.publish("home/lamp", "on")
    until(lambda: hub.of("home/lamp"))
    until(lambda: "more than can be run" in caplog.text)
    assert len(hub.seen) == 3, "two run"
    hub.block.set()
    until(lambda: len(hub.seen) == 203)
    broker.publish(OWN, request(id="last"))
    until(lambda: hub.seen[-1]["id"] == "last")


def test_a_flood_of_events_is_cut_to_its_rate(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(max_rate=20, listeners=[{"topics": ["home/#"]}])
    pour(broker, "home/flood", "\n".join(map(str, range(5000))))
    until(lambda: "more than max_rate a second" in caplog.text)
    broker.publish(OWN, request(id="meanwhile"))
    until(lambda: hub.seen)
    assert 100 <= len(hub.events) < 1000
    assert len([line for line in caplog.messages if "max_rate" in line]) == 1


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_messages_that_are_too_large_are_dropped(version: str, hub: Hub, broker: Mosquitto, start: Start) -> None:
    start(version=version, max_size=1000, listeners=[{"topics": ["home/#"]}])
    broker.publish("home/lamp", "x" * 300_000)
    broker.publish("home/lamp", "small")
    until(lambda: hub.of("home/lamp"))
    assert hub.of("home/lamp") == ["small"]


def test_a_broker_that_restarts_is_one_line_each_way_and_topics_are_subscribed_to_again(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    backend = start(listeners=[{"topics": ["home/#"]}, {"topics": ["garden/#"]}])
    for round_ in range(2):
        broker.stop()
        until(lambda: backend.presence.reason)
        with pytest.raises(Unavailable, match="is away"):
            backend.send_message("x", topic="y")
        broker.start()
        heard = len(hub.seen)
        took = broker.heard(partial(more_than, hub.seen, heard), (OWN, request(id=f"r{round_}")))
        assert took < 10
        until(lambda: backend.presence.reason is None)
        broker.heard(lambda: hub.of("home/x") and hub.of("garden/x"), ("home/x", "1"), ("garden/x", "1"))
        hub.events.clear()
    lines = [line for line in caplog.messages if line.startswith("MQTT broker at")]
    assert [line.split(" is ")[1].split(" ")[0] for line in lines] == ["away:", "back"] * 2


def test_a_broker_that_hangs_is_noticed_and_used_again(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    backend = start(keepalive=1, timeout=1)
    broker.freeze()
    until(lambda: backend.presence.reason, seconds=10)
    broker.thaw()
    until(lambda: backend.presence.reason is None)
    broker.heard(lambda: hub.seen, (OWN, request(id="1")))
    lines = [line for line in caplog.messages if line.startswith("MQTT broker at")]
    assert [line.split(" is ")[1].split(" ")[0] for line in lines] == ["away:", "back"]
    broker.freeze()
    started = time.monotonic()
    backend.stop()
    assert time.monotonic() - started < 2, "a stop does not wait for a broker that hangs"
    broker.thaw()


def test_a_broker_that_is_not_there_yet_is_waited_for(
    hub: Hub, broker: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    broker.stop()
    backend = start(ready=False)
    until(lambda: backend.presence.reason)
    assert "Connection refused" in (backend.presence.reason or "")
    broker.start()
    until(lambda: backend.presence.reason is None)
    broker.heard(lambda: hub.seen, (OWN, request(id="1")))


def test_send_message_reaches_other_nodes(hub: Hub, broker: Mosquitto, start: Start) -> None:
    backend = start()
    with broker.listening("platypush_bus_mq/bedroom", count=2) as messages:
        backend.send_message({"type": "request", "action": "a.b"}, topic="platypush_bus_mq/bedroom")
        backend.send_message("text", topic="platypush_bus_mq/bedroom", qos=1)
        assert messages() == [
            'platypush_bus_mq/bedroom 0 {"type":"request","action":"a.b"}',
            "platypush_bus_mq/bedroom 0 text",
        ]
    backend.send_message({"type": "request", "action": "a.b", "token": TOKEN})
    until(lambda: hub.seen)
    with pytest.raises(BadRequest, match="is no topic"):
        backend.send_message("x", topic="a/#")


def test_without_its_own_topic_no_request_is_taken(hub: Hub, broker: Mosquitto, start: Start) -> None:
    backend = start(ready=False, subscribe_default_topic=False, listeners=[{"topic": "#"}])
    broker.heard(lambda: hub.of("x"), ("x", "1"))
    broker.publish(OWN, request())
    broker.publish("y", "1")
    until(lambda: hub.of("y"))
    assert not hub.seen
    assert OWN not in {event["topic"] for event in hub.events}
    assert backend.presence.reason is None


def test_without_a_host_the_broker_of_the_plugin_is_used(hub: Hub, broker: Mosquitto, start: Start) -> None:
    start(host=None, plugin=f"mqtt:\n  host: 127.0.0.1\n  port: {broker.port}\n")
    broker.publish(OWN, request())
    until(lambda: hub.seen)


def test_without_any_broker_the_reason_is_shown(hub: Hub, broker: Mosquitto, start: Start) -> None:
    backend = start(ready=False, host=None)
    until(lambda: backend.presence.reason)
    assert "Neither backend.mqtt nor mqtt says where the broker is" in (backend.presence.reason or "")


def test_passwords_and_tls_are_checked_both_ways(hub: Hub, tmp_path: Path, start: Start) -> None:
    authority = Authority.make(tmp_path / "ca")
    certificate, wrong_name = authority.issue("localhost", "127.0.0.1"), authority.issue("elsewhere.lan")
    passwords = {"kitchen": "secret-password"}
    section: dict[str, Any] = {"host": "localhost", "username": "kitchen", "password": "secret-password"}
    with mosquitto(tmp_path / "tls", passwords=passwords, certificate=certificate, ca=authority.cert) as broker:
        there = {**section, "port": broker.port}
        start(**there, tls_cafile=str(authority.cert), tls_version="tlsv1.3", version="5")
        refused = {
            "not authori[sz]ed": {**there, "tls_cafile": str(authority.cert), "password": "wrong-password"},
            "self-signed certificate": {**there, "tls": True},
            "cannot be used": {**there, "tls_cafile": str(tmp_path / "missing.pem")},
            "connection was lost|did not answer": {**there, "timeout": 1},
        }
        for words, wrong in refused.items():
            fails_with(words, wrong)
    with mosquitto(tmp_path / "name", passwords=passwords, certificate=wrong_name, ca=authority.cert) as broker:
        there = {**section, "port": broker.port, "tls_cafile": str(authority.cert)}
        fails_with("[Hh]ostname mismatch", there)
        start(**there, tls_insecure=True, client_id="other")


def fails_with(words: str, section: dict[str, Any]) -> None:
    """A link with these settings does not come up, and says why without a secret."""
    from platypush.outgoing.mqtt.broker import KEYS, Broker
    from platypush.outgoing.mqtt.fleet import running
    from platypush.outgoing.mqtt.link import Link

    broker = Broker.read({name: value for name, value in section.items() if name in KEYS})
    assert "-password" not in repr(broker)
    link = Link(broker, "x", deliver=print, refused=print, timeout=section.get("timeout", 5))
    with pytest.raises(Unavailable, match=rf"(?i){words}") as caught, running(link):
        pass
    assert "-password" not in str(caught.value)


def test_a_message_that_the_broker_refuses_is_an_error(hub: Hub, tmp_path: Path, start: Start) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite platypush_bus_mq/#\n")
    acl.chmod(0o600)
    with mosquitto(tmp_path / "acl-broker", settings=f"acl_file {acl}") as broker:
        backend = start(port=broker.port, version="5")
        with pytest.raises(ActionFailed, match="refuses the message: Not authorized"):
            backend.send_message("x", topic="home/lamp", qos=1)
        backend.stop()


def more_than(items: list[Any], count: int) -> bool:
    return len(items) > count


def pour(broker: Mosquitto, topic: str, lines: str) -> None:
    """Publish each of ``lines``, as fast as it goes."""
    broker._run("mosquitto_pub", "-t", topic, "-l", "-q", "1", data=lines.encode())
