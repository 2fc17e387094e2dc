"""The configuration that a new hub writes for itself."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest

from platypush.config.default import default_text, ensure, write_default
from platypush.config.loader import load
from platypush.errors import ConfigurationError
from tests.unit.config.conftest import Load


@pytest.mark.parametrize("uwsgi", [True, False])
def test_the_default_is_valid_and_has_a_web_service(load_text: Load, uwsgi: bool) -> None:
    config = load_text(default_text(uwsgi=uwsgi))
    assert not config.problems
    assert config.http is not None
    assert config.http.run_externally is uwsgi
    assert config.http.uwsgi_args == (("--ini", "uwsgi.ini") if uwsgi else ())
    assert not config.plugins


@pytest.mark.parametrize("uwsgi", [True, False])
def test_every_example_in_its_comments_is_valid(load_text: Load, uwsgi: bool, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef")
    (tmp_path / "token").chmod(0o600)
    head, _, body = default_text(uwsgi=uwsgi).partition("# How this hub")
    assert head.startswith("# Configuration")
    lines = [line for line in body.splitlines()[1:] if not re.match(r" *#(?! *[\w.-]+:( |$)| *- )", line)]
    uncommented = "\n".join(re.sub(r"^( *)# ", r"\1", line, count=1) for line in lines)
    config = load_text(uncommented)
    assert not config.problems
    assert config.device_id == "kitchen"
    assert config.token is not None
    assert [hook.name for hook in config.hooks] == ["doorbell"]
    assert [cron.name for cron in config.crons] == ["good_morning"]
    assert set(config.plugins) == {"shell", "file", "http.request"}
    assert config.http is not None
    assert config.http.run_externally
    assert config.http.resource_dirs


def test_it_is_written_where_the_loader_looks_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "RUNTIME_DIRECTORY": "/run/hub"}
    path, written = ensure(None, environ)
    assert written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(environ=environ).path == path
    assert ensure(None, environ) == (path, False)


@pytest.mark.parametrize("place", ["environment", "path", "nowhere"])
def test_uwsgi_is_used_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    program = {"environment": "environment/bin/uwsgi", "path": "path/uwsgi-core", "nowhere": "elsewhere/uwsgi"}[place]
    (tmp_path / program).parent.mkdir(parents=True)
    (tmp_path / program).write_text("")
    (tmp_path / program).chmod(0o755)
    path = tmp_path / "config.yaml"
    assert write_default(path)
    assert path.read_text() == default_text(uwsgi=place != "nowhere")


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("device_id: mine\n")
    assert not write_default(path)
    assert path.read_text() == "device_id: mine\n"


def test_a_named_file_is_never_made(tmp_path: Path) -> None:
    path = tmp_path / "nope.yaml"
    assert ensure(path, {"HOME": str(tmp_path)}) == (path, False)
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_an_error_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("in the way")
    with pytest.raises(ConfigurationError, match="Name a file with -c"):
        ensure(None, {"HOME": str(tmp_path)})
