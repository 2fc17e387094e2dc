"""The leaf helpers."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from platypush._lib.calls import current_call, in_call
from platypush._lib.files import check_socket_path, private_dir, safe_join, write_private
from platypush._lib.logs import JsonFormatter, RequestFilter, redact, redact_query
from platypush._lib.suggest import did_you_mean


def test_a_close_name_is_suggested_and_a_far_one_is_not() -> None:
    assert did_you_mean("sya", ["say", "stop"]) == " Did you mean 'say'?"
    assert did_you_mean("zzz", ["say", "stop"]) == ""


def test_a_private_file_is_replaced_whole_with_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["key"]


def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    assert stat.S_IMODE(private_dir(tmp_path / "run").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["a.txt", "/a.txt", "sub/../a.txt", "./a.txt"])
def test_a_path_inside_is_joined(tmp_path: Path, name: str) -> None:
    assert safe_join(tmp_path, name) == tmp_path.resolve() / "a.txt"


@pytest.mark.parametrize("name", ["../x", "sub/../../x", "link/x", "a\0b", "../root2/x"])
def test_a_path_that_leads_outside_is_none(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "root2").mkdir()
    (root / "link").symlink_to(tmp_path / "root2")
    assert safe_join(root, name) is None


def test_a_socket_path_that_the_kernel_would_cut_is_refused_with_the_mend() -> None:
    assert check_socket_path(Path("/tmp/x"))
    with pytest.raises(ValueError, match="RUNTIME_DIRECTORY"):
        check_socket_path(Path("/" + "x" * 107))


def test_a_call_is_current_inside_its_block_only() -> None:
    assert current_call() is None
    with in_call("outer", 10):
        with in_call("inner", 5) as call:
            assert current_call() is call
            assert 4 < call.time_left() <= 5
        outer = current_call()
        assert outer is not None
        assert outer.request_id == "outer"
    assert current_call() is None


@pytest.mark.parametrize(
    "text",
    [
        "/execute?token=abc&x=1",
        "/dashboard/main?pair=abc",
        "session_token=abc",
        "GET /?a=1&token=abc HTTP/1.1",
        '{"q": "password=abc"}',
    ],
)
def test_credentials_are_taken_out_of_log_lines(text: str) -> None:
    assert "abc" not in redact(text)


@pytest.mark.parametrize(
    "query", ["token=se;cret", "a=1&%74oken=secret", "TOKEN=se'cret", "session%5Ftoken=secret&x", "+token=secret"]
)
def test_no_spelling_of_a_credential_in_a_query_reaches_the_log(query: str) -> None:
    assert "cret" not in redact_query(query)
    assert redact_query("a=1&x=token&b&=&c=d=e") == "a=1&x=token&b&=&c=d=e"


def test_a_json_line_names_its_request() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "url ?token=%s", ("abc",), None)
    with in_call("r1", 1):
        RequestFilter().filter(record)
    line = json.loads(JsonFormatter().format(record))
    assert line["request_id"] == "r1"
    assert line["message"] == "url ?token=***"
