"""Passwords as they are stored and compared."""

from __future__ import annotations

import unicodedata

import bcrypt
import pytest

from platypush.errors import BadRequest
from platypush.user.passwords import MAX_LENGTH, PasswordHasher, check_new_password, is_password_hash

HASHER = PasswordHasher(cost=4)
LONG = "x1" * 60


@pytest.mark.parametrize(
    "password", ["correct horse", LONG, "naïve café ☕", "zero\0byte", "\ud800 surrogate", "b" * 72, "b" * 73]
)
def test_a_password_matches_itself_and_nothing_longer_or_shorter(password: str) -> None:
    stored = HASHER.hash(password)
    assert HASHER.verify(password, stored)
    assert not HASHER.verify(password + "x", stored)
    assert not HASHER.verify(password[:-1], stored)


def test_what_comes_after_72_bytes_counts() -> None:
    stored = HASHER.hash("a" * 72 + "right")
    assert not HASHER.verify("a" * 72 + "wrong", stored)
    assert not HASHER.verify("a" * 72, stored)


def test_what_comes_after_a_zero_byte_counts() -> None:
    assert not HASHER.verify("abcdefgh\0wrong", HASHER.hash("abcdefgh\0right"))


def test_the_same_letters_in_another_unicode_form_are_the_same_password() -> None:
    stored = HASHER.hash(unicodedata.normalize("NFC", "pässwörter"))
    assert HASHER.verify(unicodedata.normalize("NFD", "pässwörter"), stored)


def test_the_stored_text_names_its_scheme_and_is_salted() -> None:
    first, second = HASHER.hash("correct horse"), HASHER.hash("correct horse")
    assert first.startswith("v1$$2b$04$")
    assert first != second


def test_the_default_cost_is_in_the_hash() -> None:
    assert PasswordHasher(cost=5).hash("correct horse").startswith("v1$$2b$05$")


def test_nobody_matches_no_user() -> None:
    assert not HASHER.verify("correct horse", None)
    assert not HASHER.verify("", None)


def test_the_comparison_for_no_user_does_the_work_of_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[bytes] = []
    real = bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        costs.append(hashed[:7])
        return real(password, hashed)

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    HASHER.verify("correct horse", None)
    HASHER.verify("correct horse", HASHER.hash("another"))
    assert costs == [b"$2b$04$", b"$2b$04$"]


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
def test_hashes_of_an_earlier_platypush_stay_valid(prefix: bytes) -> None:
    stored = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4, prefix)).decode()
    assert HASHER.verify("correct horse", stored)
    assert not HASHER.verify("correct horsf", stored)
    assert HASHER.needs_rehash("correct horse", stored)


def test_an_earlier_hash_of_a_long_password_stays_valid_and_is_not_replaced_by_what_nobody_checked() -> None:
    stored = bcrypt.hashpw(LONG.encode()[:72], bcrypt.gensalt(4)).decode()
    assert HASHER.verify(LONG, stored)
    assert not HASHER.needs_rehash(LONG, stored)


def test_a_zero_byte_never_matches_an_earlier_hash() -> None:
    stored = bcrypt.hashpw(b"a?bcdefgh", bcrypt.gensalt(4)).decode()
    assert HASHER.verify("a?bcdefgh", stored)
    assert not HASHER.verify("a\0bcdefgh", stored)


def test_a_hash_of_our_own_is_replaced_only_when_the_cost_changes() -> None:
    assert not HASHER.needs_rehash("correct horse", HASHER.hash("correct horse"))
    assert HASHER.needs_rehash("correct horse", PasswordHasher(cost=5).hash("correct horse"))


@pytest.mark.parametrize(
    "stored", ["", "plain text", "v1$", "v1$$2b$04$tooshort", "v1$$2b$04$" + "!" * 53, "$2b$99$" + "." * 53]
)
def test_a_damaged_hash_matches_nothing(stored: str) -> None:
    assert not HASHER.verify("correct horse", stored)


def test_a_stored_password_is_recognised() -> None:
    assert is_password_hash(HASHER.hash("correct horse"))
    assert not is_password_hash("pbkdf2:something")


@pytest.mark.parametrize("password", ["", "short", "1234567", "x" * (MAX_LENGTH + 1), "aaaaaaaaaa", "ALICE-12"])
def test_a_new_password_must_not_be_short_endless_or_guessed_at_once(password: str) -> None:
    with pytest.raises(BadRequest):
        check_new_password(password, "alice-12")


@pytest.mark.parametrize("password", ["12345678", "correct horse", "x1" * (MAX_LENGTH // 2)])
def test_any_other_password_is_accepted(password: str) -> None:
    check_new_password(password, "alice")


def test_the_refusal_says_what_is_asked() -> None:
    with pytest.raises(BadRequest, match="at least 8 characters"):
        check_new_password("short")
