"""The fields of a request's body, sent as JSON or as a form, checked one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flask import request

from platypush.backend.http.app.auth.csrf import is_json
from platypush.backend.http.app.body import read_body
from platypush.backend.http.app.state import current_web
from platypush.errors import BadRequest
from platypush.message import decode

__all__ = ["Fields", "fields_of_request", "json_body"]

_LARGEST = 64 * 1024
"""Bytes. Strangers send these forms: nothing that people type is longer."""
_FALSE = ("", "0", "false", "no", "off")


class Fields:
    """Named values from outside. Every method raises BadRequest that names the field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty; ``default`` when it is absent or empty."""
        value = self._values.get(name)
        if not value and default is not None:
            return default
        if not isinstance(value, str) or not value:
            raise BadRequest(f"The field {name!r} is missing or no text.")
        return value

    def flag(self, name: str) -> bool:
        """A yes or no; absent means no."""
        value = self._values.get(name)
        return value.lower() not in _FALSE if isinstance(value, str) else bool(value)

    def days(self, name: str) -> float | None:
        """A number of days, fractions allowed; None for ever (absent, null or 0)."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            days = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            days = math.nan
        if not 0 <= days < 1e6:
            raise BadRequest(f"The field {name!r} is a number of days, 0 for ever; this is {value!r}.")
        return days or None

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts; None when it is absent."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadRequest(f"The field {name!r} is a list of texts.")
        return tuple(value)


def json_body() -> Fields:
    """The JSON object in the present request's body, whatever its Content-Type. Raises BadRequest, TooLarge."""
    data = decode(read_body(request.environ, _limit()) or b"{}")
    if not isinstance(data, dict):
        raise BadRequest(f"The body is a JSON object; this is a {type(data).__name__}.")
    return Fields(data)


def fields_of_request() -> Fields:
    """The fields of a form, or of a JSON object. Raises BadRequest, TooLarge."""
    if is_json(request.environ):
        return json_body()
    request.max_content_length = _limit()
    return Fields(request.form)


def _limit() -> int:
    return min(_LARGEST, current_web().settings.limits.request_body)
