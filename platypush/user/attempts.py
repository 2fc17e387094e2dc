"""Wrong sign-ins, counted in the database so that all workers share them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from platypush.user.schema import attempts
from platypush.user.throttle import (
    ADDRESS,
    FORGET_AFTER,
    PAIR,
    State,
    address_key,
    failed,
    pair_key,
    waiting_time,
)
from platypush.user.values import upsert

__all__ = ["clean_attempts", "forgive", "record_failure", "required_wait"]


def required_wait(connection: Connection, address: str, user: str, now: float) -> float:
    """Seconds that a sign-in as ``user`` from ``address`` has to wait; 0 for none."""
    return max(
        waiting_time(_state(connection, pair_key(address, user)), now, PAIR),
        waiting_time(_state(connection, address_key(address)), now, ADDRESS),
    )


def record_failure(connection: Connection, address: str, user: str, now: float) -> int:
    """Count a wrong sign-in; how many there are in a row for this user from this address."""
    failures = 0
    for key in (address_key(address), pair_key(address, user)):
        state = failed(_state(connection, key, lock=True), now)
        upsert(connection, attempts, {"id": key}, {"failures": state.failures, "last_at": state.last_at})
        failures = state.failures
    return failures


def forgive(connection: Connection, address: str, user: str) -> None:
    """Forget the wrong ones of ``user`` from ``address`` after a right one.

    Those of the address stay: whoever has an account could otherwise guess at the others without end.
    """
    connection.execute(delete(attempts).where(attempts.c.id == pair_key(address, user)))


def clean_attempts(connection: Connection, now: float, limit: int) -> int:
    """Remove up to ``limit`` states that no longer count; how many it were."""
    old = select(attempts.c.id).where(attempts.c.last_at < now - FORGET_AFTER).limit(limit)
    return connection.execute(delete(attempts).where(attempts.c.id.in_(old))).rowcount


def _state(connection: Connection, key: str, *, lock: bool = False) -> State | None:
    query = select(attempts.c.failures, attempts.c.last_at).where(attempts.c.id == key)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else State(row.failures, row.last_at)
