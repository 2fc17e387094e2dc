"""How long a sign-in has to wait after wrong ones. Pure: states and times in, seconds out."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

__all__ = ["ADDRESS", "FORGET_AFTER", "PAIR", "Rule", "State", "address_key", "failed", "pair_key", "waiting_time"]

FORGET_AFTER = 3600.0
"""Seconds without a wrong attempt after which none is remembered."""

_CLOCK_SLACK = 5.0
"""Seconds by which clocks of processes or machines may differ without meaning that the clock was set back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``free`` wrong attempts cost nothing; each further one doubles the wait, from 1 s to ``longest``."""

    free: int
    longest: float


PAIR = Rule(free=5, longest=900)
"""For one user from one address."""
ADDRESS = Rule(free=20, longest=900)
"""For one address, whatever user it tries: a household behind one router shares it."""


@dataclass(frozen=True, slots=True)
class State:
    """Wrong attempts in a row, the last one at ``last_at`` (seconds since the epoch)."""

    failures: int
    last_at: float


def waiting_time(state: State | None, now: float, rule: Rule) -> float:
    """Seconds before the next attempt is looked at; 0 when it may come now.

    An attempt that seems to lie in the future was counted before the clock was set back: nobody waits for it.
    """
    if state is None or state.failures < rule.free:
        return 0.0
    elapsed = now - state.last_at
    if elapsed < -_CLOCK_SLACK or elapsed >= FORGET_AFTER:
        return 0.0
    delay = min(rule.longest, 2.0 ** min(state.failures - rule.free, 32))
    return min(delay, max(0.0, delay - elapsed))


def failed(state: State | None, now: float) -> State:
    """The state after one more wrong attempt at ``now``."""
    if state is None or now - state.last_at >= FORGET_AFTER:
        return State(1, now)
    return State(state.failures + 1, now)


def address_key(address: str) -> str:
    """What counts as one address: an IPv4 address, the /64 network of an IPv6 one (a household has at least that)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
        return str(parsed.ipv4_mapped)
    return str(parsed)


def pair_key(address: str, user: str) -> str:
    """The address and the user; hashed, because people type passwords into the wrong field."""
    return f"{address_key(address)} {hashlib.sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
