"""``platypush import`` on a made-up old installation."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
from click.testing import Result

from platypush.cli.import_ import command
from platypush.cli.options import Options
from platypush.config.loader import load
from platypush.errors import ConfigurationError
from platypush.user.service import UserSettings, open_users
from tests.running.commands import command_runner

PASSWORD = "an old password"
Run = Callable[..., Result]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The home folder of somebody who has run the old one."""
    home = tmp_path / "ann"
    config = home / ".config/platypush"
    for name, text in {
        "config.yaml": "include: [more.yaml]\nbackend.redis: {}\nbackend.http:\n    port: 8123\n",
        "more.yaml": "zwave.mqtt:\n    host: hub\nconstants:\n    level: 20\n",
        "scripts/hooks.py": "from platypush.utils import run\n\ndef go():\n    run('shell.exec', cmd='ls')\n",
        "scripts/__pycache__/hooks.pyc": "compiled",
        "dashboards/main.xml": "<Dashboard/>\n",
    }.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    workdir = home / ".local/share/platypush"
    workdir.mkdir(parents=True)
    database = sqlite3.connect(workdir / "main.db")
    database.execute("CREATE TABLE user (user_id INTEGER PRIMARY KEY, username, password, created_at)")
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
    rows = [("ann", hashed.decode()), ("bob", hashed), ("eve", "plain text"), ("a:b", hashed.decode())]
    database.execute("PRAGMA journal_mode = WAL")
    database.executemany("INSERT INTO user (username, password) VALUES (?, ?)", rows)
    database.commit()
    database.close()
    return home


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(PATH, …)`` into an installation whose configuration would be ``new/config.yaml``."""
    for name in ("PLATYPUSH_CONFIG", "RUNTIME_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLATYPUSH_WORKDIR", str(tmp_path / "work"))

    def run_(*arguments: str | Path) -> Result:
        options = Options(config=tmp_path / "new/config.yaml")
        return command_runner().invoke(command, [str(word) for word in arguments], obj=options, catch_exceptions=True)

    return run_


def everything(folder: Path) -> dict[str, bytes]:
    """All files with what is in them."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_everything_is_taken_over_and_the_old_one_stays_as_it_is(old: Path, run: Run, tmp_path: Path) -> None:
    before = everything(old)
    result = run(old)
    assert result.exit_code == 0, result.output
    assert everything(old) == before
    config = load(tmp_path / "new/config.yaml", environ=dict(os.environ))
    assert config.http is not None
    assert config.http.port == 8123
    assert config.constants == {"level": 20}
    assert not config.problems
    assert sorted(str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*.*")) == [
        "config.yaml",
        "dashboards/main.xml",
        "more.yaml",
        "scripts/hooks.py",
    ]
    for line in ("more.yaml: zwave.mqtt", "config.yaml: backend.redis", "user 'eve': the password", "user 'a:b'"):
        assert line in result.output
    assert "add the line 'shell:'" in result.output


def test_the_old_passwords_stay_valid(old: Path, run: Run, tmp_path: Path) -> None:
    run(old)
    config = load(tmp_path / "new/config.yaml", environ=dict(os.environ))
    users = open_users(UserSettings(url=config.database.reveal(), workdir=config.workdir, password_cost=4))
    assert [account.name for account in users.accounts.list()] == ["ann", "bob"]
    for name in ("ann", "bob"):
        assert users.sign_in(name, PASSWORD, "127.0.0.1").user == name
    users.close()


def test_nothing_that_is_there_is_overwritten_and_a_second_time_changes_nothing(
    old: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "new/scripts").mkdir(parents=True)
    (tmp_path / "new/config.yaml").write_text("device_id: mine\n")
    (tmp_path / "new/scripts/hooks.py").write_text("MINE = 1\n")
    result = run(old)
    assert (tmp_path / "new/config.yaml").read_text() == "device_id: mine\n"
    assert (tmp_path / "new/scripts/hooks.py").read_text() == "MINE = 1\n"
    assert "port: 8123" in (tmp_path / "new/config.imported.yaml").read_text()
    assert "hooks.py: it is there already" in result.output
    before = everything(tmp_path / "new")
    again = run(old)
    assert everything(tmp_path / "new") == before
    assert "There is a user 'ann' already" in again.output


def test_a_dry_run_says_the_same_and_writes_nothing(old: Path, run: Run, tmp_path: Path) -> None:
    result = run(old, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Would be taken over:" in result.output
    assert "user 'ann', with the password" in result.output
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("inside", [".config/platypush", ".config/platypush/config.yaml", ".config"])
def test_the_folder_or_the_file_can_be_named_too(old: Path, run: Run, inside: str) -> None:
    assert "user 'ann', with the password" in run(old / inside, "-n").output


def test_a_database_elsewhere_can_be_named_and_one_that_is_missing_is_said(old: Path, run: Run, tmp_path: Path) -> None:
    (old / ".local/share/platypush/main.db").rename(tmp_path / "moved.db")
    assert "the old database was not found" in run(old, "-n").output
    assert "user 'ann'" in run(old, "-n", "--database", tmp_path / "moved.db").output


def test_what_is_no_old_platypush_is_refused(run: Run, tmp_path: Path) -> None:
    assert isinstance(run(tmp_path).exception, ConfigurationError)
    (tmp_path / "config.yaml").write_text("a: [")
    assert isinstance(run(tmp_path).exception, ConfigurationError)
