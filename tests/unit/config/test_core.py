"""The sections that the hub itself needs: values, strictness, and the rules that join them."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.config.model import Secret
from tests.unit.config.conftest import Load, Problems


def test_an_empty_http_section_means_the_defaults_of_the_specification(load_text: Load) -> None:
    http = load_text("backend.http:\n").http
    assert http is not None
    assert (http.port, http.websocket_port, http.bind_address) == (8008, 8009, "0.0.0.0")
    assert not http.run_externally
    assert http.uwsgi_args == ()


def test_without_the_section_there_is_no_web_service(load_text: Load) -> None:
    assert load_text("device_id: x\n").http is None


def test_the_example_of_the_specification_is_read(load_text: Load) -> None:
    config = load_text(
        """
        backend.http:
            # Default HTTP listen port
            port: 8008
            # Default websocket port
            websocket_port: 8009
            # External folders that will be exposed over `/resources/<name>`
            resource_dirs:
                photos: /mnt/hd/photos
                videos: /mnt/hd/videos
                music: /mnt/hd/music
        """
    )
    assert config.http is not None
    assert config.http.resource_dirs == {
        "photos": Path("/mnt/hd/photos"),
        "videos": Path("/mnt/hd/videos"),
        "music": Path("/mnt/hd/music"),
    }


def test_both_argument_lists_of_the_specification_are_kept_as_written(load_text: Load) -> None:
    config = load_text(
        """
        backend.http:
            run_externally: true
            uwsgi_args: ['--plugin', 'python', '--http-socket', ':8008', '--master', '--processes', '4']
        """
    )
    assert config.http is not None
    assert config.http.uwsgi_args == (
        "--plugin", "python", "--http-socket", ":8008", "--master", "--processes", "4",
    )  # fmt: skip
    assert not config.problems


def test_a_number_among_the_arguments_is_one_argument(load_text: Load) -> None:
    http = load_text("backend.http: {run_externally: true, uwsgi_args: ['--processes', 4]}\n").http
    assert http is not None
    assert http.uwsgi_args == ("--processes", "4")


def test_arguments_without_effect_are_a_warning(load_text: Load) -> None:
    (problem,) = load_text("backend.http: {uwsgi_args: ['--master']}\n").problems
    assert problem.warning
    assert problem.section == "backend.http.uwsgi_args"


def test_keys_of_earlier_versions_are_accepted_and_named(load_text: Load) -> None:
    config = load_text("backend.http:\n  port: 80\n  logging: INFO\n")
    assert config.http is not None
    assert config.http.port == 80
    (problem,) = config.problems
    assert (problem.section, problem.warning) == ("backend.http.logging", True)
    assert problem.source.endswith("config.yaml:3")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("port: '8008'", "port: a whole number is expected, not the text '8008'. Remove the quotes."),
        ("port: 80.5", "port: a whole number is expected, not the number 80.5."),
        ("port: 70000", "port: it has to be at most 65535, and it is the number 70000."),
        ("port: true", "port: a whole number is expected, not yes."),
        ("port:", "port: a whole number is expected, not nothing."),
        ("bind_address: 127", "bind_address: text is expected, not the number 127. Put it in quotes."),
        ("run_externally: 'yes'", "run_externally: yes or no is expected (true or false), not the text 'yes'."),
        ("prot: 1", "prot: unknown key. Did you mean 'port'?"),
        ("uwsgi_args: --master", "uwsgi_args: a list is expected"),
        ("resource_dirs: /mnt", "resource_dirs: names with folders are expected"),
        ("resource_dirs: {../etc: /etc}", "'../etc' cannot be a part of an address"),
        ("resource_dirs: {photos: 1}", "'photos' needs the path of a folder"),
        ("resource_dirs: {a: /a, /a/: /b}", "'/a/' is there twice"),
        ("trusted_proxies: [5]", "a list of addresses or networks is expected"),
        ("trusted_proxies: 5", "a list of addresses or networks is expected"),
        ("trusted_proxies: [localhost]", "'localhost' is no address or network"),
        ("public_url: hub.example.org", "an address as browsers use it is expected"),
        ("ssl_key: /k.pem", "a key without its certificate"),
        ("websocket_port: 8008", "port and websocket_port are both 8008"),
        ("ssl_cert: $NOPE/cert.pem", "the environment variable NOPE in '$NOPE/cert.pem' is not set"),
    ],
)
def test_a_wrong_value_of_http_is_explained(problems_of: Problems, line: str, reason: str) -> None:
    (problem,) = problems_of(f"device_id: x\nbackend.http:\n  {line}\n")
    assert problem.startswith(f"config.yaml:3: backend.http.{line.partition(':')[0]}: ")
    assert reason in problem


@pytest.mark.parametrize("line", ["port: web", "run_externally: yes please"])
def test_quotes_are_not_blamed_for_a_text_that_has_none(problems_of: Problems, line: str) -> None:
    (problem,) = problems_of(f"device_id: x\nbackend.http:\n  {line}\n")
    assert "quotes" not in problem


def test_one_port_for_both_is_fine_without_a_websocket(load_text: Load) -> None:
    assert load_text("backend.http: {websocket_port: 8008, disable_websocket: true}\n").http is not None


def test_one_proxy_may_stand_without_its_list(load_text: Load) -> None:
    assert (both := load_text("backend.http: {trusted_proxies: [unix, '::1']}\n").http) is not None
    assert both.trusted_proxies == ("unix", "::1")
    http = load_text("backend.http: {trusted_proxies: 10.0.0.0/8, public_url: 'https://hub.example.org/'}\n").http
    assert http is not None
    assert http.trusted_proxies == ("10.0.0.0/8",)
    assert http.public_url == "https://hub.example.org"


def test_paths_are_relative_to_the_file_that_holds_them(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "tls.yaml").write_text("backend.http: {ssl_cert: cert.pem}\n")
    config = load_text("include: tls/tls.yaml\nbackend.http: {ssl_key: ~/key.pem, ssl_cafile: $CA/ca}\n", {"CA": "/ca"})
    assert config.http is not None
    assert config.http.ssl_cert == tmp_path / "tls" / "cert.pem"
    assert config.http.ssl_key == tmp_path / "home" / "key.pem"
    assert config.http.ssl_cafile == Path("/ca/ca")


def test_a_value_from_the_environment_fits_where_a_number_or_a_yes_is_wanted(load_text: Load) -> None:
    text = "backend.http:\n  port: !env PORT\n  disable_websocket: !env QUIET\nlimits: {action_time: !env TIME}\n"
    config = load_text(text, {"PORT": "8080", "QUIET": "yes", "TIME": "50s"})
    assert config.http is not None
    assert (config.http.port, config.http.disable_websocket, config.limits.action_time) == (8080, True, 50)


def test_an_error_in_a_secret_does_not_show_it(problems_of: Problems) -> None:
    text = "token: 123456789\nbackend.http: {port: !env P}\nlogging: {level: !env L}\nlimits: {calls: !env C}\n"
    problems = problems_of(text, {"P": "hunter2", "L": "hunter2", "C": "-77777"})
    assert len(problems) == 4
    for shown in ("hunter2", "77777", "123456789"):
        assert not any(shown in problem for problem in problems)


def test_a_missing_secret_of_the_core_stops_the_start_and_is_named_once(problems_of: Problems) -> None:
    assert problems_of("backend.http:\n  port: !env PORT\n") == (
        "config.yaml:2: backend.http.port: the environment variable PORT is not set.",
    )


def test_a_missing_secret_hides_no_other_error(problems_of: Problems) -> None:
    problems = problems_of("backend.http:\n  port: !env PORT\n  bind_address: 5\n")
    assert [problem.split(": ")[1] for problem in problems] == ["backend.http.port", "backend.http.bind_address"]


@pytest.mark.parametrize("text", ["device_id: [a]", "token: [a]", "backend.http: {port: [a]}", "limits: {calls: 1.5}"])
def test_quotes_are_mentioned_only_where_they_help(problems_of: Problems, text: str) -> None:
    (problem,) = problems_of(f"{text}\n")
    assert "quotes" not in problem


def test_logging_takes_levels_in_any_case_and_a_file(load_text: Load, tmp_path: Path) -> None:
    logging = load_text("logging: {level: debug, filename: hub.log, format: json}\n").logging
    assert (logging.level, logging.filename, logging.format) == ("DEBUG", tmp_path / "hub.log", "json")
    assert not logging.access


def test_the_access_log_is_asked_for(load_text: Load) -> None:
    assert load_text("logging: {access: yes}\n").logging.access


def test_an_unknown_level_is_refused(problems_of: Problems) -> None:
    assert "'loud' is no log level" in problems_of("logging: {level: loud}\n")[0]


def test_limits_take_units(load_text: Load) -> None:
    text = "limits: {request_body: 32MiB, action_time: 2m, session_days: 12h, signed_url_hours: 30m, calls: 5}\n"
    limits = load_text(text).limits
    assert limits.request_body == 32 * 2**20
    assert (limits.action_time, limits.session_days, limits.signed_url_hours) == (120, 0.5, 0.5)
    assert limits.calls == 5


def test_timeouts_that_are_not_written_follow_from_the_action_time(load_text: Load) -> None:
    limits = load_text("limits: {action_time: 300}\n").limits
    assert limits.action_time < limits.nginx_read_timeout < limits.harakiri


def test_timeouts_in_the_wrong_order_are_refused_with_the_mend(problems_of: Problems) -> None:
    (problem,) = problems_of("limits:\n  action_time: 100\n  harakiri: 90\n")
    assert problem.startswith("config.yaml:3: limits.harakiri: harakiri is 90 s and has to be longer")
    assert problem.endswith("Raise harakiri, or leave it out.")


def test_a_request_has_to_fit_into_a_frame(problems_of: Problems) -> None:
    assert "raise bus_frame above request_body" in problems_of("limits: {request_body: 64MiB}\n")[0]


@pytest.mark.parametrize("value", ["0", "-1", "fast", ".inf", "'60'"])
def test_a_duration_that_is_none_is_refused(problems_of: Problems, value: str) -> None:
    assert "limits.bus_wait" in problems_of(f"limits: {{bus_wait: {value}}}\n")[0]


def test_the_bus_is_a_socket_in_the_runtime_directory(load_text: Load) -> None:
    bus = load_text("device_id: x\n", {"RUNTIME_DIRECTORY": "/run/platypush:/run/other"}).bus
    assert (bus.type, bus.path) == ("unix", Path("/run/platypush/bus.sock"))


def test_a_redis_bus_needs_its_url_and_hides_it(load_text: Load, problems_of: Problems) -> None:
    assert load_text("bus: {type: redis, url: 'redis://:pw@host'}\n").bus.url == Secret("redis://:pw@host")
    assert "the redis bus needs it" in problems_of("bus: {type: redis}\n")[0]
    assert "one of 'unix' or 'redis' is expected, not the text 'rabbit'" in problems_of("bus: {type: rabbit}\n")[0]
    assert "the unix bus has a path" in problems_of("bus: {url: 'redis://host'}\n")[0]


def test_the_secret_of_a_redis_bus_is_long_and_hidden(load_text: Load, problems_of: Problems) -> None:
    secret = "0123456789abcdef"
    assert load_text(f"bus: {{type: redis, url: 'redis://h', secret: {secret}}}\n").bus.secret == Secret(secret)
    assert "16 characters" in problems_of("bus: {type: redis, url: 'redis://h', secret: short}\n")[0]
    assert "for 'type: redis'" in problems_of(f"bus: {{secret: {secret}}}\n")[0]


def test_a_socket_path_that_is_too_long_is_refused_with_a_reason(problems_of: Problems) -> None:
    (problem,) = problems_of(f"workdir: /{'w' * 100}\n", {"RUNTIME_DIRECTORY": ""})
    assert "config.yaml:1: workdir:" in problem
    assert "107 at most" in problem
    (problem,) = problems_of(f"bus: {{path: /{'b' * 120}}}\n")
    assert "config.yaml:1: bus:" in problem


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("device_id: x", "sqlite:////work/main.db"),
        ("main.db: sqlite:////var/hub.db", "sqlite:////var/hub.db"),
        ("main.db: {engine: 'sqlite:////var/hub.db'}", "sqlite:////var/hub.db"),
        ("main.db: sqlite:///hub.db", "sqlite:////work/hub.db"),
        ("main.db: 'sqlite:///hub.db?timeout=5'", "sqlite:////work/hub.db?timeout=5"),
        ("main.db: postgresql+psycopg://u:p@db/hub", "postgresql+psycopg://u:p@db/hub"),
        ("main.db: !env DB", "postgresql://db/hub"),
    ],
)
def test_the_database_is_a_url_that_means_the_same_in_every_process(load_text: Load, text: str, url: str) -> None:
    config = load_text(f"{text}\n", {"DB": "postgresql://db/hub"}, Path("/work"))
    assert config.database == Secret(url)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("sqlite://", "a database in a file"),
        ("'sqlite:///:memory:'", "a database in a file"),
        ("postgres://u:hunter2@db/hub", "Write postgresql:// instead."),
        ("mysql://u:hunter2@db/hub", "SQLite or PostgreSQL"),
        ("{engin: x}", "unknown key. Did you mean 'engine'?"),
        ("12", "keys with values are expected"),
    ],
)
def test_a_database_that_cannot_work_is_refused_without_its_password(
    problems_of: Problems, value: str, reason: str
) -> None:
    problems = problems_of(f"main.db: {value}\n")
    assert any(reason in problem for problem in problems)
    assert not any("hunter2" in problem for problem in problems)


def test_the_global_token_comes_from_a_file(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "token").chmod(0o600)
    assert load_text("token_file: token\n").token == Secret("abc")


def test_a_token_from_two_places_or_from_nowhere_is_refused(problems_of: Problems, tmp_path: Path) -> None:
    assert "token is there as well" in problems_of("token: abc\ntoken_file: token\n")[0]
    assert "the token cannot be read" in problems_of("token_file: missing\n")[0]
    assert "it is empty" in problems_of("token: ''\n")[0]


def test_the_environment_takes_text_and_secrets(load_text: Load, problems_of: Problems) -> None:
    assert load_text("environment: {TZ: UTC, KEY: !env K}\n", {"K": "v"}).environment == {"TZ": "UTC", "KEY": "v"}
    assert "the value of DEBUG is not text" in problems_of("environment: {DEBUG: 1}\n")[0]
    assert "cannot be the name" in problems_of("environment: {'A=B': x}\n")[0]


def test_constants_are_usable_and_shown_masked(load_text: Load) -> None:
    config = load_text("constants: {hook_token: abc, n: 1}\n")
    assert config.constants == {"hook_token": "abc", "n": 1}
    assert config.raw["constants"] == {"hook_token": Secret("abc"), "n": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("device_id: ' '", "it is empty or holds line breaks"),
        ("device_id: \"a\\nb\"", "it is empty or holds line breaks"),
        ("limits: {harakiri: 90.5s}", "whole seconds are needed here"),
        ("limits: {request_body: 10}", "it has to be at least 1024"),
        ("main.db: sqlite:///$NOPE/hub.db", "the environment variable NOPE"),
        ("backend.http: {uwsgi_args: [[a]]}", "['a'] is no argument"),
        ("backend.http: {uwsgi_args: [true]}", "True is no argument"),
        ("backend.http: 8008", "keys with values are expected below it, such as port"),
        ("token: 1234", "text is expected, not a number. Put it in quotes."),
        ("token: {_value: x}", "text is expected, not keys with values."),
        ("constants: [a]", "keys with values are expected, not a list"),
        ("logging: {filename: [a]}", "text is expected, not a list"),
        ("logging: {filename: {a: b}}", "text is expected, not keys with values"),
        (f"logging: {{filename: 1.5, level: {'x' * 70}}}", "text is expected, not the number 1.5"),
        (f"limits: {{calls: {'x' * 70}}}", "a whole number is expected, not a long text"),
    ],
)  # fmt: skip
def test_other_wrong_values_are_explained_as_well(problems_of: Problems, text: str, reason: str) -> None:
    assert any(reason in problem for problem in problems_of(f"{text}\n"))


def test_an_empty_map_of_resources_is_none(load_text: Load) -> None:
    http = load_text("backend.http: {resource_dirs: }\n").http
    assert http is not None
    assert http.resource_dirs == {}


def test_a_token_file_that_everybody_can_read_is_a_warning(
    load_text: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platypush.config.core.readable_by_others", lambda path: f"everybody reads {path.name}")
    (tmp_path / "token").write_text("abc")
    (problem,) = load_text("token_file: token\n").problems
    assert (problem.section, problem.reason, problem.warning) == ("token_file", "everybody reads token", True)
