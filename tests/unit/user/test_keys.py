"""The installation's key file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platypush.errors import ConfigurationError
from platypush.user.keys import KEY_FILE, derive_key, load_key


def test_a_missing_key_is_made_with_256_bits_for_the_owner_alone(tmp_path: Path) -> None:
    assert len(load_key(tmp_path)) == 32
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    assert load_key(tmp_path) == load_key(tmp_path)


def test_two_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_key(tmp_path), range(64)))
    assert len(keys) == 1


def test_a_key_that_others_can_read_is_tightened(tmp_path: Path) -> None:
    load_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    load_key(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"abcd", b"not hexadecimal at all", b"\xff\xfe", b"ab" * 31])
def test_a_file_that_holds_no_key_stops_the_start_with_the_mend(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(ConfigurationError, match="Remove it"):
        load_key(tmp_path)


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=KEY_FILE):
        load_key(tmp_path / "missing")


def test_keys_for_different_purposes_differ() -> None:
    assert derive_key(b"k" * 32, "jwt") != derive_key(b"k" * 32, "signed url")
