"""JSON as the hub speaks it, in both directions."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import orjson

from platypush.errors import BadRequest

__all__ = ["decode", "encode"]

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATACLASS
_logger = logging.getLogger(__name__)


def encode(value: Any) -> bytes:
    """``value`` as UTF-8 JSON.

    Dates become ISO 8601, sets lists, bytes text (hexadecimal where they are not UTF-8), callables
    ``<function at module.name>``, objects with ``to_dict`` that dictionary; anything else becomes null with a
    warning in the log, so that one odd value never loses a whole answer.
    """
    try:
        return orjson.dumps(value, default=_default, option=_OPTIONS)
    except orjson.JSONEncodeError:
        # Integers beyond 64 bits, lone surrogates and non-string keys of odd types: clean up and try once more.
        return orjson.dumps(_clean(value), default=_default, option=_OPTIONS)


def decode(data: bytes | str) -> Any:
    """The value of JSON ``data``. Raises BadRequest with the parser's reason."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}") from error


def _default(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.hex()
    to_dict = getattr(value, "to_dict", None)
    if to_dict is not None and not isinstance(value, type):
        return to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if callable(value):
        return f"<function at {getattr(value, '__module__', '?')}.{getattr(value, '__qualname__', '?')}>"
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if hasattr(value, "__iter__"):
        return list(value)
    _logger.warning("No JSON form for a value of type %s: sent as null", type(value).__qualname__)
    return None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else float(value) if abs(value) < 10**300 else str(value)
    if isinstance(value, Mapping):
        return {_clean(key if isinstance(key, str) else str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(item) for item in value]
    return value
