"""How a view says who may call it. ``enforce`` looks at it before the view runs; a view that says nothing is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app, request

from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web

__all__ = ["Access", "access_of", "authenticated", "enforce", "open_route"]

_MARK = "__platypush_access__"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a view: those with ``permission``, or everybody when it is None, for ``reason``."""

    permission: str | None
    reason: str = ""


def authenticated(permission: str) -> Callable[[View], View]:
    """Let only those call the view who may do ``permission``; ``{name}`` in it stands for a part of the route."""
    return lambda view: _marked(view, Access(permission))


def open_route(reason: str) -> Callable[[View], View]:
    """Let everybody call the view, because of ``reason``: it is public, or it decides by itself."""
    return lambda view: _marked(view, Access(None, reason))


def access_of(view: Callable[..., Any], endpoint: str) -> Access:
    """What the view said, or, when it said nothing, a permission of its own that restricted tokens lack."""
    mark = getattr(view, _MARK, None)
    return mark if isinstance(mark, Access) else Access(f"route:{endpoint}")


def enforce() -> None:
    """Check the present request against what its view said. Raises like ``auth.methods.require``."""
    endpoint = request.endpoint
    if endpoint is None or endpoint not in current_app.view_functions:
        return
    access = access_of(current_app.view_functions[endpoint], endpoint)
    if access.permission is not None:
        permission = access.permission.format_map(request.view_args or {})
        require(current_web(), request.environ, exchange_of(request.environ), permission)


def _marked(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view
