"""An installation with something of everything, and archives that are not as they should be."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platypush.backup.create import Made, create
from platypush.backup.restore import Restored, restore
from platypush.config.loader import load
from platypush.config.model import Config
from platypush.user.service import Users, UserSettings, open_users

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PASSWORD = "correct horse"
CONFIG = """\
device_id: kitchen
workdir: ../state
include: lights.yaml
token: !file secret/token
backend.http:
    ssl_cert: tls/cert.pem
    ssl_key: tls/cert.pem
"""


@dataclass
class Installation:
    """One in ``folder``: ``etc`` with the configuration, ``state`` as the working folder."""

    folder: Path
    ticks: int = 0

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def workdir(self) -> Path:
        return self.folder / "state"

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.folder / "home"), "RUNTIME_DIRECTORY": "/run/hub"}

    def now(self) -> datetime:
        """A later time at each call."""
        self.ticks += 1
        return START + timedelta(hours=self.ticks)

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def config(self) -> Config:
        return load(self.etc / "config.yaml", environ=self.environ)

    def users(self) -> Users:
        settings = UserSettings(
            url=self.config().database.reveal(), workdir=self.workdir, global_token=None, password_cost=4
        )
        return open_users(settings, migrate=True)

    def user_names(self) -> list[str]:
        users = self.users()
        try:
            return [account.name for account in users.accounts.list()]
        finally:
            users.close()

    def add_user(self, name: str) -> None:
        users = self.users()
        users.accounts.create(name, PASSWORD)
        users.close()

    def backup(self, output: Path | None = None) -> Made:
        return create(self.config(), self.environ, output or self.folder / "backups", self.now())

    def restore(self, archive: Path, config: Path | None = None, workdir: Path | None = None) -> Restored:
        chosen = config or self.etc / "config.yaml"
        return restore(archive, config=chosen, workdir=workdir, environ=self.environ, now=self.now())

    def contents(self) -> dict[str, tuple[int, bytes]]:
        """Every file with its mode, but the backups and the lock."""
        return {
            str(path.relative_to(self.folder)): (path.stat().st_mode, path.read_bytes())
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "backups" not in path.parts and path.name != "platypush.lock"
        }


@pytest.fixture
def hub(tmp_path: Path) -> Installation:
    """A hub of the user ``ann`` that does not run."""
    made = Installation(tmp_path / "hub")
    made.write("etc/config.yaml", CONFIG, 0o640)
    made.write("etc/lights.yaml", "constants:\n    level: 20\n", 0o640)
    made.write("etc/secret/token", "the-global-token\n", 0o600)
    made.write("etc/tls/cert.pem", "PEM\n", 0o600)
    made.write("etc/notes.txt", "not the configuration's\n")
    made.write("etc/scripts/hooks.py", "HOOK = 1\n", 0o644)
    made.write("etc/scripts/lib/helper.py", "HELP = 1\n", 0o644)
    made.write("etc/scripts/__pycache__/hooks.pyc", "compiled\n")
    made.write("etc/dashboards/main.xml", "<Dashboard/>\n", 0o644)
    made.write("state/tts/hello.wav", "RIFF\n")
    made.write("state/run/uwsgi.fifo.txt", "lives as long as the hub\n")
    made.write("state/webhooks/1.json", "{}")
    made.add_user("ann")
    return made


Forge = Callable[..., Path]


@pytest.fixture
def forge(hub: Installation, tmp_path: Path) -> Forge:
    """A good archive made into another: ``change(members, manifest)`` may change both."""

    def forge_(change: Callable[[list[tuple[tarfile.TarInfo, bytes]], dict[str, object]], None]) -> Path:
        with tarfile.open(hub.backup().path) as tar:
            files = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
        manifest = json.loads(files.pop()[1])
        change(files, manifest)
        path = tmp_path / "forged.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            data = json.dumps(manifest).encode()
            last = tarfile.TarInfo("manifest.json")
            last.size = len(data)
            for info, content in (*files, (last, data)):
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
        return path

    return forge_


@pytest.fixture(autouse=True)
def no_installation_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLATYPUSH_CONFIG", "PLATYPUSH_WORKDIR", "RUNTIME_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    os.umask(0o022)
