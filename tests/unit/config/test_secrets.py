"""Secrets are found, hidden, and fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.config.model import MASK, Secret
from platypush.config.secrets import is_secret_key, mask, protect, read_secret_file, readable_by_others, reveal


@pytest.mark.parametrize(
    "key",
    ["token", "hue_token", "hueToken", "password", "DB_PASSWORD", "api_key", "apiKey", "X-API-Key", "client-secret",
     "private_key", "psk", "credentials", "apikey", "password2"],
)  # fmt: skip
def test_a_key_that_names_a_secret_is_known(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    ["token_file", "password_url", "ssl_key", "key", "port", "", "keyboard", "secretary", "1", "token_days"],
)
def test_a_key_that_only_looks_like_one_is_not(key: str) -> None:
    assert not is_secret_key(key)


def test_protect_wraps_texts_under_such_keys_and_urls_with_passwords() -> None:
    tree = {"token": "a", "host": "b", "list": [{"password": "c"}], "credentials": {"user": "d"}, "db": "x://u:p@h/d"}
    assert protect(tree) == {
        "token": Secret("a"),
        "host": "b",
        "list": [{"password": Secret("c")}],
        "credentials": {"user": Secret("d")},
        "db": Secret("x://u:p@h/d"),
    }


def test_reveal_undoes_protect() -> None:
    tree = {"token": "a", "list": [{"password": "c"}], "n": 1}
    assert reveal(protect(tree)) == tree


def test_mask_shows_neither_secrets_nor_numbers_under_their_keys() -> None:
    shown = mask({"token": Secret("a"), "pin": 1234, "flags": {"token": True}, "url": "http://u:pw@host/x", "n": 1})
    assert shown == {"token": MASK, "pin": MASK, "flags": {"token": True}, "url": f"http://u:{MASK}@host/x", "n": 1}


def test_mask_leaves_addresses_without_a_password_alone() -> None:
    assert mask({"a": "http://host:8008/a@b", "b": "me@example.org"}) == {
        "a": "http://host:8008/a@b",
        "b": "me@example.org",
    }


def test_a_secret_file_loses_its_trailing_newline_only(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text(" two\nlines \n\n")
    assert read_secret_file(file) == " two\nlines "


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"\n", "empty"), (b"\xff", "UTF-8"), (b"x" * 70_000, "larger")]
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "s"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=reason):
        read_secret_file(file)


def test_a_file_that_everybody_can_read_is_pointed_out(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text("x")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
    file.chmod(0o644)
    assert "chmod o-rwx" in str(readable_by_others(file))
    file.chmod(0o640)
    assert readable_by_others(file) is None


def test_a_closed_folder_protects_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "private" / "s"
    file.parent.mkdir(mode=0o700)
    file.write_text("x")
    file.chmod(0o644)
    assert readable_by_others(file) is None
