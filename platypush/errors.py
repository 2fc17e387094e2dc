"""Every exception that Platypush raises on purpose, as one tree.

    PlatypushError
    ├── ConfigurationError        the installation's configuration cannot be used
    ├── BackupFailed              a backup cannot be made, or one cannot be restored
    ├── BadRequest            400 the message is not one
    │   ├── ArgumentError     400 arguments do not fit an action's signature
    │   └── UnknownAction     400 no such plugin, action or procedure
    ├── NotAuthenticated      401 no credential, or a wrong one
    ├── Forbidden             403 known, but not allowed
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── Conflict              409 the state forbids it (a user that exists already)
    ├── RegistrationRequired  412 there is no user yet
    ├── TooLarge              413
    ├── TooManyAttempts       429 sign-in slowed down
    ├── ActionFailed          500 an action ran and failed
    ├── Unavailable           503 a part of the hub cannot be reached now
    │   ├── BusUnavailable    503 the daemon is away; the request was not sent
    │   ├── AnswerLost        503 the daemon went away after the request was sent: it may have run
    │   ├── Busy              503 too many calls at once
    │   └── StorageFailed     503 the database or the disk refuses
    └── TimeLimit             504 the time for a call is over; it may still run

Each class knows its HTTP status and a stable ``code`` for programs; an instance carries
``details`` (JSON-able) and optionally ``retry_after`` seconds. The text says what happened, why, and the
mend. This module imports nothing of the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ActionFailed",
    "AnswerLost",
    "ArgumentError",
    "BackupFailed",
    "BadRequest",
    "BusUnavailable",
    "Busy",
    "ConfigurationError",
    "Conflict",
    "Forbidden",
    "MethodNotAllowed",
    "NotAuthenticated",
    "NotFound",
    "PlatypushError",
    "RegistrationRequired",
    "StepsFailed",
    "StorageFailed",
    "TimeLimit",
    "TooLarge",
    "TooManyAttempts",
    "Unavailable",
    "UnknownAction",
]


class PlatypushError(Exception):
    """Base of the tree. ``str(error)`` is fit to be shown to the caller."""

    http_status = 500
    code = "internal_error"
    default_message = "Something went wrong inside the hub. The log has the details."

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.details: dict[str, Any] = dict(details or {})
        self.retry_after = retry_after
        super().__init__(self.message)

    def to_dict(self, request_id: str | None = None) -> dict[str, Any]:
        """The one error shape: ``{"error": {"code", "message", "details"?, "request_id"?}}``."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            body["details"] = self.details
        if request_id:
            body["request_id"] = request_id
        return {"error": body}


class ConfigurationError(PlatypushError):
    """The configuration cannot be used. ``problems`` holds one line for every error found."""

    code = "configuration_error"
    default_message = "The configuration cannot be used."

    def __init__(self, message: str | None = None, *, problems: tuple[str, ...] = ()) -> None:
        text = message or self.default_message
        if problems:
            text = "\n".join((text, *(f"  - {problem}" for problem in problems)))
        super().__init__(text, details={"problems": list(problems)} if problems else None)
        self.problems = problems


class BackupFailed(PlatypushError):
    """A backup cannot be made, or an archive cannot be restored. Nothing was changed."""

    code = "backup_failed"


class BadRequest(PlatypushError):
    """What came in is not a message the hub understands."""

    http_status = 400
    code = "bad_request"
    default_message = "The request cannot be understood."


class ArgumentError(BadRequest):
    """The arguments do not fit the action's signature; ``details`` names each argument."""

    code = "invalid_arguments"


class UnknownAction(BadRequest):
    """No plugin, action or procedure has that name."""

    code = "unknown_action"


class NotAuthenticated(PlatypushError):
    """No credential was given, or the one given is wrong, expired or revoked."""

    http_status = 401
    code = "unauthorized"
    default_message = "Sign in, or send a valid token."


class Forbidden(PlatypushError):
    """The caller is known but not allowed to do this."""

    http_status = 403
    code = "forbidden"
    default_message = "This credential does not allow that."


class NotFound(PlatypushError):
    """There is no such thing."""

    http_status = 404
    code = "not_found"
    default_message = "There is nothing at this address."


class MethodNotAllowed(PlatypushError):
    """The route exists, not with this HTTP method."""

    http_status = 405
    code = "method_not_allowed"
    default_message = "This address does not answer that HTTP method."


class Conflict(PlatypushError):
    """The present state forbids it."""

    http_status = 409
    code = "conflict"


class RegistrationRequired(PlatypushError):
    """At least one user has to be registered before anything is served."""

    http_status = 412
    code = "registration_required"
    default_message = "No user is registered yet. Open /register in a browser, or run: platypush user add NAME"


class TooLarge(PlatypushError):
    """The body is larger than the configured limit."""

    http_status = 413
    code = "too_large"
    default_message = "The body is larger than the configured limit."


class TooManyAttempts(PlatypushError):
    """Sign-in is slowed down after wrong credentials; ``retry_after`` says for how long."""

    http_status = 429
    code = "too_many_attempts"
    default_message = "Too many wrong sign-ins. Wait before the next one."


class ActionFailed(PlatypushError, RuntimeError):
    """An action ran and raised; raised by callers that want an exception (``run``).

    A RuntimeError too, because that is what user scripts written for ``run`` catch.
    """

    code = "action_failed"


class StepsFailed(ActionFailed):
    """Steps of the configuration failed. The text says where and why; a traceback would only show the hub's inside."""


class Unavailable(PlatypushError):
    """A part of the hub cannot be reached now."""

    http_status = 503
    code = "unavailable"
    default_message = "A part of the hub cannot be reached now. Try again soon."


class BusUnavailable(Unavailable):
    """The daemon cannot be reached. The request was not sent, so it can safely be repeated."""

    code = "daemon_unavailable"
    default_message = "The Platypush daemon cannot be reached. The request was not sent: send it again later."


class AnswerLost(Unavailable):
    """The daemon went away while it had the request, which may or may not have run."""

    code = "answer_lost"
    default_message = (
        "The Platypush daemon went away before it answered. The action may have run: check before sending it again."
    )


class Busy(Unavailable):
    """As many calls as allowed are running. The request did not run."""

    code = "busy"
    default_message = "The hub runs as many calls as it may at once. The request did not run: send it again later."


class StorageFailed(Unavailable):
    """The database or the disk refuses; the reason is in the log."""

    code = "storage_failed"
    default_message = "The hub cannot reach its database now. The log has the reason."


class TimeLimit(PlatypushError):
    """The time for a call is over. The action may still be running."""

    http_status = 504
    code = "time_limit"
    default_message = "The time limit is over. The action may still be running."
