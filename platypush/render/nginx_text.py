"""Values as words of nginx's configuration language. Pure."""

from __future__ import annotations

from platypush.errors import ConfigurationError

__all__ = ["quoted", "quoted_value"]

_DOLLAR = "${platypush_dollar}"
"""A variable that holds a dollar sign, defined in ``nginx/conf.d/platypush.conf``."""


def quoted(text: str) -> str:
    """``text`` as one word for a directive that knows no variables (``location``, ``auth_request``).

    Inside double quotes a backslash takes the special meaning of a quote and of itself away; everything else, line
    breaks among it, stands for itself. Raises ConfigurationError for a zero byte, which nothing can express.
    """
    if "\0" in text:
        raise ConfigurationError(f"nginx cannot be told of a path with a zero byte in it: {text!r}.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_value(text: str) -> str:
    """``text`` as one word for a directive that fills in variables (``alias``, ``root``): a dollar sign stays one."""
    return quoted(text).replace("$", _DOLLAR)
