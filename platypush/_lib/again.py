"""Calling something again and again until it is time to stop, with pauses that grow while it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

from platypush._lib.presence import Presence

__all__ = ["again"]

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_AWAY_PAUSE = 5.0
"""What is away is looked for so often that it is in use within 10 s of its return."""


def again(
    step: Callable[[], float | None],
    *,
    wait: Callable[[float], bool],
    away: tuple[type[Exception], ...],
    presence: Presence,
    logger: logging.Logger,
    name: str,
) -> None:
    """Call ``step`` until it gives None, or until ``wait`` says that it is time to stop. Runs in the caller's thread.

    ``step`` gives the seconds until its next turn. An exception of a class in ``away`` means that something outside is
    away: ``presence`` says so in one line, and it is tried again soon, after the exception's ``retry_after`` seconds
    where it has any. Any other exception is logged with its traceback, and the pauses grow to a minute.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            seconds = step()
            presence.found()
            pause = _FIRST_PAUSE
            if seconds is None:
                return
        except Exception as error:  # boundary: the top of a thread of other people's code
            reason = str(error) or type(error).__name__
            if presence.reason is None:
                # It went well since the last failure, maybe for days.
                pause = _FIRST_PAUSE
            if isinstance(error, away):
                presence.lost(reason)
                seconds = getattr(error, "retry_after", None) or min(pause, _AWAY_PAUSE)
            else:
                presence.broke(reason)
                logger.exception("%s failed, next try in %.0f s", name, pause)
                seconds = pause
            pause = min(pause * 2, _LONGEST_PAUSE)
        if wait(seconds):
            return
