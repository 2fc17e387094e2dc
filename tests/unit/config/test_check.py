"""What platypush check finds on the machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from platypush.config import check as check_module
from platypush.config import check_web as check_web_module
from platypush.config.check import check
from platypush.config.model import Config
from platypush.config.problem import Problem, Severity
from tests.unit.config.conftest import Load, Write


@pytest.fixture
def healthy(load_text: Load, tmp_path: Path) -> Config:
    config = load_text("device_id: x\n", workdir=tmp_path / "work")
    return replace(config, runtime_dir=tmp_path / "run")


def found(config: Config, *, running: bool = True) -> list[tuple[str, str, Severity]]:
    return [(problem.id, problem.key, problem.severity) for problem in run(config, running=running)]


def run(config: Config, *, running: bool = True) -> list[Problem]:
    return check(config, environ={}, running=running)


def with_http(config: Config, load_text: Load, section: str) -> Config:
    return replace(config, http=load_text(f"backend.http: {section}\n").http)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_healthy_configuration_has_no_problems(healthy: Config) -> None:
    assert found(healthy) == []


def test_problems_of_sections_are_errors_and_warnings_stay_warnings(healthy: Config, load_text: Load) -> None:
    config = load_text("backend.http: {logging: x}\nprocedure.a:\n")
    assert found(replace(healthy, problems=config.problems)) == [
        ("config.section", "procedure.a", Severity.ERROR),
        ("config.section", "backend.http.logging", Severity.WARNING),
    ]


def test_a_configured_folder_that_is_missing_is_an_error_and_the_usual_one_is_not(
    load_text: Load, healthy: Config
) -> None:
    config = load_text("scripts_dir: nope\n")
    assert found(replace(healthy, scripts_dir=config.scripts_dir, raw=config.raw)) == [
        ("check.folder", "scripts_dir", Severity.ERROR)
    ]


def test_a_file_instead_of_a_folder_is_an_error(healthy: Config) -> None:
    healthy.dashboards_dir.write_text("")
    (problem,) = run(healthy)
    assert "is not a folder" in problem.reason


def test_scripts_that_everybody_can_change_are_pointed_out(healthy: Config) -> None:
    healthy.scripts_dir.mkdir()
    healthy.scripts_dir.chmod(0o777)
    assert found(healthy) == [("check.permissions", "scripts_dir", Severity.WARNING)]


def test_a_configuration_that_everybody_can_change_is_pointed_out(healthy: Config) -> None:
    assert healthy.path is not None
    healthy.path.chmod(0o666)
    assert found(healthy) == [("check.permissions", "", Severity.WARNING)]


def test_a_workdir_that_cannot_be_made_is_an_error(healthy: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert found(replace(healthy, workdir=tmp_path / "file" / "work")) == [("check.workdir", "workdir", Severity.ERROR)]


def test_a_workdir_that_this_user_cannot_write_is_an_error(healthy: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy.workdir.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != healthy.workdir)
    assert found(healthy) == [("check.workdir", "workdir", Severity.ERROR)]


def test_a_log_in_a_missing_folder_is_an_error(healthy: Config, tmp_path: Path) -> None:
    logging = replace(healthy.logging, filename=tmp_path / "nope" / "hub.log")
    assert found(replace(healthy, logging=logging)) == [("check.folder", "logging.filename", Severity.ERROR)]


def test_secrets_in_a_file_that_everybody_can_read_are_pointed_out_with_their_key(
    write: Write, healthy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        check_module, "readable_by_others", lambda path: "all read it" if path.stat().st_mode & 4 else None
    )
    write("light.hue: {token: abc, other_token: !env X}\n", "more.yaml").chmod(0o600)
    main = write("include: more.yaml\ntts: {deep: [{password: abc}]}\n")
    main.chmod(0o644)
    (problem,) = check(replace(healthy, path=main, files=()), environ={"X": "y"}, running=True)
    assert (problem.id, problem.key, problem.source) == ("check.secret", "tts.deep[0].password", str(main))


def test_a_secret_that_came_by_a_tag_is_not_in_the_file(
    write: Write, healthy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "readable_by_others", lambda path: "all read it")
    main = write("light.hue: {token: !env X}\n")
    assert check(replace(healthy, path=main, files=()), environ={"X": "y"}, running=True) == []


def test_a_short_global_token_is_pointed_out(healthy: Config, load_text: Load) -> None:
    assert found(replace(healthy, token=load_text("token: abc\n").token)) == [
        ("check.token", "token", Severity.WARNING)
    ]


def test_a_backlog_beyond_the_kernels_is_pointed_out(
    healthy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "somaxconn").write_text("128\n")
    monkeypatch.setattr(check_module, "_SOMAXCONN", tmp_path / "somaxconn")
    (problem,) = run(healthy)
    assert (problem.id, problem.key) == ("check.backlog", "limits.listen_backlog")
    assert "128" in problem.reason


def test_a_missing_resource_folder_is_a_warning(healthy: Config, load_text: Load, tmp_path: Path) -> None:
    config = with_http(healthy, load_text, f"{{resource_dirs: {{here: {tmp_path}, gone: {tmp_path}/gone}}}}")
    assert found(config) == [("check.resources", "backend.http.resource_dirs.gone", Severity.WARNING)]


def test_a_folder_of_media_that_is_missing_or_closed_is_a_warning(
    healthy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / "closed")
    (tmp_path / "closed").mkdir()
    folders = [str(tmp_path), f"{tmp_path}/gone", f"{tmp_path}/closed"]
    problems = run(replace(healthy, plugins={"media": {"media_dirs": folders}}))
    assert [(problem.id, problem.severity) for problem in problems] == [("check.media", Severity.WARNING)] * 2
    assert ["gone" in problem.reason for problem in problems] == [True, False]


def test_an_unreadable_certificate_is_an_error(healthy: Config, load_text: Load) -> None:
    config = with_http(healthy, load_text, "{ssl_cert: /nonexistent/cert.pem}")
    assert found(config) == [("check.tls", "backend.http.ssl_cert", Severity.ERROR)]


@pytest.mark.parametrize(
    ("args", "warned"),
    [
        ("['--socket', '127.0.0.1:3031']", True),
        ("['--socket=:3031']", True),
        ("['-s', ':3031']", True),
        ("['--socket', '/run/hub/uwsgi.sock']", False),
        ("['--socket', 'fd://3']", False),
        ("['--http-socket', ':8008']", False),
        ("['--ini', 'uwsgi.ini']", False),
    ],
)
def test_the_uwsgi_protocol_on_tcp_is_pointed_out(
    healthy: Config, load_text: Load, monkeypatch: pytest.MonkeyPatch, args: str, warned: bool
) -> None:
    monkeypatch.setattr(check_web_module, "uwsgi_available", lambda: True)
    config = with_http(healthy, load_text, f"{{run_externally: true, uwsgi_args: {args}}}")
    expected = [("check.uwsgi-tcp", "backend.http.uwsgi_args", Severity.WARNING)] if warned else []
    assert found(config) == expected


def test_a_missing_uwsgi_names_the_extra(healthy: Config, load_text: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_web_module, "uwsgi_available", lambda: False)
    (problem,) = run(with_http(healthy, load_text, "{run_externally: true, uwsgi_args: [--master]}"))
    assert problem.reason.endswith("pip install 'platypush[uwsgi]'")
    assert found(with_http(healthy, load_text, "{run_externally: true}")) == []


def test_a_port_that_is_taken_is_an_error_unless_the_hub_runs(
    healthy: Config, load_text: Load, taken_port: int
) -> None:
    section = f"{{port: {taken_port}, bind_address: 127.0.0.1, disable_websocket: true}}"
    config = with_http(healthy, load_text, section)
    assert found(config, running=False) == [("check.port", "backend.http.port", Severity.ERROR)]
    assert found(config) == []


def test_the_port_does_not_matter_where_uwsgi_has_its_own_or_is_the_operators(
    healthy: Config, load_text: Load, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_web_module, "uwsgi_available", lambda: True)
    start = f"{{port: {taken_port}, bind_address: 127.0.0.1, disable_websocket: true, run_externally: true"
    own = with_http(healthy, load_text, f"{start}, uwsgi_args: ['--http-socket', ':1234']}}")
    assert found(own, running=False) == []
    assert found(with_http(healthy, load_text, f"{start}}}"), running=False) == []
    from_ini = with_http(healthy, load_text, f"{start}, uwsgi_args: ['--ini', 'uwsgi.ini']}}")
    assert found(from_ini, running=False) == [("check.port", "backend.http.port", Severity.ERROR)]


def test_an_address_of_another_machine_is_an_error(healthy: Config, load_text: Load) -> None:
    config = with_http(healthy, load_text, "{bind_address: 192.0.2.1, disable_websocket: true}")
    (problem,) = run(config, running=False)
    assert problem.id == "check.port"


def test_folders_that_this_user_cannot_read_are_named(
    healthy: Config, load_text: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) not in {healthy.scripts_dir, tmp_path / "photos"})
    healthy.scripts_dir.mkdir()
    (tmp_path / "photos").mkdir()
    assert found(with_http(healthy, load_text, f"{{resource_dirs: {{p: {tmp_path}/photos}}}}")) == [
        ("check.folder", "scripts_dir", Severity.ERROR),
        ("check.resources", "backend.http.resource_dirs.p", Severity.WARNING),
    ]


def test_a_port_below_1024_needs_more_rights(healthy: Config, load_text: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    (problem,) = run(with_http(healthy, load_text, "{port: 80, disable_websocket: true}"), running=False)
    assert "use a port above 1023" in problem.reason


def test_the_websockets_port_is_tried_too(healthy: Config, load_text: Load, taken_port: int) -> None:
    section = f"{{run_externally: true, websocket_port: {taken_port}, bind_address: 127.0.0.1}}"
    assert found(with_http(healthy, load_text, section), running=False) == [
        ("check.port", "backend.http.websocket_port", Severity.ERROR)
    ]


def test_a_kernel_that_names_no_backlog_is_no_problem(
    healthy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "_SOMAXCONN", tmp_path / "missing")
    assert found(healthy) == []


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("a.b", "key", "it is wrong.", "file:3")) == "file:3: key: it is wrong."
    assert str(Problem.warning("a.b", "key", "it is odd.")) == "key: it is odd."
    assert os.linesep not in str(Problem("a.b", "", "x"))
