"""uWSGI's command line and ini files, as the daemon reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.backend.http.arguments import is_off, parse_arguments, read_ini


def pairs(*words: str) -> list[tuple[str, str | None]]:
    return [(option.name, option.value) for option in parse_arguments(words)]


@pytest.mark.parametrize("words", [("--socket", ":1"), ("--socket=:1",), ("-s", ":1"), ("-s:1",), ("-s=:1",)])
def test_a_value_may_stand_apart_or_after_an_equals_sign(words: tuple[str, ...]) -> None:
    assert pairs(*words) == [("socket", ":1")]


def test_options_have_one_name_whatever_they_are_called() -> None:
    names = [name for name, _ in pairs("--wsgi", "a", "-w", "a", "--workers", "2", "-p", "2", "--venv", "v", "-M")]
    assert names == ["module", "module", "processes", "processes", "home", "master"]


def test_a_flag_takes_no_value() -> None:
    assert pairs("--master", "app.ini", "-L", "--strict", "--socket", "x") == [
        ("master", None),
        ("", "app.ini"),
        ("disable-logging", None),
        ("strict", None),
        ("socket", "x"),
    ]


def test_an_optional_value_stands_apart_only_where_people_write_it_so() -> None:
    assert pairs("--chmod-socket", "660") == [("chmod-socket", "660")]
    assert pairs("--chmod-socket", "--master") == [("chmod-socket", None), ("master", None)]
    assert pairs("--need-app", "x.ini") == [("need-app", None), ("", "x.ini")]


def test_the_tokens_are_the_command_line_again() -> None:
    words = ("--plugin", "python", "--http-socket=:8008", "-M", "-p4", "x.ini", "--set", "a=b", "--master")
    assert tuple(token for option in parse_arguments(words) for token in option.tokens) == words


@pytest.mark.parametrize(("value", "off"), [(None, False), ("", False), ("true", False), ("false", True), ("0", True)])
def test_a_switch_is_off_only_when_it_says_so(value: str | None, off: bool) -> None:
    assert is_off(value) is off


class Files(dict[str, str]):
    def read(self, path: Path) -> str:
        return self[str(path)]


def ini(text: str, env: dict[str, str] | None = None, *given: str) -> list[tuple[str, str | None]]:
    files = Files({"/etc/web.ini": "[uwsgi]\n" + text})
    options = read_ini(Path("/etc/web.ini"), env or {}, files.read, parse_arguments(given))
    return [(option.name, option.value) for option in options]


def test_comments_other_sections_and_blanks_do_not_count() -> None:
    assert ini("; no\n# no\n\nmaster = true\n[other]\nsocket = x\n[uwsgi]\nwsgi=app\n") == [
        ("master", "true"),
        ("module", "app"),
    ]


def test_the_environment_fills_in_placeholders_and_an_unknown_one_stays() -> None:
    assert ini("socket = $(A)/$(B)", {"A": "x"}) == [("socket", "x/$(B)")]


def test_a_placeholder_may_name_an_earlier_option_or_the_files_folder() -> None:
    assert ini("base = /srv\nstats = %(base)/stats\nchdir = %d") == [
        ("base", "/srv"),
        ("stats", "/srv/stats"),
        ("chdir", "/etc/"),
    ]


@pytest.mark.parametrize(
    ("condition", "env", "given", "holds"),
    [
        ("if-env = A", {"A": "1"}, (), True),
        ("if-env = A", {}, (), False),
        ("if-env = A=2", {"A": "1"}, (), False),
        ("if-not-env = A", {}, (), True),
        ("if-not-env = A", {"A": "1"}, (), False),
        ("if-opt = socket", {}, ("--socket", "x"), True),
        ("if-not-opt = socket", {}, ("--socket", "x"), False),
        ("set-ph = web=yes\nif-opt = web=yes", {}, (), True),
        ("set-ph = web=yes\nif-not-opt = web=yes", {}, (), False),
    ],
)
def test_a_condition_holds_for_the_lines_up_to_its_end(
    condition: str, env: dict[str, str], given: tuple[str, ...], holds: bool
) -> None:
    assert ini(f"{condition}\nthreads = 2\nendif =\nmaster = true", env, *given) == [
        *([("threads", "2")] if holds else []),
        ("master", "true"),
    ]


def test_an_ini_file_may_include_others() -> None:
    files = Files({"/a/one.ini": "[uwsgi]\nini = two.ini\nmaster = 1", "/a/two.ini": "[uwsgi]\nthreads = 2"})
    options = read_ini(Path("/a/one.ini"), {}, files.read)
    assert [option.name for option in options] == ["threads", "master"]


def test_a_file_that_includes_itself_ends() -> None:
    files = Files({"/a/one.ini": "[uwsgi]\nini = one.ini\nmaster = 1"})
    assert read_ini(Path("/a/one.ini"), {}, files.read)
