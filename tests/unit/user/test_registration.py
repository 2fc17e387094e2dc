"""Registering the first user."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.errors import BadRequest, Conflict, Forbidden, TooManyAttempts
from platypush.user.registration import check_code, ensure_code, remove_code
from platypush.user.service import Users
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock


def test_the_code_is_for_the_owner_alone_and_stays_the_same(tmp_path: Path) -> None:
    code = ensure_code(tmp_path)
    assert ensure_code(tmp_path) == code
    assert (tmp_path / "registration.code").stat().st_mode & 0o777 == 0o600
    assert len(code) == 14


def test_the_code_is_accepted_as_people_type_it(tmp_path: Path) -> None:
    code = ensure_code(tmp_path)
    assert check_code(tmp_path, code)
    assert check_code(tmp_path, code.lower().replace("-", " "))


@pytest.mark.parametrize("given", ["", "AAAA-AAAA-AAAA", "é", "\ud800"])
def test_another_code_is_refused(tmp_path: Path, given: str) -> None:
    ensure_code(tmp_path)
    assert not check_code(tmp_path, given)


def test_nothing_is_the_code_when_there_is_none(tmp_path: Path) -> None:
    assert not check_code(tmp_path, "")
    ensure_code(tmp_path)
    remove_code(tmp_path)
    remove_code(tmp_path)
    assert not check_code(tmp_path, "")


def test_a_damaged_code_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "registration.code").write_bytes(b"\xff")
    assert check_code(tmp_path, ensure_code(tmp_path))


def test_from_this_machine_no_code_is_needed(empty: Users) -> None:
    empty.registrar.register(NAME, PASSWORD, address="127.0.0.1", local=True)
    assert empty.accounts.exists()


def test_from_another_machine_the_code_opens(empty: Users, tmp_path: Path) -> None:
    code = empty.registrar.code()
    assert code
    empty.registrar.register(NAME, PASSWORD, address=ADDRESS, local=False, code=code)
    assert empty.accounts.exists()
    assert not (tmp_path / "registration.code").exists()
    assert empty.registrar.code() is None


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA"])
def test_from_another_machine_nothing_else_opens(empty: Users, code: str) -> None:
    empty.registrar.code()
    with pytest.raises(Forbidden, match="one-time code"):
        empty.registrar.register(NAME, PASSWORD, address=ADDRESS, local=False, code=code)
    assert not empty.accounts.exists()


def test_a_password_that_is_refused_leaves_the_code(empty: Users) -> None:
    code = empty.registrar.code()
    assert code
    with pytest.raises(BadRequest):
        empty.registrar.register(NAME, "short", address=ADDRESS, local=False, code=code)
    assert empty.registrar.code() == code


def test_nobody_registers_after_the_first(users: Users) -> None:
    with pytest.raises(Conflict):
        users.registrar.register("bob", PASSWORD, address="127.0.0.1", local=True)


def test_guessing_the_code_is_slowed_down_and_the_owner_is_not(empty: Users, clock: ManualClock) -> None:
    code = empty.registrar.code()
    assert code
    for _ in range(5):
        with pytest.raises(Forbidden):
            empty.registrar.register(NAME, PASSWORD, address=ADDRESS, local=False, code="AAAA")
    with pytest.raises(TooManyAttempts):
        empty.registrar.register(NAME, PASSWORD, address=ADDRESS, local=False, code=code)
    empty.registrar.register(NAME, PASSWORD, address="198.51.100.1", local=False, code=code)
    assert empty.accounts.exists()
