"""Doubles of our own for the tests of users."""

from __future__ import annotations

import base64

from platypush.user.credentials import Credential

NAME = "alice"
PASSWORD = "correct horse"
ADDRESS = "203.0.113.9"


class ManualClock:
    """A clock that stands still until it is moved; ``jump`` moves the time of day alone, as an NTP client does."""

    def __init__(self) -> None:
        self._monotonic = 1000.0
        self._time = 1_800_000_000.0

    def monotonic(self) -> float:
        return self._monotonic

    def time(self) -> float:
        return self._time

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._time += seconds

    def jump(self, seconds: float) -> None:
        self._time += seconds


def basic(name: str = NAME, password: str = PASSWORD) -> Credential:
    value = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Credential("basic", value, "authorization")


def token(value: str) -> Credential:
    return Credential("token", value, "authorization")


def session(value: str) -> Credential:
    return Credential("session", value, "cookie")
