"""Signed addresses."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from platypush.user.signing import UrlSigner
from tests.unit.user.doubles import ManualClock

PATH = "/media/abc.mp4"


@pytest.fixture
def signer(clock: ManualClock) -> UrlSigner:
    return UrlSigner(b"k" * 32, clock=clock)


def parts(query: str) -> tuple[str, str]:
    values = parse_qs(query)
    return values["expires"][0], values["signature"][0]


def test_a_signed_path_opens_for_six_hours(signer: UrlSigner, clock: ManualClock) -> None:
    expires, signature = parts(signer.sign(PATH))
    clock.advance(6 * 3600 - 1)
    assert signer.verify(PATH, expires, signature)
    clock.advance(1)
    assert not signer.verify(PATH, expires, signature)


def test_the_time_can_be_chosen(signer: UrlSigner, clock: ManualClock) -> None:
    expires, signature = parts(signer.sign(PATH, hours=0.5))
    clock.advance(1801)
    assert not signer.verify(PATH, expires, signature)


@pytest.mark.parametrize("path", ["/media/abd.mp4", "/media/abc.mp", "/media/abc.mp4/", "", "/media/abc.mp4\n"])
def test_another_path_is_refused(signer: UrlSigner, path: str) -> None:
    expires, signature = parts(signer.sign(PATH))
    assert not signer.verify(path, expires, signature)


def test_a_later_end_is_refused(signer: UrlSigner) -> None:
    expires, signature = parts(signer.sign(PATH))
    assert not signer.verify(PATH, str(int(expires) + 1), signature)
    assert not signer.verify(PATH, "0" + expires, signature)


@pytest.mark.parametrize("given", [("", ""), ("soon", "x"), ("9" * 400, "x"), ("1", "é"), ("1", "\ud800")])
def test_nonsense_is_refused(signer: UrlSigner, given: tuple[str, str]) -> None:
    assert not signer.verify(PATH, *given)


def test_another_key_is_refused(signer: UrlSigner, clock: ManualClock) -> None:
    assert not signer.verify(PATH, *parts(UrlSigner(b"x" * 32, clock=clock).sign(PATH)))
