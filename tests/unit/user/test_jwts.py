"""Tokens that this installation signed, and forged ones."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from platypush.user.jwts import Claims, JwtSigner

KEY = b"k" * 32
SIGNER = JwtSigner(KEY)
CLAIMS = Claims(user="alice", user_id=7, password_version="ab", id="0" * 32, issued_at=1_800_000_000, expires_at=None)
PAYLOAD = {"sub": "alice", "uid": 7, "pv": "ab", "jti": "0" * 32, "iat": 1_800_000_000}


def segment(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def test_a_token_gives_back_its_claims() -> None:
    assert SIGNER.check(SIGNER.sign(CLAIMS)) == CLAIMS


def test_the_end_may_be_a_fraction_of_a_second() -> None:
    claims = Claims(user="a", user_id=1, password_version="b", id="c", issued_at=1.0, expires_at=1_800_000_000.25)
    checked = SIGNER.check(SIGNER.sign(claims))
    assert checked is not None
    assert checked.expires_at == 1_800_000_000.25


def test_a_token_from_a_nearby_future_is_not_refused() -> None:
    assert SIGNER.check(jwt.encode(PAYLOAD | {"iat": 99_999_999_999, "nbf": 99_999_999_999}, KEY, "HS256"))


def test_a_token_signed_with_another_key_is_none() -> None:
    assert SIGNER.check(JwtSigner(b"x" * 32).sign(CLAIMS)) is None


def test_a_token_without_a_signature_is_none() -> None:
    for algorithm in ("none", "None", "NONE", "nOnE"):
        head = segment({"alg": algorithm, "typ": "JWT"})
        assert SIGNER.check(f"{head}.{segment(PAYLOAD)}.") is None
    assert SIGNER.check(jwt.encode(PAYLOAD, "", "none")) is None


def test_a_token_with_our_header_and_no_signature_is_none() -> None:
    head = SIGNER.sign(CLAIMS).split(".")[0]
    assert SIGNER.check(f"{head}.{segment(PAYLOAD)}.") is None


def test_a_token_with_a_changed_payload_is_none() -> None:
    head, _, signature = SIGNER.sign(CLAIMS).split(".")
    assert SIGNER.check(f"{head}.{segment(PAYLOAD | {'sub': 'root', 'uid': 1})}.{signature}") is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_by_another_algorithm_with_the_right_key_is_none(algorithm: str) -> None:
    assert SIGNER.check(jwt.encode(PAYLOAD, KEY * 2, algorithm)) is None


def test_a_token_with_another_header_is_none_although_the_signature_is_right() -> None:
    assert SIGNER.check(jwt.encode(PAYLOAD, KEY, "HS256", headers={"kid": "../../key"})) is None


@pytest.mark.parametrize("missing", sorted(PAYLOAD))
def test_a_token_without_one_of_our_claims_is_none(missing: str) -> None:
    payload = {name: value for name, value in PAYLOAD.items() if name != missing}
    assert SIGNER.check(jwt.encode(payload, KEY, "HS256")) is None


@pytest.mark.parametrize("changed", [{"uid": "x"}, {"uid": None}, {"exp": "soon"}, {"iat": []}])
def test_claims_of_the_wrong_type_are_none(changed: dict[str, Any]) -> None:
    assert SIGNER.check(jwt.encode(PAYLOAD | changed, KEY, "HS256")) is None


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.x.y", "é.é.é", "\ud800"]
)
def test_nonsense_is_none(text: str) -> None:
    assert SIGNER.check(text) is None


def test_an_endless_token_is_none_without_being_parsed() -> None:
    head = SIGNER.sign(CLAIMS).split(".")[0]
    assert not SIGNER.looks_like(f"{head}.{'a' * 10_000}.b")
