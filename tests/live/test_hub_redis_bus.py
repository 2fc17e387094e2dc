"""A hub whose workers reach it over Redis: used, on two machines, and while Redis is killed, hung and started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.hub import ROOT, Hub, hub_folder, running_daemon, running_hub
from tests.running.load import SteadyLoad
from tests.running.processes import free_port, run_group, wait_for
from tests.running.redis import RedisProcess, running_redis
from tests.running.waiting import until

pytestmark = pytest.mark.live

JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"type": "request", "action": "config.get_device_id"})
GEVENT = ("--ini", str(ROOT / "uwsgi.ini"))
THREADS = ("--http-socket", "127.0.0.1:{port}", "--master", "--processes", "2", "--threads", "16", "--lazy-apps")
SCRIPT = """
import time
from platypush.event.hook import hook
from platypush.message.event.http.hook import WebhookEvent
from platypush.procedure import procedure

@hook(WebhookEvent, hook="raw")
def raw(event: WebhookEvent):
    return event.data + b"!", 201, {"X-Hook": event.method}

@procedure
def slow(began, seconds):
    open(began, "w").close()
    time.sleep(seconds)
    return "slept"
"""


def bus(redis: RedisProcess, more: str = "") -> str:
    return f"bus:\n  type: redis\n  url: {redis.url}\n{more}"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis") as made:
        yield made


@pytest.fixture(params=[GEVENT, THREADS], ids=["gevent", "threads"])
def hub(request: pytest.FixtureRequest, tmp_path: Path, redis: RedisProcess) -> Iterator[Hub]:
    with running_hub(
        tmp_path / "hub", uwsgi_args=request.param, config=bus(redis), scripts={"more.py": SCRIPT}
    ) as running:
        yield running


def load(hub: Hub, callers: int = 16) -> SteadyLoad:
    return SteadyLoad(hub.port, BODY, {**JSON, **hub.token}, callers=callers)


def test_actions_webhooks_and_errors_are_as_over_the_socket(hub: Hub, redis: RedisProcess) -> None:
    assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"
    raw = bytes(range(256)) * 4000
    answer = hub.request("PUT", "/hook/raw", raw, {"Content-Type": "application/octet-stream"})
    assert (answer.status, answer.headers["x-hook"], answer.body) == (201, "PUT", raw + b"!")
    assert hub.request("POST", "/hook/none").status == 404
    assert "no action" in hub.execute("config.nonsense").json()["response"]["errors"][0]
    assert hub.request("GET", "/ready").status == 200
    assert json.loads(hub.command("call", "config.get_device_id")) == "tests"
    with redis.client() as admin:
        assert int(admin.info("commandstats")["cmdstat_blpop"]["calls"]) > 3


def test_redis_killed_and_started_again_under_load_answers_every_request(hub: Hub, redis: RedisProcess) -> None:
    with load(hub) as running:
        assert running.wait_for_more(200)
        for away in (0.0, 3.0, 7.0):
            redis.kill()
            threading.Event().wait(away)
            redis.start()
            back = time.monotonic()
            assert running.wait_for_more(100, 10)
            print(f"away {away:g} s: 100 more after {time.monotonic() - back:.2f} s")
    assert set(running.outcomes) <= {"200", "503"}, running.outcomes
    print(running.outcomes, f"longest {running.longest:.1f} s")
    assert running.longest < 12
    until(lambda: hub.log.read_text().count("is back after") >= 2)
    text = hub.log.read_text()
    assert text.count("The bus's Redis") == text.count("is back after") * 2
    assert "Traceback" not in text


def test_without_redis_an_answer_says_so_and_neither_health_nor_commands_need_it(
    hub: Hub, redis: RedisProcess, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    slow: list[tuple[int, str]] = []

    def call() -> None:
        answer = hub.execute("procedure.more.slow", began=str(began), seconds=5)
        slow.append((answer.status, answer.json()["error"]["code"]))

    caller = threading.Thread(target=call)
    caller.start()
    until(began.exists)
    redis.kill()
    caller.join(20)
    assert slow == [(503, "answer_lost")]
    answer = hub.execute("config.get_device_id")
    assert (answer.status, answer.json()["error"]["code"]) == (503, "daemon_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert hub.request("GET", "/health").status == 200
    assert hub.request("GET", "/ready").status == 503
    assert json.loads(hub.command("call", "config.get_device_id")) == "tests"
    status = hub.run("status")
    assert status.returncode == 1
    assert "bus: Redis at 127.0.0.1" in status.stdout
    redis.start()
    until(lambda: hub.request("GET", "/ready").status == 200)
    assert "problems: none" in hub.command("status")


def test_a_redis_that_stands_still_holds_nobody_for_ever(hub: Hub, redis: RedisProcess) -> None:
    with load(hub) as running:
        assert running.wait_for_more(100)
        redis.stand_still()
        threading.Event().wait(8)
        redis.go_on()
        assert running.wait_for_more(100, 10)
    assert set(running.outcomes) <= {"200", "503"}, running.outcomes
    assert running.longest < 15


def test_a_hub_starts_without_redis_and_works_once_it_is_there(tmp_path: Path, redis: RedisProcess) -> None:
    redis.kill()
    with running_hub(tmp_path / "hub", config=bus(redis)) as hub:
        assert hub.request("GET", "/ready").status == 503
        redis.start()
        assert until(lambda: hub.execute("config.get_device_id").status == 200) < 10


@contextlib.contextmanager
def workers_elsewhere(folder: Path, config: str) -> Iterator[Hub]:
    """Two workers with a folder of their own, as on another machine."""
    folder.mkdir()
    port, log = free_port(), folder / "uwsgi.log"
    file = folder / "config.yaml"
    file.write_text(config)
    file.chmod(0o600)
    argv = [str(Path(sys.prefix) / "bin" / "uwsgi"), "--ini", str(ROOT / "uwsgi.ini")]
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PLATYPUSH_CONFIG": str(file),
        "PLATYPUSH_WORKDIR": str(folder / "work"),
        "PLATYPUSH_HTTP_SOCKET": f"127.0.0.1:{port}",
    }
    (folder / "work").mkdir()
    with run_group(argv, env=env, log=log) as process:
        wait_for(port, "/health", process=process)
        yield Hub(port, 0, process.pid, file, folder / "work", log, 0)


def test_workers_on_another_machine_reach_the_daemon_and_the_next_one_too(tmp_path: Path, redis: RedisProcess) -> None:
    secret = "  secret: a secret that both machines have\n"
    made = hub_folder(tmp_path / "hub", http="  run_externally: true\n", config=bus(redis, secret))
    database = f"main.db: sqlite:///{made.workdir / 'main.db'}\n"
    there = f"device_id: elsewhere\ntoken: global-token-of-the-tests\n{database}{bus(redis, secret)}backend.http:\n"
    there += "  run_externally: true\n"
    with workers_elsewhere(tmp_path / "web", there) as web:
        with running_daemon(made) as daemon:
            assert web.execute("config.get_device_id").json()["response"]["output"] == "tests"
            with load(web) as running:
                assert running.wait_for_more(100)
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()
                began = time.monotonic()
                with running_daemon(made):
                    assert running.wait_for_more(50, 15)
                    print(f"back after {time.monotonic() - began:.2f} s, {dict(running.outcomes)}")
            assert set(running.outcomes) <= {"200", "503"}, running.outcomes
        answer = web.execute("config.get_device_id")
        assert (answer.status, answer.json()["error"]["code"]) == (503, "daemon_unavailable")


def test_workers_with_another_secret_reach_nobody(tmp_path: Path, redis: RedisProcess) -> None:
    made = hub_folder(tmp_path / "hub", http="  run_externally: true\n", config=bus(redis))
    there = f"token: global-token-of-the-tests\nmain.db: sqlite:///{made.workdir / 'main.db'}\n{bus(redis)}"
    with (
        workers_elsewhere(tmp_path / "web", there + "backend.http:\n  run_externally: true\n") as web,
        running_daemon(made),
    ):
        assert web.execute("config.get_device_id").status == 503
        assert "has another key" in web.log.read_text()
