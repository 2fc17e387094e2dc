"""Who may do what: one pure decision for every transport. The default is to refuse."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from platypush.errors import BadRequest, Forbidden, NotAuthenticated
from platypush.message.envelope import Principal

__all__ = ["GRANTABLE", "allows", "authorise", "check_scopes"]

GRANTABLE = ("action", "events", "resources", "camera", "dashboard", "panel")
"""Kinds of permission that a restricted token can be given."""

_BY_NAME = frozenset({"bootstrap", "metrics"})
"""Permissions without a name of their own that a restricted token can be given. No pattern matches them."""

_NEVER_RESTRICTED = "action:user."
"""Actions that make users and tokens: no restricted token runs them, whatever its patterns say."""


def authorise(principal: Principal | None, permission: str) -> None:
    """Return when ``principal`` has ``permission`` (``action:tts.say``, ``events:light.x``, ``resources:photos``,
    ``camera:ffmpeg``, ``api:tokens``, ``metrics``, …).

    Raises NotAuthenticated for nobody and Forbidden for a restricted token without a matching pattern.
    """
    if principal is None:
        raise NotAuthenticated
    if principal.scopes is not None and not allows(principal, permission):
        raise Forbidden(
            f"This token does not allow {permission!r}. It allows: {', '.join(principal.scopes) or 'nothing'}. "
            "Use another credential, or make a token that allows it."
        )


def allows(principal: Principal, permission: str) -> bool:
    """Whether ``principal`` has ``permission``, for filters that skip what is not allowed."""
    scopes = principal.scopes
    if scopes is None:
        return True
    if permission in _BY_NAME:
        return permission in scopes
    kind, separator, name = permission.partition(":")
    if not separator or kind not in GRANTABLE or permission.startswith(_NEVER_RESTRICTED):
        return False
    for scope in scopes:
        scope_kind, separator, pattern = scope.partition(":")
        if not separator:
            scope_kind, pattern = "action", scope
        if scope_kind == kind and fnmatchcase(name, pattern):
            return True
    return False


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The patterns of a new restricted token, without repetitions, in their order.

    Raises BadRequest that names the pattern and the mend.
    """
    checked: dict[str, None] = {}
    for scope in scopes:
        kind, separator, pattern = scope.partition(":")
        if (separator and (kind not in GRANTABLE or not pattern)) or not scope or not scope.isprintable():
            raise BadRequest(
                f"A token cannot be restricted to {scope!r}. Give an action or a pattern such as 'light.*', "
                "'events:light.*', 'resources:photos', 'camera:ffmpeg' or 'metrics'."
            )
        checked[scope] = None
    if not checked:
        raise BadRequest(
            "A restricted token needs at least one pattern, such as 'light.*'; leave them out to allow all."
        )
    return tuple(checked)
