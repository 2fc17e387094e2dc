"""The plugin ``mqtt`` at real brokers, and both in a whole hub."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from platypush.context import clear_runtime, set_runtime
from platypush.errors import ArgumentError, BadRequest, Forbidden, TimeLimit, TooLarge, Unavailable
from platypush.message.event import Event
from platypush.message.event.mqtt import MQTTMessageEvent
from platypush.plugins.mqtt import MqttPlugin
from tests.reference import configuration
from tests.running.certificates import Authority
from tests.running.hub import Hub, running_hub
from tests.running.mosquitto import Mosquitto, mosquitto
from tests.running.processes import free_port
from tests.running.waiting import open_descriptors, until

pytestmark = pytest.mark.live


class Bus:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def get_bus(self) -> Any:
        return self

    def get_plugin(self, name: str) -> Any:
        raise NotImplementedError

    def get_backend(self, name: str) -> Any:
        raise NotImplementedError

    def run_request(self, request: Any) -> Any:
        raise NotImplementedError

    def post(self, event: Event) -> None:
        assert isinstance(event, MQTTMessageEvent)
        self.events.append(event.args)

    def topics(self) -> list[str]:
        return [event["topic"] for event in self.events]


Make = Callable[..., MqttPlugin]


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    set_runtime(made)
    yield made
    clear_runtime()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def make(bus: Bus, broker: Mosquitto) -> Iterator[Make]:
    """A running plugin; stopped at the end, with nothing left behind."""
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    made: list[MqttPlugin] = []

    def begin(**section: Any) -> MqttPlugin:
        values: dict[str, Any] = {"host": "127.0.0.1", "port": broker.port, **section}
        plugin = MqttPlugin(**values)
        made.append(plugin)
        plugin.start()
        return plugin

    yield begin
    for plugin in made:
        started = time.monotonic()
        plugin.stop()
        assert time.monotonic() - started < 2
    until(lambda: set(threading.enumerate()) <= threads)
    assert len(open_descriptors()) <= len(descriptors) + 2  # the broker's log


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_messages_are_published(version: str, qos: Literal[0, 1, 2], make: Make, broker: Mosquitto) -> None:
    plugin = make(version=version)
    with broker.listening("out", count=4) as messages:
        for msg in ({"state": "ON"}, "größe", 7, None):
            assert plugin.publish("out", msg, qos=qos).output is None
        assert messages() == ['out 0 {"state":"ON"}', "out 0 größe", "out 0 7", "out 0 "]


def test_a_retained_message_is_kept_and_removed(make: Make, broker: Mosquitto, bus: Bus) -> None:
    plugin = make()
    plugin.send_message("kept", "v", retain=True, qos=1)
    with broker.listening("kept") as messages:
        assert messages() == ["kept 1 v"]
    plugin.publish("kept", None, retain=True, qos=1)
    plugin.subscribe("kept")
    plugin.publish("kept", "new", qos=1)
    until(lambda: bus.events)
    assert [event["msg"] for event in bus.events] == ["new"]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_an_action_waits_for_the_reply(version: str, make: Make, broker: Mosquitto, bus: Bus) -> None:
    plugin, other = make(version=version), make(client_id="other", topics=["question"], version=version)
    other.publish("answer", "old", retain=True, qos=1)

    def reply() -> None:
        until(lambda: "question" in bus.topics())
        other.publish("answer", {"n": 42})

    thread = threading.Thread(target=reply)
    thread.start()
    assert plugin.publish("question", "?", reply_topic="answer").output == {"n": 42}
    thread.join()
    assert "answer" not in bus.topics(), "the reply is the caller's"
    with pytest.raises(TimeLimit, match=r"No answer on 'answer' within 0.1 s"):
        plugin.publish("nowhere", "?", reply_topic="answer", timeout=0.1)
    assert not plugin._links[next(iter(plugin._links))].topics, "it is subscribed to for that time only"


def test_topics_become_events_until_they_are_unsubscribed_from(make: Make, broker: Mosquitto, bus: Bus) -> None:
    plugin = make(topics=["always"])
    plugin.subscribe("home/+/state", qos=1)
    broker.publish("home/lamp/state", '{"on": true}')
    broker.publish("always", "x")
    until(lambda: len(bus.events) == 2)
    assert bus.events[0] == {
        "msg": {"on": True},
        "host": "127.0.0.1",
        "port": broker.port,
        "topic": "home/lamp/state",
        "retain": False,
    }
    plugin.unsubscribe("home/+/state")
    broker.publish("home/lamp/state", "off")
    broker.publish("always", "y")
    until(lambda: bus.events[-1]["msg"] == "y")
    assert bus.topics() == ["home/lamp/state", "always", "always"]
    with pytest.raises(BadRequest, match="no subscription to 'home"):
        plugin.unsubscribe("home/+/state")


def test_tokens_between_hubs_reach_no_event(make: Make, broker: Mosquitto, bus: Bus) -> None:
    make(topics=["#"])
    message = json.dumps({"type": "request", "action": "x.y", "token": "secret-token"})
    broker.heard(lambda: bus.events, ("up", "1"))
    for topic in ("platypush_bus_mq/kitchen", "platypush_bus_mq", "elsewhere"):
        broker.publish(topic, message)
    until(lambda: "elsewhere" in bus.topics())
    assert "secret-token" not in str(bus.events)
    assert set(bus.topics()) == {"up", "elsewhere"}


def test_a_flood_is_cut(make: Make, broker: Mosquitto, bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    plugin = make(topics=["flood"])
    plugin.publish("x", "y", qos=1)
    lines = "\n".join(map(str, range(5000))).encode()
    broker._run("mosquitto_pub", "-t", "flood", "-l", "-q", "1", data=lines)
    until(lambda: "more than 200 a second" in caplog.text)
    assert 1000 <= len(bus.events) < 4000


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ({"topic": "a/+", "msg": ""}, BadRequest, "is no topic"),
        ({"topic": "", "msg": ""}, BadRequest, "1 to 65535 bytes"),
        ({"topic": "a\0", "msg": ""}, BadRequest, "without NUL"),
        ({"topic": "a", "msg": "", "reply_topic": "a/#/b"}, BadRequest, "is no topic"),
        ({"topic": "a", "msg": "", "host": "127.0.0.2"}, Forbidden, "allowed_hosts in the section mqtt"),
        ({"topic": "a", "msg": "", "port": 1}, Forbidden, "may not reach 127.0.0.1:1"),
        ({"topic": "a", "msg": "", "port": 70000}, ArgumentError, "no place of a broker"),
        ({"topic": "a", "msg": "", "password": "x"}, ArgumentError, "needs a username"),
        ({"topic": "a", "msg": "x" * (17 * 1024 * 1024)}, TooLarge, "at most"),
    ],
)
def test_what_cannot_be_published_is_refused(
    call: dict[str, Any], error: type[Exception], words: str, make: Make
) -> None:
    with pytest.raises(error, match=words):
        make().publish(**call)


def test_a_topic_that_is_none_is_not_subscribed_to(make: Make) -> None:
    with pytest.raises(BadRequest, match=r"\+ stands for a whole level"):
        make().subscribe("a/b+")


def test_without_a_broker_the_caller_is_asked_for_one(make: Make, broker: Mosquitto) -> None:
    plugin = make(host=None, allowed_hosts=[f"127.0.0.1:{broker.port}"])
    with pytest.raises(ArgumentError, match="Which broker"):
        plugin.publish("a", "b")
    with broker.listening("a") as messages:
        plugin.publish("a", "b", host="127.0.0.1", port=broker.port)
        assert messages() == ["a 0 b"]


def test_before_the_start_nothing_is_sent(bus: Bus) -> None:
    with pytest.raises(Unavailable, match="not running"):
        MqttPlugin(host="127.0.0.1", port=1).publish("a", "b")


def test_another_broker_has_its_own_user_and_none_of_the_sections_secrets(
    make: Make, broker: Mosquitto, bus: Bus, tmp_path: Path
) -> None:
    authority = Authority.make(tmp_path / "ca")
    certificate = authority.issue("localhost", "127.0.0.1")
    users = {"me": "my-password"}
    with mosquitto(tmp_path / "other", passwords=users, certificate=certificate, ca=authority.cert) as other:
        plugin = make(
            allowed_hosts=[f"localhost:{other.port}"], tls_cafile=None, username="section", password="section-password"
        )
        there: dict[str, Any] = {"host": "localhost", "port": other.port}
        with pytest.raises(Unavailable, match=r"SSL|certificate"):
            plugin.publish("a", "b", **there, tls=True)
        plugin._cafile = str(authority.cert)
        with pytest.raises(Unavailable, match="Not authorized"):
            plugin.publish("a", "b", **there, tls=True)
        there |= {"tls": True, "username": "me", "password": "my-password"}
        plugin.publish("a", "b", qos=1, **there)
        plugin.subscribe("a/#", **there)
        plugin.publish("a/b", "c", **there)
        until(lambda: bus.events)
        assert (bus.events[0]["host"], bus.events[0]["port"]) == ("localhost", other.port)
        plugin.unsubscribe("a/#", **there)
        assert len(plugin._links) == 1
        assert plugin.failure is None
        log = (tmp_path / "other" / "mosquitto.log").read_text()
        assert "'section'" not in log
        assert "usection" not in log


def test_another_user_at_the_broker_of_the_section(make: Make, bus: Bus, tmp_path: Path) -> None:
    with mosquitto(tmp_path / "users", passwords={"a": "pass-a", "b": "pass-b"}) as broker:
        plugin = make(port=broker.port, username="a", password="pass-a")
        plugin.publish("x", "1", qos=1)
        plugin.publish("x", "1", qos=1, username="b", password="pass-b")
        with pytest.raises(Unavailable, match="Not authorized"):
            plugin.publish("x", "1", username="b")
        plugin.stop()


def test_a_broker_that_goes_away_and_comes_back_under_use(
    make: Make, broker: Mosquitto, bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plugin = make(topics=["home/#"])
    plugin.publish("x", "1", qos=1)
    for _ in range(2):
        broker.stop()
        until(lambda: plugin.failure)
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"MQTT broker at 127.0.0.1:\d+ is away: "):
            plugin.publish("x", "1", qos=1)
        assert time.monotonic() - started < 1, "it fails at once"
        broker.start()

        def works() -> bool:
            try:
                plugin.publish("home/x", "1", qos=1)
            except Unavailable:
                return False
            return True

        assert until(works) < 10
        until(lambda: bus.events)
        bus.events.clear()
    lines = [line for line in caplog.messages if line.startswith("MQTT broker at")]
    assert [line.split(" is ")[1].split(" ")[0] for line in lines] == ["away:", "back"] * 2


def test_a_message_that_a_hanging_broker_did_not_confirm_is_never_sent_again(
    make: Make, broker: Mosquitto, bus: Bus
) -> None:
    plugin = make(timeout=0.3, keepalive=1, topics=["home/#"])
    plugin.publish("x", "1", qos=1)
    broker.freeze()
    with pytest.raises(TimeLimit, match="it may have arrived or not"):
        plugin.publish("gate", "open", qos=1)
    until(lambda: plugin.failure)
    with pytest.raises(Unavailable, match="is away"):
        plugin.publish("gate", "open", qos=1)
    broker.kill()
    broker.start()
    with broker.listening("gate") as messages:
        until(lambda: plugin.failure is None)
        plugin.publish("gate", "shut", qos=1)
        assert messages() == ["gate 0 shut"]


def test_a_message_under_way_when_the_broker_dies_says_that_it_may_have_arrived(make: Make, broker: Mosquitto) -> None:
    plugin = make(timeout=5)
    plugin.publish("x", "1", qos=1)
    broker.freeze()
    errors: list[BaseException] = []

    def publish() -> None:
        try:
            plugin.publish("x", "2", qos=1)
        except Unavailable as error:
            errors.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    receipts = next(iter(plugin._links.values()))._receipts
    until(lambda: receipts._count)
    broker.kill()
    thread.join(10)
    assert "went away before it confirmed the message" in str(errors[0])


def test_what_is_no_broker_is_said_so(make: Make, tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    ) as process:
        try:
            plugin = make(port=port, timeout=1)
            until(lambda: plugin.failure)
            until(lambda: "refused" not in (plugin.failure or "refused"))
            with pytest.raises(Unavailable, match=r"does not speak MQTT|connection was lost|did not answer"):
                plugin.publish("x", "1")
        finally:
            process.terminate()


def test_a_stop_does_not_wait_for_a_broker_that_does_not_answer(make: Make) -> None:
    # Nothing is routed there (RFC 5737).
    plugin = make(host="192.0.2.1", timeout=3)
    started = time.monotonic()
    plugin.stop()
    assert time.monotonic() - started < 2


def test_the_documented_configuration_in_a_whole_hub(broker: Mosquitto, tmp_path: Path) -> None:
    script = f"""
import json
from pathlib import Path

from platypush.event.hook import hook
from platypush.message.event.mqtt import MQTTMessageEvent


@hook(MQTTMessageEvent, topic='zigbee2mqtt/hall/motion')
def hall(event, **context):
    with Path({str(tmp_path / "told")!r}).open("a") as output:
        output.write(json.dumps(event.msg) + "\\n")
"""
    config = configuration("mqtt", {"port: 1883": f"port: {broker.port}", "localhost": "127.0.0.1"})
    with running_hub(tmp_path / "hub", config=config, scripts={"hall.py": script}) as hub:
        told = tmp_path / "told"
        broker.heard(told.exists, ("zigbee2mqtt/hall/motion", '{"occupancy": true}'))
        assert json.loads(told.read_text().splitlines()[0]) == {"occupancy": True}
        with broker.listening("zigbee2mqtt/hall/set") as messages:
            answer = hub.execute("mqtt.publish", topic="zigbee2mqtt/hall/set", msg={"state": "ON"}, qos=1)
            assert answer.json()["response"]["errors"] == []
            assert messages() == ['zigbee2mqtt/hall/set 0 {"state":"ON"}']
        answers = requests_over_mqtt(hub, broker)
        assert answers["right"]["response"] == {"output": {"told": 1}, "errors": []}
        assert "not allow" in answers["narrow"]["response"]["errors"][0]
        assert answers["wrong"]["response"]["errors"]
        log = hub.log.read_text()
        assert hub.token["X-Token"] not in log
        broker.stop()
        until(lambda: "is away" in hub.log.read_text())
        failed = hub.execute("mqtt.publish", topic="x", msg="y").json()["response"]["errors"]
        assert "is away" in failed[0]
        status = hub.run("status").stdout
        assert status.count("127.0.0.1") >= 2
        broker.start()
        heard = len(told.read_text())
        took = broker.heard(lambda: len(told.read_text()) > heard, ("zigbee2mqtt/hall/motion", "{}"))
        assert took < 10
        until(lambda: hub.log.read_text().count("is back after") == 2)
        assert hub.log.read_text().count("is away") == 3, "one of the backend, one of the plugin, one of the action"


def requests_over_mqtt(hub: Hub, broker: Mosquitto) -> dict[str, Any]:
    """The answers to requests with the global token, with one that allows something else, and with a wrong one."""
    narrow = hub.command("token", "create", "lamp", "--user", "owner", "--scope", "light.*").split()[-1]
    answers = {}
    for id_, token in (("right", hub.token["X-Token"]), ("narrow", narrow), ("wrong", "guess")):
        action = {"type": "request", "id": id_, "action": "variable.set", "args": {"told": 1}, "token": token}
        with broker.listening(f"platypush_bus_mq/tests/responses/{id_}") as messages:
            broker.publish("platypush_bus_mq/tests", json.dumps(action))
            [line] = messages()
        answers[id_] = json.loads(line.split(" ", 2)[2])
    return answers
