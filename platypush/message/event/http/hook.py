"""The event behind ``/hook/<name>``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platypush.message.event import Event
from platypush.message.headers import Headers

__all__ = ["WebhookEvent"]

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-token", "x-session-token"})


class WebhookEvent(Event):
    """Somebody called ``/hook/<hook>``.

    ``hook`` is the name in the URL, ``method`` the HTTP method, ``args`` the query (first value of each
    name), ``data`` the body (decoded JSON where it is JSON, else text, else bytes), ``headers`` a mapping that
    ignores case. All of them are in ``event.args`` too, so the query is ``event.args['args']``. Credentials
    in the headers reach hooks only: the wire form leaves them out.
    """

    def __init__(
        self,
        *,
        hook: str,
        method: str,
        data: Any = None,
        args: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        # ``args`` is an argument of this event, while ``self.args`` holds all of its arguments.
        super().__init__(
            hook=hook,
            method=method,
            args=dict(args or {}),
            data=data,
            headers=headers if isinstance(headers, Headers) else Headers(headers),
            **kwargs,
        )

    def to_dict(self) -> dict[str, Any]:
        wire = super().to_dict()
        wire["args"]["headers"] = {
            name: value for name, value in self.args["headers"].items() if name.lower() not in SECRET_HEADERS
        }
        return wire
