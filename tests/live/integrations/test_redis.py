"""The plugin and the backend ``redis`` against a real server: used, unplugged, plugged in again; two hubs on one."""

from __future__ import annotations

import json
import logging
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from platypush.backend.redis import RedisBackend
from platypush.backend.services import BackendServices
from platypush.config.loader import load
from platypush.errors import ActionFailed, BadRequest, NotAuthenticated, TimeLimit, Unavailable
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.message.event.custom import CustomEvent
from platypush.message.response import Response
from platypush.plugins.redis import RedisPlugin
from platypush.plugins.services import PluginServices
from platypush.user.credentials import Credential
from tests.reference import configuration
from tests.running.certificates import Authority
from tests.running.hub import Hub, running_hub
from tests.running.processes import free_port
from tests.running.redis import RedisProcess, running_redis
from tests.running.waiting import open_descriptors, until

pytestmark = pytest.mark.live
LONG = 30.0
QUEUE = "platypush/bus"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis") as made:
        yield made


@pytest.fixture
def client(server: RedisProcess) -> Iterator[Any]:
    with server.client(decode_responses=True) as made:
        yield made


@pytest.fixture
def plugin(server: RedisProcess) -> Iterator[RedisPlugin]:
    made = RedisPlugin(port=server.port, timeout=1)
    yield made
    made.on_stop()


class Users:
    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        if credential is None or credential.value != "right":
            raise NotAuthenticated("The token is wrong.")
        return Principal("jwt", "owner")


class Daemon:
    """What the backend gets of a hub: notes what runs, and answers with the request's arguments."""

    def __init__(self, folder: Path, config: str = "") -> None:
        path = folder / "config.yaml"
        path.write_text(f"device_id: here\n{config}")
        path.chmod(0o600)
        self.seen: list[Envelope] = []
        self.gate = threading.Event()
        self.gate.set()
        loaded = load(path, workdir=folder, environ={})
        self.services = BackendServices(
            config=loaded, users=cast("Any", Users()), handle=self._handle, listen=lambda _: lambda: None
        )

    def _handle(self, envelope: Envelope) -> Reply:
        data = json.loads(envelope.body)
        self.seen.append(envelope)
        if data.get("args", {}).get("slow"):
            self.gate.wait(LONG)
        if data["type"] == "event":
            return Reply(200, b"{}")
        return Reply(200, Response(output=data.get("args"), id=data.get("id")).to_json())


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path)
    yield made
    made.gate.set()


Start = Callable[..., RedisBackend]


@pytest.fixture
def start(server: RedisProcess, daemon: Daemon) -> Iterator[Start]:
    made: list[RedisBackend] = []

    def start(**options: Any) -> RedisBackend:
        backend = RedisBackend(**{"redis_args": {"port": server.port}, **options})
        backend.bind(daemon.services)
        backend.start()
        made.append(backend)
        return backend

    yield start
    daemon.gate.set()
    for backend in made:
        backend.stop()


def push(client: Any, queue: str = QUEUE, **message: Any) -> None:
    client.rpush(queue, json.dumps({"type": "request", "action": "x.y", **message}))


def answer(client: Any, name: str) -> dict[str, Any]:
    popped = client.blpop(f"platypush/responses/{name}", timeout=10)
    assert popped, "no answer"
    response: dict[str, Any] = json.loads(popped[1])["response"]
    return response


def lines(caplog: pytest.LogCaptureFixture, *words: str) -> list[str]:
    return [text for text in caplog.messages if any(word in text for word in words)]


# The plugin.


def test_values_are_kept_read_and_deleted(plugin: RedisPlugin, client: Any) -> None:
    assert plugin.set("a", "ä").output is True
    assert plugin.mset(b=2, c=[1, {"x": None}], d=True).output is True
    assert plugin.get("a").output == "ä"
    assert plugin.mget(["a", "b"], "c", "d", "none").output == {
        "a": "ä", "b": "2", "c": '[1,{"x":null}]', "d": "true", "none": None,
    }  # fmt: skip
    assert plugin.expire("a", 90).output is True
    assert 80 < client.ttl("a") <= 90
    assert plugin.expire("none", 90).output is False
    plugin.set("e", 1, expiration=0.5)
    assert 0 < client.pttl("e") <= 500
    assert plugin.delete("a", keys=["b", "none"]).output == 2
    assert plugin.get("a").output is None


def test_messages_go_in_and_out_of_a_queue_in_their_order(plugin: RedisPlugin) -> None:
    assert [plugin.send_message("q", msg).output for msg in ("one", {"two": 2})] == [1, 2]
    assert [plugin.receive_message("q").output for _ in range(2)] == ["one", '{"two":2}']
    assert plugin.receive_message("q", timeout=0.05).output is None


def test_a_receiver_waits_for_its_message(plugin: RedisPlugin, client: Any) -> None:
    timer = threading.Timer(0.2, lambda: client.rpush("q", b"\xffnow"))
    timer.start()
    assert plugin.receive_message("q", timeout=LONG).output == "\ufffdnow"
    timer.join()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda plugin: plugin.mget([]),
        lambda plugin: plugin.mset(),
        lambda plugin: plugin.delete(),
        lambda plugin: plugin.expire("a", 0),
        lambda plugin: plugin.set("a", None),
    ],
)
def test_what_makes_no_sense_is_a_bad_request(plugin: RedisPlugin, wrong: Callable[[RedisPlugin], object]) -> None:
    with pytest.raises(BadRequest):
        wrong(plugin)


def test_what_redis_refuses_is_an_error_with_its_reason(plugin: RedisPlugin) -> None:
    plugin.set("text", "x")
    with pytest.raises(ActionFailed, match="WRONGTYPE"):
        plugin.send_message("text", "x")


def test_the_plugin_goes_away_and_comes_back_with_its_server(
    plugin: RedisPlugin, server: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plugin.set("a", 1)
    server.kill()
    for _ in range(3):
        with pytest.raises(
            Unavailable, match=f"Redis at localhost:{server.port} cannot be reached: Connection refused"
        ):
            plugin.get("a")
    server.start()
    assert plugin.get("a").output is None
    assert (len(lines(caplog, "is away")), len(lines(caplog, "is back after"))) == (1, 1)


def test_a_server_that_answers_nothing_holds_no_caller(plugin: RedisPlugin, server: RedisProcess) -> None:
    plugin.set("a", 1)
    server.stand_still()
    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer in time"):
        plugin.receive_message("q", timeout=LONG)
    assert time.monotonic() - began < 5
    server.go_on()
    assert plugin.get("a").output == "1"


def test_the_plugin_leaves_nothing_behind(server: RedisProcess) -> None:
    before, threads = open_descriptors(), threading.enumerate()
    plugin = RedisPlugin(port=server.port)
    callers = [threading.Thread(target=plugin.receive_message, args=("q", 0.3)) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    plugin.on_stop()
    assert (open_descriptors(), threading.enumerate()) == (before, threads)


def test_without_a_server_of_its_own_the_plugin_uses_the_backends(server: RedisProcess, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    there = Daemon(folder, f"backend.redis:\n  redis_args: {{port: {server.port}, password: ''}}\n").services.config
    nowhere = Daemon(folder, "").services.config
    plugin = RedisPlugin()
    plugin.bind(services := PluginServices(config=there))
    assert plugin.set("a", 1).output is True
    services.config = nowhere
    assert plugin._current().server.name == "Redis at localhost:6379"
    plugin.on_stop()


def test_a_unix_socket_a_password_and_tls_are_ways_to_a_server(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path / "ca")
    certificate = authority.issue("localhost")
    with running_redis(tmp_path / "redis", "--requirepass", "open sesame") as server:
        password: dict[str, Any] = {"password": "open sesame"}
        places: list[dict[str, Any]] = [{"unix_socket_path": str(server.socket)}, {"url": f"unix://{server.socket}"}]
        for args in places:
            plugin = RedisPlugin(**args, **password)
            assert plugin.set("a", 1).output is True
            plugin.on_stop()
        wrong = RedisPlugin(port=server.port, password="sesame")
        with pytest.raises(Unavailable, match=r"lets nobody in.*Check username and password") as caught:
            wrong.get("a")
        assert "sesame" not in str(caught.value)
        wrong.on_stop()
    tls = ["--tls-cert-file", str(certificate.cert), "--tls-key-file", str(certificate.key)]
    with running_redis(
        tmp_path / "tls", "--tls-auth-clients", "no", "--tls-ca-cert-file", str(authority.cert), *tls
    ) as server:
        with server.client() as admin:
            port = free_port()
            admin.config_set("tls-port", port)
        trusting = RedisPlugin(host="localhost", port=port, ssl=True, ssl_ca_certs=str(authority.cert))
        assert trusting.set("a", 1).output is True
        trusting.on_stop()
        careful = RedisPlugin(host="localhost", port=port, ssl=True)
        with pytest.raises(Unavailable, match="certificate verify failed"):
            careful.get("a")
        careful.on_stop()


# The backend.


def test_a_request_with_a_valid_token_runs_and_its_answer_waits_for_a_minute(
    start: Start, daemon: Daemon, client: Any
) -> None:
    start()
    push(client, id="7", token="right", args={"n": 1})
    until(lambda: client.exists("platypush/responses/7"))
    assert 50 < client.ttl("platypush/responses/7") <= 60
    assert answer(client, "7") == {"output": {"n": 1}, "errors": []}
    assert daemon.seen[0].principal == Principal("jwt", "owner")
    assert daemon.seen[0].meta == {"origin": "redis"}


@pytest.mark.parametrize("token", [{}, {"token": "wrong"}])
def test_without_one_it_does_not_run_and_the_token_is_nowhere_in_the_log(
    start: Start, daemon: Daemon, client: Any, caplog: pytest.LogCaptureFixture, token: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    start()
    push(client, id="7", **token)
    assert "token" in answer(client, "7")["errors"][0]
    assert daemon.seen == []
    assert "refused" in caplog.text
    assert "wrong" not in caplog.text.replace("is wrong", "")


def test_a_queue_that_is_declared_trusted_needs_no_token_and_no_other_queue_is(
    start: Start, daemon: Daemon, client: Any
) -> None:
    start(trusted_queues=["sensors"])
    push(client, "sensors", id="1", args={"n": 1})
    push(client, id="2", args={"n": 2})
    assert answer(client, "1")["output"] == {"n": 1}
    assert answer(client, "2")["errors"]
    assert [envelope.principal for envelope in daemon.seen] == [Principal("redis", None, "sensors")]


def test_an_event_is_posted_and_nobody_gets_an_answer(start: Start, daemon: Daemon, client: Any) -> None:
    start()
    push(client, type="event", id="7", token="right", args={"type": "x"})
    until(lambda: daemon.seen)
    push(client, id="8", token="right")
    answer(client, "8")
    assert not client.exists("platypush/responses/7")


def test_an_answer_goes_only_to_queues_that_begin_so(start: Start, daemon: Daemon, client: Any) -> None:
    start(trusted_queues=["mine/in"], reply_prefix="mine/")
    push(client, id="1", token="right", reply_queue="mine/1")
    assert json.loads(client.blpop("mine/1", timeout=10)[1])["id"] == "1"
    for number, name in (("2", "other"), ("3", "mine/in")):
        push(client, id=number, token="right", reply_queue=name)
        assert "reply_queue" in answer(client, number)["errors"][0]
        assert not client.exists(name)
    assert len(daemon.seen) == 1


def test_what_is_old_is_dropped_and_the_clocks_are_named_once(
    start: Start, daemon: Daemon, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    start()
    for number in range(3):
        push(client, id=f"old{number}", token="right", _timestamp=time.time() - 61)
    push(client, id="ahead", token="right", _timestamp=time.time() + 1e6)
    answer(client, "ahead")
    push(client, id="new", token="right", _timestamp=time.time() - 30)
    answer(client, "new")
    assert [json.loads(envelope.body)["id"] for envelope in daemon.seen] == ["ahead", "new"]
    assert len(lines(caplog, "the clocks differ")) == 1


@pytest.mark.parametrize(
    "rubbish", [b"", b"\xff", b"[]", b"7", b"{" * 100_000, b'{"type":"response"}', b"x" * 20_000_000]
)
def test_rubbish_harms_nothing(start: Start, client: Any, daemon: Daemon, rubbish: bytes) -> None:
    start()
    client.rpush(QUEUE, rubbish)
    push(client, id="7", token="right")
    assert answer(client, "7")["errors"] == []
    assert len(daemon.seen) == 1


def test_a_slow_action_keeps_no_other_from_running_and_more_than_allowed_wait_in_redis(
    start: Start, daemon: Daemon, client: Any
) -> None:
    start(max_calls=2)
    daemon.gate.clear()
    push(client, id="slow1", token="right", args={"slow": True})
    until(lambda: len(daemon.seen) == 1)
    push(client, id="quick", token="right")
    assert answer(client, "quick")["errors"] == []
    for number in (2, 3, 4):
        push(client, id=f"slow{number}", token="right", args={"slow": True})
    until(lambda: len(daemon.seen) == 3)
    assert client.llen(QUEUE) == 2
    daemon.gate.set()
    for number in (1, 2, 3, 4):
        answer(client, f"slow{number}")


def test_the_backend_goes_away_and_comes_back_with_its_server(
    start: Start, daemon: Daemon, server: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    backend = start()
    with server.client(decode_responses=True) as client:
        push(client, id="1", token="right")
        answer(client, "1")
    for round_ in range(2):
        server.kill()
        until(lambda: backend.presence.reason)
        assert f"Redis at localhost:{server.port} cannot be reached" in str(backend.presence.reason)
        with pytest.raises(Unavailable, match="cannot be reached"):
            backend.send_message(CustomEvent("bell"))
        server.start()
        with server.client(decode_responses=True) as client:
            push(client, id="2", token="right")
            assert answer(client, "2")["errors"] == []
        assert (len(lines(caplog, "is away")), len(lines(caplog, "is back after"))) == (round_ + 1, round_ + 1)
    assert not lines(caplog, "Traceback")


def test_a_server_that_is_half_dead_is_noticed(start: Start, server: RedisProcess) -> None:
    backend = start()
    until(lambda: backend._listening)
    server.stand_still()
    until(lambda: backend.presence.reason)
    assert "did not answer in time" in str(backend.presence.reason)
    server.go_on()
    until(lambda: backend.presence.reason is None)


@pytest.mark.parametrize("state", ["connected", "hung", "away", "never there"])
def test_a_stop_takes_less_than_two_seconds_in_any_state_and_leaves_nothing(
    server: RedisProcess, daemon: Daemon, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    if state == "never there":
        server.kill()
    before, threads = open_descriptors(), set(threading.enumerate())
    backend = RedisBackend(redis_args={"port": server.port})
    backend.bind(daemon.services)
    backend.start()
    if state == "never there":
        until(lambda: backend.presence.reason)
    else:
        with server.client(decode_responses=True) as client:
            push(client, id="1", token="right")
            answer(client, "1")
    if state == "hung":
        server.stand_still()
    elif state == "away":
        server.kill()
        until(lambda: backend.presence.reason)
    began = time.monotonic()
    backend.stop()
    assert time.monotonic() - began < 2
    if state == "hung":
        server.go_on()
    until(lambda: set(threading.enumerate()) <= threads)
    assert open_descriptors() == before
    assert "Traceback" not in caplog.text


def test_a_stop_lets_an_action_finish_and_its_answer_go_out(daemon: Daemon, server: RedisProcess, client: Any) -> None:
    backend = RedisBackend(redis_args={"port": server.port})
    backend.bind(daemon.services)
    backend.start()
    daemon.gate.clear()
    push(client, id="1", token="right", args={"slow": True})
    until(lambda: daemon.seen)
    stopping = threading.Thread(target=backend.stop, args=(LONG,))
    stopping.start()
    push(client, id="2", token="right")
    until(lambda: backend._listening is None)
    daemon.gate.set()
    assert answer(client, "1")["errors"] == []
    stopping.join(LONG)
    assert client.llen(QUEUE) == 1 or len(daemon.seen) == 2


# Whole hubs.


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Hub, RedisProcess]]:
    folder = tmp_path_factory.mktemp("hubs")
    with running_redis(folder / "redis") as server:
        places = {"port: 6379": f"port: {server.port}", "localhost": "127.0.0.1"}
        documented = configuration("redis", places)
        kitchen = documented.replace("queue: platypush/bus", "queue: kitchen\n  token: global-token-of-the-tests")
        attic = documented.replace("queue: platypush/bus", "queue: attic")
        heard = (
            "event.hook.Bell:\n  if: {type: platypush.message.event.custom.CustomEvent, subtype: bell}\n"
            "  then:\n    - action: variable.mset\n      args: {heard: bell}\n"
        )
        script = (
            "from platypush.context import get_backend\nfrom platypush.message.event.custom import CustomEvent\n"
            "from platypush.procedure import procedure\n\n"
            "@procedure\ndef ring():\n    get_backend('http').send_message(CustomEvent('bell'), queue_name='attic')\n"
        )
        with (
            running_hub(folder / "a", config=kitchen, scripts={"ring.py": script}, uwsgi_args=None) as a,
            running_hub(folder / "b", config=attic + heard, uwsgi_args=None) as b,
        ):
            yield a, b, server


def run(hub: Hub, action: str, args: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"type": "request", "action": action, "args": args})
    answer = hub.request("POST", "/execute", body, {"Content-Type": "application/json", **hub.token})
    response: dict[str, Any] = answer.json()["response"]
    return response


def output(hub: Hub, action: str, **args: Any) -> Any:
    response = run(hub, action, args)
    assert not response["errors"], response["errors"]
    return response["output"]


def test_a_hub_runs_an_action_of_another_one_and_gets_what_it_gives(hubs: tuple[Hub, Hub, RedisProcess]) -> None:
    a, b, _ = hubs
    output(b, "variable.mset", where="attic")
    ask = {"queue": "attic", "action": "variable.mget", "args": {"name": "where"}}
    response = run(a, "redis.request", {"token": b.token["X-Token"], **ask})
    assert response == {"output": {"where": "attic"}, "errors": []}
    errors = run(a, "redis.request", {"token": "no-such-token", **ask})["errors"]
    assert "not known here" in errors[0]
    assert "no-such-token" not in b.log.read_text()


def test_an_event_of_one_hubs_backend_reaches_the_other_hubs_hooks(hubs: tuple[Hub, Hub, RedisProcess]) -> None:
    a, b, _ = hubs
    output(a, "procedure.ring.ring")
    until(lambda: output(b, "variable.mget", name="heard") == {"heard": "bell"})
    assert b.token["X-Token"] not in a.log.read_text() + b.log.read_text()


def test_the_commands_of_the_page_are_answered(hubs: tuple[Hub, Hub, RedisProcess]) -> None:
    _, b, server = hubs
    page = (Path(__file__).parents[3] / "docs/integrations/redis.md").read_text()
    commands = page.partition("```shell\n")[2].partition("```")[0]
    commands = commands.replace("pp_…", b.token["X-Token"]).replace("platypush/bus", "attic")
    with server.client(decode_responses=True) as client:
        ask, wait = [shlex.split(line)[1:] for line in commands.splitlines()]
        client.execute_command(*ask)
        answer = json.loads(client.execute_command(*wait)[1])
    assert answer["response"] == {"output": "tests", "errors": []}


def test_nobody_listens_there_is_said_after_the_time(hubs: tuple[Hub, Hub, RedisProcess]) -> None:
    a, _, _ = hubs
    errors = run(a, "redis.request", {"queue": "nobody", "action": "a.b", "timeout": 0.1})["errors"]
    assert "nobody listens there" in errors[0]


def test_a_hub_says_why_its_redis_cannot_be_used_and_is_back_soon(
    hubs: tuple[Hub, Hub, RedisProcess],
) -> None:
    a, b, server = hubs
    ask = {"queue": "attic", "action": "config.get_device_id", "token": b.token["X-Token"]}
    server.kill()
    until(
        lambda: "trying again" in json.loads(a.command("status", "--json", check=False))["backends"]["redis"]["reason"]
    )
    assert "cannot be reached" in run(a, "redis.request", ask)["errors"][0]
    server.start()
    until(lambda: not run(a, "redis.request", {"timeout": 1, **ask})["errors"], 10)
    for hub in (a, b):
        until(lambda hub=hub: hub.log.read_text().count("backend.redis is back") == 1)  # type: ignore[misc]
        assert hub.log.read_text().count("backend.redis is away") == 1


def test_the_plugins_own_time_limit_is_no_failure_of_redis(plugin: RedisPlugin) -> None:
    with pytest.raises(TimeLimit):
        plugin.request("q", "a.b", timeout=0.05)
