"""Attributes of the file into values of their declared types. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from platypush.dashboards.widgets import Attribute

__all__ = ["attribute_name", "class_names", "property_name", "read_style", "read_value"]

N = TypeVar("N", int, float)

_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "1", "on", ""), True),
    **dict.fromkeys(("false", "no", "0", "off"), False),
}
_CLASS = re.compile(r"[A-Za-z_][\w-]*")
_PROPERTY = re.compile(r"-?-?[a-z][a-z-]*")
_ACTIVE = re.compile(r"url\s*\(|expression\s*\(|@import|[<>{}\\]", re.IGNORECASE)
"""What makes a browser load or run something, in a style."""


def attribute_name(name: str) -> str:
    """The name in the file's own way of writing: ``max-events`` for ``maxEvents`` and ``max_events`` too."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def property_name(name: str) -> str:
    """The name in the browser's way of writing: ``maxEvents`` for ``max-events``."""
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def read_value(attribute: Attribute, text: str) -> Any:
    """The value of ``text``. Raises ValueError that says what is expected."""
    return _READERS[attribute.type](attribute, text.strip())


def read_style(text: str) -> dict[str, str]:
    """Declarations of a ``style`` attribute, by property.

    Raises ValueError for what is none, or would make a browser load something.
    """
    found = {}
    for part in filter(None, (item.strip() for item in text.split(";"))):
        name, colon, value = (item.strip() for item in part.partition(":"))
        if not colon or not value or not _PROPERTY.fullmatch(name.lower()):
            raise ValueError(f"{part!r} is no declaration such as 'width: 50%'.")
        if _ACTIVE.search(value):
            raise ValueError(f"{name} may not load anything or hold any of < > {{ }} \\.")
        found[name.lower()] = value
    return found


def class_names(text: str) -> list[str]:
    """The names in a ``class`` attribute. Raises ValueError for one that is none."""
    names = text.split()
    for name in names:
        if not _CLASS.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a class.")
    return names


def _text(_attribute: Attribute, text: str) -> str:
    return text


def _boolean(_attribute: Attribute, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(f"true or false is expected, not {text!r}.")
    return _BOOLEANS[text.lower()]


def _integer(attribute: Attribute, text: str) -> int:
    try:
        return _within(attribute, int(text))
    except ValueError:
        raise ValueError(f"a whole number{_range(attribute)} is expected, not {text!r}.") from None


def _number(attribute: Attribute, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value - value != 0:
        raise ValueError(f"a number{_range(attribute)} is expected, not {text!r}.")
    try:
        return _within(attribute, value)
    except ValueError:
        raise ValueError(f"a number{_range(attribute)} is expected, not {text!r}.") from None


def _choice(attribute: Attribute, text: str) -> str:
    if text not in attribute.choices:
        raise ValueError(f"one of {', '.join(attribute.choices)} is expected, not {text!r}.")
    return text


def _url(_attribute: Attribute, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("", "http", "https") or not (parts.path or parts.netloc):
        raise ValueError(f"an address such as /camera/ffmpeg/video or https://… is expected, not {text!r}.")
    return text


def _within(attribute: Attribute, value: N) -> N:
    if (attribute.minimum is not None and value < attribute.minimum) or (
        attribute.maximum is not None and value > attribute.maximum
    ):
        raise ValueError
    return value


def _range(attribute: Attribute) -> str:
    least, most = attribute.minimum, attribute.maximum
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if least is not None:
        return f" from {least:g} on"
    return "" if most is None else f" up to {most:g}"


_READERS: dict[str, Callable[[Attribute, str], Any]] = {
    "text": _text,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "choice": _choice,
    "url": _url,
}
