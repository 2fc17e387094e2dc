"""``deploy/renew-hook``: a new certificate is looked at, and served without a failed request."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.running.certificates import Authority, Certificate
from tests.running.hub import GLOBAL_TOKEN, ROOT
from tests.running.nginx import HOST, Front, running_front

pytestmark = pytest.mark.live

HOOK = ROOT / "deploy" / "renew-hook"
BODY = json.dumps({"type": "request", "action": "config.get_device_id", "args": {}})
HEADERS = {"Content-Type": "application/json", "X-Token": GLOBAL_TOKEN, "Host": HOST}


@dataclass
class Machine:
    """What the hook finds on PATH: this test's nginx, and a systemctl that passes on what concerns it."""

    folder: Path
    front: Front | None = None

    def __post_init__(self) -> None:
        self.bin = self.folder / "bin"
        self.bin.mkdir(parents=True)
        self.calls = self.folder / "calls"
        self.calls.touch()
        reload = f"kill -HUP {self.front.pid}" if self.front else "exit 1"
        self._script("systemctl", f'echo "$*" >> {self.calls}\ncase $1 in reload) {reload} ;; esac')
        if self.front:
            folder = self.front.folder
            where = f"-p {folder}/ -e {folder}/error.log -c {folder}/etc/nginx/nginx.conf"
            self._script("nginx", f'exec {shutil.which("nginx")} {where} "$@"')
        else:
            self._script("nginx", "exit 0")
        self.install_env = self.folder / "install.env"
        self.install_env.write_text(f"DOMAIN={HOST}\n")

    def _script(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def hook(self, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PLATYPUSH_INSTALL_ENV": str(self.install_env),
            "PLATYPUSH_CONFIG": str(self.folder / "none.yaml"),
            **env,
        }
        argv = [str(HOOK), *map(str, arguments)]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)


@dataclass
class Visitors:
    """Clients that come over TLS all the time: some with a new connection each time, some that keep theirs."""

    front: Front
    outcomes: Counter[str] = field(default_factory=Counter)
    serials: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(n % 2 == 0,), daemon=True) for n in range(6)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def wait_for(self, serial: str, count: int) -> None:
        """Wait until ``count`` more connections have seen the certificate with that serial number."""
        wanted = self.serials[serial] + count
        for _ in range(3000):
            if self.serials[serial] >= wanted:
                return
            self._stop.wait(0.01)
        raise AssertionError(f"{serial} was seen {self.serials[serial]} times; all: {self.serials}")

    def _visit(self, keeps: bool) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.front.port, timeout=20)
            try:
                connection.sock = secure = self.front.connect()
                self.serials[str(secure.getpeercert()["serialNumber"])] += 1  # type: ignore[attr-defined]
                for number in range(20 if keeps else 1):
                    try:
                        connection.request("POST", "/execute", BODY, HEADERS)
                        answer = connection.getresponse()
                    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                        if number == 0:
                            raise
                        break  # it was closed while it was idle: every client connects again then (RFC 9112, 9.3.1)
                    answer.read()
                    self.outcomes[str(answer.status)] += 1
                    if answer.will_close or self._stop.is_set():
                        break
            except (OSError, http.client.HTTPException) as error:
                self.outcomes[repr(error)] += 1
            finally:
                connection.close()


def served(front: Front) -> Certificate:
    """The pair that the site names."""
    text = "".join(path.read_text() for path in (front.folder / "etc" / "nginx").rglob("*.conf"))
    found = dict(re.findall(r"ssl_certificate(_key)? ([^;]+);", text))
    return Certificate(Path(found[""].strip('"')), Path(found["_key"].strip('"')))


def serial_of(pair: Certificate) -> str:
    argv = ["openssl", "x509", "-in", str(pair.cert), "-noout", "-serial"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip().partition("=")[2]


def put(new: Certificate, place: Certificate) -> None:
    """As certbot does it: each file is replaced in one step."""
    for source, target in ((new.cert, place.cert), (new.key, place.key)):
        fresh = target.with_suffix(".fresh")
        fresh.write_bytes(source.read_bytes())
        fresh.replace(target)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("renewal")) as (_, front):
        yield front


def test_a_certificate_is_swapped_under_load_without_a_failed_request(site: Front, tmp_path: Path) -> None:
    assert site.authority is not None
    machine, place = Machine(tmp_path, site), served(site)
    with Visitors(site) as visitors:
        visitors.wait_for(serial_of(place), 30)
        for _ in range(3):
            new = site.authority.issue(HOST, "127.0.0.1")
            put(new, place)
            done = machine.hook(place.cert, place.key)
            assert done.returncode == 0, done.stderr
            assert "nginx serves" in done.stderr
            visitors.wait_for(serial_of(new), 60)
    assert set(visitors.outcomes) == {"200"}, visitors.outcomes
    assert visitors.outcomes["200"] >= 200
    assert machine.calls.read_text().splitlines() == ["reload nginx.service"] * 3


def test_a_pair_that_does_not_fit_is_refused_and_the_old_one_goes_on(site: Front, tmp_path: Path) -> None:
    assert site.authority is not None
    machine, place = Machine(tmp_path, site), served(site)
    before = serial_of(place)
    saved = Certificate(tmp_path / "saved.pem", tmp_path / "saved.key")
    put(place, saved)
    one, other = site.authority.issue(HOST), site.authority.issue(HOST)
    put(Certificate(one.cert, other.key), place)
    try:
        done = machine.hook(place.cert, place.key)
        assert done.returncode == 1
        assert "does not belong to the certificate" in done.stderr
        with contextlib.closing(site.connect()) as connection:
            assert connection.getpeercert()["serialNumber"] == before  # type: ignore[attr-defined]
        assert machine.calls.read_text() == ""
    finally:
        put(saved, place)


def test_files_that_nginx_refuses_are_not_loaded(site: Front, tmp_path: Path) -> None:
    machine, place = Machine(tmp_path, site), served(site)
    broken = site.folder / "etc" / "nginx" / "conf.d" / "broken.conf"
    broken.write_text("nonsense on;\n")
    try:
        done = machine.hook(place.cert, place.key)
    finally:
        broken.unlink()
    assert done.returncode == 1
    assert 'unknown directive "nonsense"' in done.stderr
    assert machine.calls.read_text() == ""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ca"))


def test_certbots_folder_is_taken_from_its_environment(authority: Authority, tmp_path: Path) -> None:
    machine, made = Machine(tmp_path), authority.issue(HOST)
    lineage = tmp_path / "live" / HOST
    lineage.mkdir(parents=True)
    shutil.copy(made.cert, lineage / "fullchain.pem")
    shutil.copy(made.key, lineage / "privkey.pem")
    done = machine.hook(RENEWED_LINEAGE=str(lineage))
    assert done.returncode == 0, done.stderr
    assert "nginx does not use" in done.stderr


def test_a_certificate_for_another_name_or_of_yesterday_is_refused(authority: Authority, tmp_path: Path) -> None:
    machine, other = Machine(tmp_path), authority.issue("other.test")
    done = machine.hook(other.cert, other.key)
    assert done.returncode == 1
    assert f"is not for {HOST}" in done.stderr
    assert "The certificate that is served now goes on" in done.stderr
    made = authority.issue(HOST)
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("nothing")
    assert "not a certificate" in machine.hook(garbage, made.key).stderr
    assert "not a key" in machine.hook(made.cert, garbage).stderr


def test_a_hub_that_serves_https_itself_is_started_again(authority: Authority, tmp_path: Path) -> None:
    machine, made = Machine(tmp_path), authority.issue(HOST)
    config = tmp_path / "config.yaml"
    config.write_text(f"backend.http:\n  ssl_cert: {made.cert}\n  ssl_key: {made.key}\n")
    python = {"PLATYPUSH_PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = machine.hook(made.cert, made.key, PLATYPUSH_CONFIG=str(config), **python)
    assert done.returncode == 0, done.stderr
    assert machine.calls.read_text() == "try-restart platypush.service\n"


def test_without_a_certificate_it_says_what_it_wants(tmp_path: Path) -> None:
    done = Machine(tmp_path).hook()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: deploy/renew-hook")
