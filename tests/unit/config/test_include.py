"""Several files make one configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.config.include import read_document
from tests.unit.config.conftest import Write


def test_included_sections_are_merged_key_by_key(write: Write) -> None:
    write("light.hue:\n  groups: [Kitchen]\n", "conf.d/hue.yaml")
    main = write("include: conf.d/hue.yaml\nlight.hue:\n  bridge: hue.local\n")
    document = read_document(main, {})
    assert document.data == {"light.hue": {"bridge": "hue.local", "groups": ["Kitchen"]}}
    assert document.source(("light.hue", "groups")) == f"{main.parent}/conf.d/hue.yaml:2"
    assert document.source(("light.hue", "bridge")) == f"{main}:3"


def test_a_path_is_relative_to_the_file_that_includes_it(write: Write) -> None:
    write("b: {x: 1}\n", "conf.d/b.yaml")
    write("include: [b.yaml]\n", "conf.d/a.yaml")
    assert read_document(write("include: conf.d/a.yaml\n"), {}).data == {"b": {"x": 1}}


def test_two_values_for_one_key_are_an_error_that_names_both_places(write: Write) -> None:
    write("device_id: attic\n", "other.yaml")
    main = write("device_id: kitchen\ninclude: other.yaml\n")
    (problem,) = read_document(main, {}).errors
    assert str(problem) == (
        f"{main.parent}/other.yaml:1: device_id: device_id has another value in {main}:1. Keep one of them."
    )


def test_the_same_value_twice_is_no_conflict(write: Write) -> None:
    write("device_id: attic\ntts:\n", "other.yaml")
    assert not read_document(write("include: other.yaml\ndevice_id: attic\ntts: {voice: x}\n"), {}).errors


def test_an_empty_section_takes_the_keys_of_an_included_one(write: Write) -> None:
    write("tts: {voice: x}\n", "other.yaml")
    assert read_document(write("include: other.yaml\ntts:\n"), {}).data == {"tts": {"voice": "x"}}


def test_files_that_include_each_other_are_an_error(write: Write) -> None:
    write("include: config.yaml\n", "a.yaml")
    (problem,) = read_document(write("include: a.yaml\n"), {}).errors
    assert "the files include each other" in problem.reason
    assert "a.yaml" in problem.reason


def test_a_file_included_by_two_others_is_read_once(write: Write) -> None:
    write("x: {list: [1]}\n", "shared.yaml")
    write("include: shared.yaml\n", "a.yaml")
    write("include: shared.yaml\n", "b.yaml")
    document = read_document(write("include: [a.yaml, b.yaml]\n"), {})
    assert not document.errors
    assert [file.name for file in document.files] == ["config.yaml", "a.yaml", "shared.yaml", "b.yaml"]


def test_a_missing_include_names_line_and_file(write: Write) -> None:
    main = write("device_id: x\ninclude: nope.yaml\n")
    (problem,) = read_document(main, {}).errors
    assert str(problem) == f"{main}:2: include: there is no file {main.parent}/nope.yaml"


@pytest.mark.parametrize("value", ["12", "{a: b}", "[1, 2]"])
def test_an_include_that_is_no_path_is_refused(write: Write, value: str) -> None:
    (problem,) = read_document(write(f"include: {value}\n"), {}).errors
    assert "the path of a file is expected" in problem.reason


def test_errors_of_all_files_are_found_together(write: Write) -> None:
    write("a: 'open\n", "a.yaml")
    write("b: [\n", "b.yaml")
    assert len(read_document(write("include: [a.yaml, b.yaml]\n"), {}).errors) == 2


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    (problem,) = read_document(path, {}).errors
    assert problem.reason == "the file is not UTF-8 text (byte 9)."


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfdevice_id: x\n")
    assert read_document(path, {}).data == {"device_id": "x"}


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (problem,) = read_document(tmp_path / "missing.yaml", {}).errors
    assert problem.reason == "the file cannot be read: No such file or directory."


def test_a_path_with_a_variable_that_is_not_set_is_an_error(write: Write) -> None:
    (problem,) = read_document(write("include: $NOPE/a.yaml\n"), {}).errors
    assert "the environment variable NOPE" in problem.reason


def test_secrets_and_warnings_of_included_files_are_kept(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platypush.config.yaml_source.readable_by_others", lambda path: f"everybody reads {path.name}")
    write("abc\n", "token")
    write("tts: {key: !file token, other: !env NOPE}\n", "a.yaml")
    document = read_document(write("include: a.yaml\n"), {})
    assert document.warnings == [(("tts", "key"), "everybody reads token")]
    assert document.secret_errors == [(("tts", "other"), "the environment variable NOPE is not set.")]
