"""/metrics."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from platypush.backend.http.app.metrics import Metrics
from platypush.backend.http.app.metrics_files import ReservedFile
from platypush.backend.http.app.uwsgi_stats import stats_text
from platypush.config.web import WebSettings
from platypush.errors import BusUnavailable
from tests.app.conftest import PASSWORD, Owner
from tests.app.fakes import FakeBus

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
STATS = {
    "listen_queue": 3,
    "listen_queue_errors": 1,
    "load": 2,
    "workers": [
        {
            "id": 1,
            "status": "idle",
            "requests": 7,
            "exceptions": 0,
            "harakiri_count": 0,
            "respawn_count": 1,
            "rss": 1000,
        },
        {"id": 2, "status": 'busy /hook/x"}\n', "requests": 9, "exceptions": 2},
    ],
}


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everything_that_was_answered_is_counted(client: FlaskClient, owner: Owner) -> None:
    client.post("/execute", json={"type": "request", "action": "a.b"}, headers=owner.bearer())
    client.get("/hook/some-name")
    client.get("/no/such/thing")
    client.get("/api/bootstrap")
    client.post("/auth", json={"username": "alice", "password": PASSWORD})
    client.post("/auth", json={"username": "alice", "password": "wrong"})
    found = samples(client.get("/metrics", headers=owner.bearer()).text)

    def requests(route: str, method: str, status: str) -> float:
        return found["platypush_http_request_seconds_count", (("method", method), ("route", route), ("status", status))]

    assert requests("/execute", "POST", "200") == 1
    assert requests("/hook/<name>", "GET", "200") == 1
    assert requests("unmatched", "GET", "404") == 1
    assert requests("/api/bootstrap", "GET", "401") == 1
    assert found["platypush_sign_ins_total", (("outcome", "ok"),)] == 1
    assert found["platypush_sign_ins_total", (("outcome", "unauthorized"),)] == 1
    assert found["platypush_http_refused_total", (("reason", "unauthorized"),)] == 1


def test_requests_by_a_proxy_that_is_not_trusted_are_counted(client: FlaskClient, owner: Owner) -> None:
    client.get("/health", headers={"X-Forwarded-For": "203.0.113.7"})
    client.get("/health")
    found = samples(client.get("/metrics", headers=owner.bearer()).get_data(as_text=True))
    assert found["platypush_http_untrusted_proxy_total", ()] == 1


def test_the_daemons_figures_are_there_and_missed_when_it_is_away(
    client: FlaskClient, owner: Owner, bus: FakeBus
) -> None:
    found = samples(client.get("/metrics", headers=owner.bearer()).text)
    assert found["platypush_daemon_up", ()] == 1
    assert found["platypush_daemon_plugins", ()] == 7
    bus.fail(BusUnavailable())
    answer = client.get("/metrics", headers=owner.bearer())
    assert answer.status_code == 200
    assert samples(answer.text)["platypush_daemon_up", ()] == 0


def test_a_call_over_the_bus_that_got_no_answer_is_counted(client: FlaskClient, owner: Owner, bus: FakeBus) -> None:
    answering = bus.handler
    bus.fail(BusUnavailable())
    client.post("/execute", json={"type": "request", "action": "a.b"}, headers=owner.bearer())
    bus.handler = answering
    found = samples(client.get("/metrics", headers=owner.bearer()).text)
    assert found["platypush_http_bus_failures_total", (("code", "daemon_unavailable"), ("kind", "execute"))] == 1


def test_uwsgis_figures_are_there(client: FlaskClient, owner: Owner, settings: WebSettings) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(settings.stats_socket))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(json.dumps(STATS).encode())

        thread = threading.Thread(target=serve)
        thread.start()
        found = samples(client.get("/metrics", headers=owner.bearer()).text)
        thread.join()
    assert found["platypush_uwsgi_listen_queue", ()] == 3
    assert found["platypush_uwsgi_worker_requests_total", (("worker", "2"),)] == 9


def test_uwsgis_text_cannot_be_broken_by_what_a_worker_does() -> None:
    found = samples(stats_text(STATS))
    assert found["platypush_uwsgi_workers", (("status", "busy"),)] == 1


@pytest.mark.parametrize("stats", [{}, {"workers": None}, {"workers": ["x"]}, {"workers": [{}]}, {"listen_queue": "x"}])
def test_odd_figures_of_uwsgi_break_nothing(stats: dict[str, object]) -> None:
    samples(stats_text(stats))


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        (LOCAL, {}, 200),
        ({"REMOTE_ADDR": "::1"}, {}, 200),
        (LOCAL, {"X-Forwarded-For": "127.0.0.1"}, 401),
        (LOCAL, {"Forwarded": "for=127.0.0.1"}, 401),
        (LOCAL, {"Via": "1.1 proxy"}, 401),
        (LOCAL, {"Host": "rebound.evil.example"}, 401),
        ({"REMOTE_ADDR": "10.0.0.3"}, {}, 401),
        ({"REMOTE_ADDR": ""}, {}, 401),
    ],
)
def test_only_a_direct_connection_from_this_machine_needs_no_credential(
    app: Flask, owner: Owner, environ: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answer = app.test_client().get("/metrics", environ_base=environ, headers=headers)
    assert answer.status_code == status


def test_all_workers_count_together_and_the_dead_are_not_forgotten(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from platypush.backend.http.app.metrics import Metrics; "
        "metrics = Metrics(Path(sys.argv[1])); metrics.answered('/execute', 'POST', 200, 0.01)"
    )
    for _ in range(3):
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path)], check=True)
    metrics = Metrics(tmp_path)
    try:
        metrics.answered("/execute", "POST", 200, 0.02)
        for _ in range(2):
            found = samples(metrics.text().decode())
            labels = (("method", "POST"), ("route", "/execute"), ("status", "200"))
            assert found["platypush_http_request_seconds_count", labels] == 4
        owners = {path.stem.rpartition("_")[2] for path in tmp_path.glob("*.db")}
        assert owners == {"archive", str(os.getpid())}
    finally:
        metrics.close()


def test_a_file_that_a_killed_worker_left_half_written_breaks_nothing(tmp_path: Path) -> None:
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    broken = tmp_path / f"counter_{int(process.stdout)}.db"
    broken.write_bytes(b"\x40\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00garbage")
    metrics = Metrics(tmp_path)
    try:
        metrics.text()
        assert not broken.exists()
    finally:
        metrics.close()


def test_a_method_that_nobody_knows_makes_no_new_series(make_app: Callable[..., Flask], owner: Owner) -> None:
    client = make_app().test_client()
    client.open("/health", method="BREW")
    found = samples(client.get("/metrics", headers=owner.bearer()).text)
    labels = (("method", "other"), ("route", "unmatched"), ("status", "405"))
    assert found["platypush_http_request_seconds_count", labels] == 1


def test_every_block_of_a_file_of_counters_is_taken_before_it_is_written_to(tmp_path: Path) -> None:
    file = ReservedFile(str(tmp_path / "counter_1.db"))
    for number in range(2000):
        file.write_value(f"name-{number}" + "x" * 100, float(number), 0.0)  # type: ignore[no-untyped-call]
        on_disk = (tmp_path / "counter_1.db").stat()
        assert on_disk.st_blocks * 512 >= on_disk.st_size
    file.close()  # type: ignore[no-untyped-call]
    values = {key: value for key, value, _, _ in ReservedFile.read_all_values_from_file(tmp_path / "counter_1.db")}  # type: ignore[no-untyped-call]
    assert len(values) == 2000
    assert values["name-1999" + "x" * 100] == 1999


def test_on_a_full_disk_requests_are_answered_although_they_cannot_be_counted(
    client: FlaskClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    client.get("/health")
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert client.post("/execute", json={"type": "request", "action": "a.b"}, headers=owner.bearer()).status_code == 200
    assert client.post("/auth", json={"username": "alice", "password": "wrong"}).status_code == 401
    assert client.get("/health").status_code == 200
    page = client.get("/metrics", environ_overrides=LOCAL)
    assert page.status_code == 200
    assert any(name == "platypush_http_request_seconds_count" for name, _ in samples(page.text))
