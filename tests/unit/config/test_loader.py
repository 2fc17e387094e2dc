"""Which file counts, where things are, and what a whole configuration looks like."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from platypush.config.loader import load
from platypush.config.paths import find_config, resolve_path
from platypush.errors import ConfigurationError
from tests.unit.config.conftest import Load, Write


def test_the_command_line_goes_before_the_environment(write: Write) -> None:
    first, second = write("device_id: a\n", "a.yaml"), write("device_id: b\n", "b.yaml")
    environ = {"PLATYPUSH_CONFIG": str(second), "HOME": "/nonexistent", "RUNTIME_DIRECTORY": "/run/hub"}
    assert load(first, environ=environ).device_id == "a"
    assert load(environ=environ).device_id == "b"


def test_the_users_file_goes_before_the_systems(write: Write, tmp_path: Path) -> None:
    system = write("", "etc/config.yaml")
    environ = {"HOME": str(tmp_path)}
    assert find_config(None, environ, system=system) == system
    user = write("", ".config/platypush/config.yaml")
    assert find_config(None, environ, system=system) == user


def test_nothing_anywhere_is_none(tmp_path: Path) -> None:
    assert find_config(None, {"HOME": str(tmp_path)}, system=tmp_path / "nope") is None


def test_a_relative_name_starts_where_the_command_was_given(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("device_id: a\n", "sub/a.yaml")
    monkeypatch.chdir(tmp_path / "sub")
    assert find_config(Path("a.yaml"), {}) == tmp_path / "sub" / "a.yaml"
    assert find_config(Path("~/a.yaml"), {"HOME": "/home/me"}) == Path("/home/me/a.yaml")


def test_a_file_that_this_user_may_not_read_is_not_called_missing(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("backend.http:\n", "config.yaml")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ConfigurationError, match=r"may not read .*config\.yaml.*sudo"):
        load(path, environ={"HOME": str(tmp_path)})


def test_a_file_in_a_closed_folder_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(ConfigurationError, match="may not read"):
        load(tmp_path / "config.yaml", environ={"HOME": str(tmp_path)})


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_named_file_that_is_not_there_is_an_error_and_not_replaced(tmp_path: Path, by: str) -> None:
    missing = tmp_path / "missing.yaml"
    environ = {"HOME": str(tmp_path)} | ({"PLATYPUSH_CONFIG": str(missing)} if by == "environment" else {})
    with pytest.raises(ConfigurationError, match=r"There is no configuration file .*missing\.yaml"):
        load(missing if by == "argument" else None, environ=environ)
    assert list(tmp_path.iterdir()) == []


def test_with_no_file_anywhere_the_built_in_default_counts_and_nothing_is_written(tmp_path: Path) -> None:
    config = load(environ={"HOME": str(tmp_path), "RUNTIME_DIRECTORY": "/run/hub"})
    assert config.path is None
    assert config.files == ()
    assert config.http is not None
    assert config.http.port == 8008
    assert config.scripts_dir == tmp_path / ".config" / "platypush" / "scripts"
    assert not config.problems
    assert list(tmp_path.iterdir()) == []


def test_the_workdir_is_the_argument_then_the_variable_then_the_key_then_the_usual_place(
    load_text: Load, tmp_path: Path
) -> None:
    text = "workdir: data\n"
    assert load_text(text, {"PLATYPUSH_WORKDIR": "/v"}, Path("/a")).workdir == Path("/a")
    assert load_text(text, {"PLATYPUSH_WORKDIR": "/v"}).workdir == Path("/v")
    assert load_text(text).workdir == tmp_path / "data"
    assert load_text("").workdir == tmp_path / "home" / ".local" / "share" / "platypush"


def test_sockets_are_in_the_runtime_directory_or_under_the_workdir(load_text: Load) -> None:
    assert load_text("", {"RUNTIME_DIRECTORY": "/run/a:/run/b"}).runtime_dir == Path("/run/a")
    assert load_text("", {"RUNTIME_DIRECTORY": ""}, Path("/w")).runtime_dir == Path("/w/run")


def test_scripts_and_dashboards_are_beside_the_file_unless_configured(load_text: Load, tmp_path: Path) -> None:
    config = load_text("")
    assert (config.scripts_dir, config.dashboards_dir) == (tmp_path / "scripts", tmp_path / "dashboards")
    config = load_text("scripts_dir: ~/mine\ndashboards_dir: /srv/boards\n")
    assert (config.scripts_dir, config.dashboards_dir) == (tmp_path / "home" / "mine", Path("/srv/boards"))


def test_the_device_is_named_after_the_machine_unless_configured(load_text: Load) -> None:
    assert load_text("").device_id == socket.gethostname()
    assert load_text("device_id: '123'\n").device_id == "123"


def test_a_number_as_the_devices_name_says_how_to_mend_it(load_text: Load) -> None:
    with pytest.raises(
        ConfigurationError, match=r":1: device_id: text is expected, not the number 123\. Put it in quo"
    ):
        load_text("device_id: 123\n")


def test_every_file_that_was_read_is_listed(load_text: Load, write: Write, tmp_path: Path) -> None:
    write("tts:\n", "more.yaml")
    assert load_text("include: more.yaml\n").files == (tmp_path / "config.yaml", tmp_path / "more.yaml")


def test_errors_come_in_the_order_of_files_and_lines(load_text: Load, write: Write) -> None:
    write("limits: {calls: 0}\n", "more.yaml")
    text = "include: more.yaml\nlogging: {level: 5}\n" + "\n" * 8 + "device_id: 5\nbackend.http: {port: x}\n"
    with pytest.raises(ConfigurationError) as caught:
        load_text(text)
    places = [problem.split(": ")[0].rpartition("/")[2] for problem in caught.value.problems]
    assert places == ["config.yaml:2", "config.yaml:11", "config.yaml:12", "more.yaml:1"]


def test_a_folder_is_no_configuration_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no configuration file"):
        load(tmp_path, environ={})


@pytest.mark.parametrize(
    ("text", "path"),
    [("x", "/base/x"), ("/x", "/x"), ("~", "/home/me"), ("~/x", "/home/me/x"), ("$A/x", "/a/x"), ("${A}b", "/ab")],
)
def test_a_path_is_filled_in_and_made_absolute(text: str, path: str) -> None:
    assert resolve_path(text, Path("/base"), {"HOME": "/home/me", "A": "/a"}) == Path(path)


@pytest.mark.parametrize("text", ["", "$NOPE", "a\0b"])
def test_a_path_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path is expected|is not set"):
        resolve_path(text, Path("/base"), {})


def test_a_user_without_a_home_has_to_name_the_folders(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)
    assert load(write("device_id: x\n"), workdir=Path("/work"), environ={}).workdir == Path("/work")
    with pytest.raises(ConfigurationError, match="Set HOME, or name the configuration with -c"):
        load(environ={})


def test_what_workers_import_costs_neither_pydantic_nor_yaml() -> None:
    code = (
        "import sys, platypush.config.model, platypush.config.web\n"
        "print(sorted({'pydantic', 'yaml', 'sqlalchemy'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert run.stdout.strip() == "[]"
