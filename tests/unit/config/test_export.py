"""What a worker of the operator's own uWSGI asks for."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from platypush.config.export import export
from platypush.config.web import WebSettings
from tests.unit.config.conftest import Write


def test_the_settings_of_the_usual_configuration_are_exported_with_their_secrets(write: Write, tmp_path: Path) -> None:
    path = write("device_id: kitchen\ntoken: abc\nbackend.http: {resource_dirs: {p: /p}}\nlimits: {action_time: 30}\n")
    output, errors = io.BytesIO(), io.StringIO()
    environ = {"PLATYPUSH_CONFIG": str(path), "PLATYPUSH_WORKDIR": "/work", "HOME": str(tmp_path)}
    assert export(environ, output, errors) == 0
    settings = WebSettings.from_json(output.getvalue())
    assert (settings.device_id, settings.global_token) == ("kitchen", "abc")
    assert settings.database == "sqlite:////work/main.db"
    assert settings.resource_dirs == {"p": Path("/p")}
    assert settings.limits.action_time == 30
    assert errors.getvalue() == ""


def test_a_broken_configuration_gives_its_errors_and_no_settings(write: Write) -> None:
    output, errors = io.BytesIO(), io.StringIO()
    assert export({"PLATYPUSH_CONFIG": str(write("backend.http: {prot: 1}\n")), "HOME": "/"}, output, errors) == 1
    assert output.getvalue() == b""
    assert "Did you mean 'port'?" in errors.getvalue()


def test_it_runs_as_a_program(write: Write) -> None:
    environ = {"PLATYPUSH_CONFIG": str(write("device_id: attic\n")), "PLATYPUSH_WORKDIR": "/work", "HOME": "/"}
    run = subprocess.run(
        [sys.executable, "-m", "platypush.config.export"], capture_output=True, env=environ, check=True
    )
    assert WebSettings.from_json(run.stdout).device_id == "attic"
