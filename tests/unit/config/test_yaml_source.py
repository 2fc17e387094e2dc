"""YAML with line numbers, and without its traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.config.model import Secret
from platypush.config.yaml_source import Document, parse

FILE = Path("/etc/hub/config.yaml")


def read(text: str, **environ: str) -> Document:
    return parse(text, FILE, environ)


def reasons(document: Document) -> list[str]:
    return [str(error) for error in document.errors]


def test_every_key_and_list_item_knows_its_line() -> None:
    document = read("a:\n  b:\n    - 1\n    - c: 2\n")
    assert document.source(("a",)) == f"{FILE}:1"
    assert document.source(("a", "b")) == f"{FILE}:2"
    assert document.source(("a", "b", 1, "c")) == f"{FILE}:4"


def test_the_place_of_an_unmarked_path_is_the_nearest_one_around_it() -> None:
    assert read("a:\n  b: 1\n").source(("a", "b", "missing")) == f"{FILE}:2"
    assert read("a: 1\n").source(("z",)) == str(FILE)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("17:30", "17:30"),
        ("12:30:45", "12:30:45"),
        ("0123", "0123"),
        ("+4915112345", 4915112345),
        ("2024-05-01", "2024-05-01"),
        ("0x1f", 31),
        ("0o17", 15),
        ("0", 0),
        ("-5", -5),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("'8008'", "8008"),
        ("'0o17'", "0o17"),
        ("!!str 12", "12"),
    ],
)
def test_values_are_what_people_mean_by_them(written: str, value: object) -> None:
    document = read(f"key: {written}\n")
    assert not document.errors
    assert document.data["key"] == value
    assert type(document.data["key"]) is type(value)


@pytest.mark.parametrize("key", ["on", "123", "yes", "null", "1.5"])
def test_keys_are_always_text(key: str) -> None:
    assert list(read(f"{key}: 1\n").data) == [key]


def test_a_key_given_twice_names_both_lines() -> None:
    document = read("light.hue:\n  bridge: a\n  bridge: b\n")
    assert reasons(document) == [f"{FILE}:3: light.hue.bridge: the key is there twice; the first one is in line 2."]


def test_anchors_and_merge_keys_work_and_own_keys_win() -> None:
    document = read("a: &base {x: 1, y: 2}\nb:\n  <<: *base\n  y: 3\nc: *base\n")
    assert not document.errors
    assert document.data["b"] == {"x": 1, "y": 3}
    assert document.data["c"] == {"x": 1, "y": 2}


def test_an_alias_inside_of_what_it_names_is_refused() -> None:
    assert "the alias stands inside of what it names" in reasons(read("a: &loop\n  b: *loop\n"))[0]


def test_aliases_cannot_expand_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    assert "once its aliases are expanded" in reasons(read("\n".join(lines)))[0]


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("cron.x:\n  cron_expression: * * * * *\n", 2, "cron_expression: '* * * * *'"),
        ("cron.x:\n  cron_expression: */5 * * * *\n", 2, "cron_expression: '* * * * *'"),
        ("a:\n\tb: 1\n", 2, "indent with spaces"),
        ("a: @home\n", 1, "has to be quoted"),
        ("a: b: c\n", 1, "has to be quoted"),
        ("a: 'open\nb: 1\n", 3, "A quote is opened and not closed"),
        ("a: 1\n---\nb: 2\n", 2, "remove the second ---"),
        ("a: 1\nb: [${room}]\n", 2, "such as '${name}'"),
        ("a:\n  - 1\n b: 2\n", 3, "The indent of this line"),
    ],
)
def test_a_syntax_error_names_its_line_and_the_mend(text: str, line: int, hint: str) -> None:
    (problem,) = reasons(read(text))
    assert problem.startswith(f"{FILE}:{line}: not valid YAML")
    assert hint in problem


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~\n"])
def test_an_empty_file_is_an_empty_configuration(text: str) -> None:
    document = read(text)
    assert document.data == {}
    assert not document.errors


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n"])
def test_a_file_without_keys_is_refused(text: str) -> None:
    assert "has to hold keys with values" in reasons(read(text))[0]


def test_a_list_as_a_key_is_refused() -> None:
    assert "a key has to be a word" in reasons(read("? [a, b]\n: 1\n"))[0]


def test_an_unknown_tag_is_refused_with_a_suggestion() -> None:
    assert "unknown tag !evn. Did you mean '!env'?" in reasons(read("a: !evn X\n"))[0]


def test_no_tag_makes_an_object_of_python() -> None:
    document = read("a: !!python/object/apply:os.system [id]\n")
    assert "cannot stand here" in reasons(document)[0]


def test_a_tag_fetches_a_secret_from_the_environment() -> None:
    assert read("a: !env HUE_TOKEN\n", HUE_TOKEN="s3cret").data["a"] == Secret("s3cret")


def test_a_missing_environment_variable_is_noted_with_its_path() -> None:
    document = read("a:\n  b: !env NOPE\n")
    assert document.secret_errors == [(("a", "b"), "the environment variable NOPE is not set.")]


def test_a_tag_fetches_a_secret_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hue").write_text("s3cret\n")
    (tmp_path / "hue").chmod(0o600)
    document = parse("a: !file hue\n", tmp_path / "config.yaml", {})
    assert document.data["a"] == Secret("s3cret")
    assert not document.warnings


def test_an_unreadable_secret_is_noted(tmp_path: Path) -> None:
    document = parse("a: !file missing\n", tmp_path / "config.yaml", {})
    ((path, reason),) = document.secret_errors
    assert path == ("a",)
    assert "missing" in reason


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    assert "nested too deeply" in reasons(read("a: " + "[" * 5000 + "]" * 5000 + "\n"))[0]


def test_a_merge_key_takes_several_mappings_and_the_first_one_wins() -> None:
    document = read("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n")
    assert document.data["c"] == {"x": 1, "y": 2}


def test_a_merge_key_with_anything_else_is_refused() -> None:
    assert reasons(read("a:\n  <<: 5\n")) == [f"{FILE}:2: a: << takes the alias of a mapping, or a list of such."]
