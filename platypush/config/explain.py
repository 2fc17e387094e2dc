"""Validates one section and says in plain sentences what is wrong with it, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from platypush._lib.suggest import did_you_mean
from platypush.config.model import MASK, Secret
from platypush.config.problem import KeyPath
from platypush.config.schema import Section
from platypush.config.secrets import is_secret_key

__all__ = ["known_keys", "validate"]

S = TypeVar("S", bound=Section)

_EXPECTED = {
    "bool_type": "yes or no is expected (true or false)",
    "dict_type": "keys with values are expected",
    "float_type": "a number is expected",
    "int_from_float": "a whole number is expected",
    "int_type": "a whole number is expected",
    "is_instance_of": "text is expected",
    "list_type": "a list is expected",
    "string_type": "text is expected",
}


def validate(schema: type[S], data: Mapping[str, Any]) -> tuple[S | None, list[tuple[KeyPath, str]]]:
    """``data`` as a ``schema``, or None and a reason for each wrong key, with its path inside of the section."""
    try:
        return schema.model_validate(dict(data)), []
    except ValidationError as error:
        return None, [(_path(item), _reason(item, schema, data)) for item in error.errors(include_url=False)]


def known_keys(schema: type[Section]) -> list[str]:
    """The keys that ``schema`` knows, as they are written."""
    return [field.alias or name for name, field in schema.model_fields.items()]


def _path(error: ErrorDetails) -> KeyPath:
    return error["loc"][:1]


_UNQUOTED = {
    "int_type": re.compile(r"[-+]?\d+"),
    "float_type": re.compile(r"[-+]?\d+(\.\d*)?"),
    "bool_type": re.compile(r"true|false", re.IGNORECASE),
}
"""What a text looks like that would be right if it had not been quoted."""


def _reason(error: ErrorDetails, schema: type[Section], data: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    key = str(error["loc"][0]) if error["loc"] else ""
    shown = _shown(data.get(key), secret=is_secret_key(key))
    if kind == "extra_forbidden":
        return f"unknown key.{did_you_mean(key, known_keys(schema))}"
    if kind == "missing":
        return "this key is missing."
    if kind == "value_error":
        reason, value = str(context["error"]), data.get(key)
        return reason.replace(value.reveal(), MASK) if isinstance(value, Secret) and value.reveal() else reason
    if kind == "literal_error":
        return f"one of {context['expected']} is expected, not {shown}."
    if kind == "too_short":
        return "it is empty."
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most")):
        if name in context:
            return f"it has to be {words} {context[name]}, and it is {shown}."
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {shown}.{_mend(kind, data.get(key))}"
    return f"{error['msg']}."


def _shown(value: Any, *, secret: bool) -> str:
    if isinstance(value, Secret):
        return "the text that was given for it"
    if secret and isinstance(value, int | float):
        return "a number"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) <= 60 else "a long text"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "keys with values"


def _mend(kind: str, value: Any) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return " Put it in quotes."
    if kind in _UNQUOTED and isinstance(value, str) and _UNQUOTED[kind].fullmatch(value.strip()):
        return " Remove the quotes."
    if kind == "is_instance_of" and isinstance(value, int | float):
        return " Put it in quotes."
    return ""
