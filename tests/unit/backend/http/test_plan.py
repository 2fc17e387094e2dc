"""Which sockets uWSGI's arguments ask for, and what the command line becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress, parse_address
from platypush.backend.http.command import Surroundings, build, child_environment, printable, router_slot
from platypush.backend.http.plan import HTTP_VARIABLE, UWSGI_VARIABLE, Defaults, Plan, make_plan
from platypush.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[4]
OWN = Listener(address=TcpAddress("0.0.0.0", 8008), protocol=Protocol.HTTP)
INNER = Listener(address=UnixAddress("/run/pp/uwsgi.sock"), protocol=Protocol.UWSGI)


def plan(*words: str, files: dict[str, str] | None = None, **defaults: Any) -> Plan:
    texts = files or {}
    values = {"listener": OWN, "uwsgi_listener": INNER, "handed": {}, **defaults}
    return make_plan(
        words,
        Defaults(**values),
        find_file=lambda name: Path("/etc/pp") / name,
        read=lambda path: texts[path.name],
        env={},
    )


def command(found: Plan, **changes: Any) -> tuple[list[str], dict[str, str], tuple[str, ...]]:
    around: dict[str, Any] = {
        "binary": Path("/venv/bin/uwsgi"),
        "fifo": Path("/run/pp/uwsgi.fifo"),
        "stats": Path("/run/pp/stats.sock"),
    }
    router = router_slot(found, Path("/run/pp/router.sock"))
    slots = found.slots if router is None else (*found.slots, router)
    descriptors = {slot: 10 + number for number, slot in enumerate(slots)}
    built, notes = build(found, descriptors, Surroundings(**{**around, **changes}), {"HOME": "/root"})
    assert built.pass_fds == tuple(descriptors.values())
    return list(built.argv), dict(built.env), notes


def value_of(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8008", TcpAddress("", 8008)),
        ("*:80", TcpAddress("", 80)),
        ("127.0.0.1:3031", TcpAddress("127.0.0.1", 3031)),
        ("[::1]:3031", TcpAddress("::1", 3031)),
        ("/run/x.sock", UnixAddress("/run/x.sock")),
        ("unix:/run/x.sock", UnixAddress("/run/x.sock")),
        ("x.sock", UnixAddress("x.sock")),
        ("@hub", UnixAddress("@hub")),
        ("/run/a:80", UnixAddress("/run/a:80")),
        ("fd://3", None),
        ("=0", None),
    ],
)
def test_an_address_is_read_as_uwsgi_does(text: str, address: TcpAddress | UnixAddress | None) -> None:
    assert parse_address(text) == address


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at most 65535"):
        plan("--http-socket", ":99999")


@pytest.mark.parametrize(
    ("words", "protocol", "address"),
    [
        (("--http-socket", ":1"), Protocol.HTTP, TcpAddress("", 1)),
        (("--http", "1.2.3.4:1"), Protocol.HTTP, TcpAddress("1.2.3.4", 1)),
        (("-s", ":1"), Protocol.UWSGI, TcpAddress("", 1)),
        (("-s", ":1", "--protocol", "http"), Protocol.HTTP, TcpAddress("", 1)),
        (("--https", ":1,c,k"), Protocol.HTTPS, TcpAddress("", 1)),
        (("--https2", "cert=c,addr=:1,key=k"), Protocol.HTTPS, TcpAddress("", 1)),
        (("--fastcgi-socket", "/x"), Protocol.OTHER, UnixAddress("/x")),
        (("--socket", "/x", "--abstract-socket"), Protocol.UWSGI, UnixAddress("@/x")),
    ],
)
def test_a_socket_of_the_arguments_is_bound_by_the_daemon(
    words: tuple[str, ...], protocol: Protocol, address: TcpAddress | UnixAddress
) -> None:
    (slot,) = plan(*words).slots
    assert (slot.listener.protocol, slot.listener.address) == (protocol, address)


def test_without_any_socket_the_configured_port_speaks_http() -> None:
    words, _, _ = command(plan("--master"))
    assert value_of(words, "--http-socket") == "fd://10"


def test_several_sockets_are_all_handed_over() -> None:
    words, _, _ = command(plan("--http-socket", ":1", "--socket", "/x.sock"))
    assert (value_of(words, "--http-socket"), value_of(words, "--socket")) == ("fd://10", "fd://11")


def test_mode_and_owner_go_to_the_daemons_socket_and_not_to_uwsgi() -> None:
    found = plan("--socket", "/x.sock", "--chmod-socket", "600", "--chown-socket=www:www")
    assert (found.slots[0].listener.mode, found.slots[0].listener.owner) == (0o600, "www:www")
    assert not any("chmod" in word or "chown" in word for word in command(found)[0])


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="octal"):
        plan("--socket", "/x", "--chmod-socket=9999")


def test_both_lists_of_the_specification_keep_their_words() -> None:
    words, _, notes = command(plan("--plugin", "python", "--http-socket", ":8008", "--master", "--processes", "4"))
    assert words[1:6] == ["--http-socket", "fd://10", "--master", "--processes", "4"]
    assert "has Python built in" in notes[0]
    words, _, _ = command(plan("--plugin", "python", "--socket", "127.0.0.1:3031", "--master", "--processes", "4"))
    assert words[1:6] == ["--socket", "fd://10", "--master", "--processes", "4"]


def test_the_python_plugin_is_called_what_the_binary_calls_it() -> None:
    words, _, notes = command(plan("--plugin", "python,http"), python_plugin="python3")
    assert value_of(words, "--plugin") == "python3,http"
    assert "becomes python3" in notes[0]


def test_the_python_plugin_is_added_where_the_binary_needs_one() -> None:
    words, _, _ = command(plan("--master"), python_plugin="python3")
    assert value_of(words, "--plugin") == "python3"
    words, _, _ = command(plan("--plugin", "python3"), python_plugin="python3")
    assert words.count("--plugin") == 1


def test_what_supervision_needs_is_added() -> None:
    words, env, _ = command(plan())
    needed = ["--master", "--lazy-apps", "--need-app", "--no-orphans", "--single-interpreter", "--enable-threads"]
    assert [word for word in needed if word not in words] == []
    assert value_of(words, "--module") == "platypush.backend.http.uwsgi"
    assert value_of(words, "--master-fifo") == "/run/pp/uwsgi.fifo"
    assert value_of(words, "--hook-master-start") == "unix_signal:15 gracefully_kill_them_all"
    assert (value_of(words, "--buffer-size"), value_of(words, "--post-buffering")) == ("32768", "65536")
    assert env["PLATYPUSH_SUPERVISED"] == "1"


def test_what_the_operator_sets_is_not_set_again() -> None:
    ini = "[uwsgi]\nbuffer-size = 8192\nlog-format = x\nmaster-fifo = /own\nmodule = own\ndie-on-term = 1\n"
    words, _, _ = command(plan("--ini", "own.ini", "--stats", "/own.stats", files={"own.ini": ini}))
    for option in ("--buffer-size", "--disable-logging", "--master-fifo", "--module", "--hook-master-start"):
        assert option not in words
    assert words.count("--stats") == 1


@pytest.mark.parametrize("words", [("--threads", "4"), ("--gevent", "100"), ()])
def test_neither_threads_nor_gevent_are_added(words: tuple[str, ...]) -> None:
    added, _, _ = command(plan(*words))
    assert added.count("--threads") == words.count("--threads")
    assert added.count("--gevent") == words.count("--gevent")


def test_a_master_that_is_switched_off_gets_a_warning_and_stays_off() -> None:
    words, _, notes = command(plan("--ini", "own.ini", files={"own.ini": "[uwsgi]\nmaster = false\n"}))
    assert "switch the master off" in notes[-1]
    assert "--master" not in words


@pytest.mark.parametrize("word", ["--daemonize", "-d", "--optimize", "-O"])
def test_what_would_break_the_hub_is_left_out(word: str) -> None:
    found = plan(word, "2", "--master")
    assert [option.name for option in found.arguments] == ["master"]
    assert "left out" in found.notes[0]


def test_a_router_gets_a_private_socket_to_its_workers_and_more_time_than_an_action() -> None:
    words, _, _ = command(plan("--http", ":8008"))
    assert (value_of(words, "--http"), value_of(words, "--socket")) == ("fd://10", "fd://11")
    assert value_of(words, "--http-to") == "/run/pp/router.sock"
    assert value_of(words, "--http-timeout") == "90"


def test_a_router_with_a_way_to_its_workers_keeps_it() -> None:
    words, _, _ = command(plan("--http", ":8008", "--http-to", "/own.sock"))
    assert words.count("--http-to") == 1
    assert "--socket" not in words


@pytest.mark.parametrize("words", [("--http-socket", ":8008"), ("--http", ":8008")])
def test_answers_over_http_say_that_uwsgi_closes_the_connection(words: tuple[str, ...]) -> None:
    assert value_of(command(plan(*words))[0], "--add-header") == "Connection: close"


@pytest.mark.parametrize(
    "words", [("--socket", "/own.sock"), ("--http11-socket", ":8008"), ("--http", ":8008", "--http-keepalive")]
)
def test_where_connections_are_kept_or_a_proxy_stands_in_front_nothing_is_said(words: tuple[str, ...]) -> None:
    assert "--add-header" not in command(plan(*words))[0]


def test_the_uwsgi_protocol_on_tcp_gets_a_warning() -> None:
    assert "run code" in plan("--socket", ":3031").notes[0]
    assert plan("--socket", "/x.sock").notes == ()


def test_an_https_argument_takes_its_certificate_from_the_configuration() -> None:
    words, _, _ = command(plan("--https", ":8443", ssl_cert=Path("/c.pem"), ssl_key=Path("/k.pem")))
    assert value_of(words, "--https") == "fd://10,/c.pem,/k.pem"
    words, _, _ = command(plan("--https2", "addr=:8443", ssl_cert=Path("/c.pem"), ssl_key=Path("/k.pem")))
    assert value_of(words, "--https2") == "addr=fd://10,cert=/c.pem,key=/k.pem"


def test_an_https_argument_without_any_certificate_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ssl_cert"):
        plan("--https", ":8443")


SHIPPED = {"uwsgi.ini": (ROOT / "uwsgi.ini").read_text()}


def test_the_shipped_ini_file_gets_the_configured_port_by_the_environment() -> None:
    found = plan("--ini", "uwsgi.ini", files=SHIPPED)
    words, env, _ = command(found)
    assert found.foreign == ()
    assert words[:3] == ["/venv/bin/uwsgi", "--ini", "/etc/pp/uwsgi.ini"]
    assert env[HTTP_VARIABLE] == "fd://10"
    assert UWSGI_VARIABLE not in env
    assert "--http-socket" not in words


def test_the_shipped_ini_file_gets_all_that_systemd_hands_over() -> None:
    handed = {HTTP_VARIABLE: OWN, UWSGI_VARIABLE: INNER}
    _, env, _ = command(plan("--ini", "uwsgi.ini", files=SHIPPED, handed=handed))
    assert (env[HTTP_VARIABLE], env[UWSGI_VARIABLE]) == ("fd://10", "fd://11")


def test_an_argument_takes_the_place_of_the_shipped_files_socket() -> None:
    found = plan("uwsgi.ini", "--socket", "/x.sock", files=SHIPPED)
    _, env, _ = command(found)
    assert [str(one.address) for one in found.listeners] == ["/x.sock"]
    assert HTTP_VARIABLE not in env


def test_the_shipped_file_sets_what_supervision_needs_but_what_the_configuration_says() -> None:
    words, _, _ = command(plan("--ini", "uwsgi.ini", files=SHIPPED))
    added = [word for word in words if word.startswith("--")]
    assert added == [
        "--ini",
        "--master-fifo",
        "--stats",
        "--listen",
        "--worker-reload-mercy",
        "--reload-mercy",
    ]


def test_a_file_that_binds_its_own_socket_is_left_to_do_so() -> None:
    ini = "[uwsgi]\nhttp-socket = 127.0.0.1:9000\n"
    found = plan("--ini", "own.ini", files={"own.ini": ini})
    assert (found.slots, [str(one.address) for one in found.foreign]) == ((), ["127.0.0.1:9000"])


def test_a_file_without_a_socket_gets_the_configured_one() -> None:
    words, _, _ = command(plan("--ini", "own.ini", files={"own.ini": "[uwsgi]\nthreads = 2\n"}))
    assert value_of(words, "--http-socket") == "fd://10"


def test_a_yaml_file_is_not_read_and_gets_no_socket() -> None:
    found = plan("--yaml", "own.yaml")
    assert found.slots == ()
    assert "not known to the daemon" in found.notes[0]


def test_the_environment_of_the_child_has_nothing_of_the_parents_business() -> None:
    env = {
        "PATH": "/bin",
        "PYTHONPATH": "/lib",
        "NOTIFY_SOCKET": "x",
        "WATCHDOG_USEC": "1",
        "LISTEN_FDS": "1",
        "PYTHONOPTIMIZE": "1",
        "UWSGI_RELOADS": "1",
    }
    assert child_environment(env, {"A": "b"}) == {"PATH": "/bin", "PYTHONPATH": "/lib", "A": "b"}


def test_the_line_for_the_log_can_be_pasted_into_a_shell() -> None:
    around = Surroundings(binary=Path("/venv/bin/uwsgi"), fifo=Path("/f"), stats=Path("/s"))
    built, _ = build(plan(), {}, around, {})
    assert "--hook-master-start 'unix_signal:15 gracefully_kill_them_all'" in printable(built)
