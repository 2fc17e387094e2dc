"""What a light can be told, checked before the bridge sees it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest

__all__ = ["MAX_BRI", "MAX_HUE", "MAX_SAT", "State", "checked", "colour_state", "percent"]

State = dict[str, Any]
"""The body of a command: parameters of the bridge's API and their values."""

MAX_BRI = 254
MAX_SAT = 254
MAX_HUE = 65535
_CT = (153, 500)
_HEX = re.compile(r"#?(?:[0-9a-fA-F]{3}){1,2}")


def checked(given: Mapping[str, Any], *, action: str) -> State:
    """``given`` as the bridge takes it.

    Raises BadRequest that names the parameter, what it may be, and a did-you-mean for one that is unknown.
    """
    unknown = [name for name in given if name not in _CHECKS]
    if unknown:
        raise BadRequest(
            f"{action}: lights have no parameter {unknown[0]!r}."
            f"{did_you_mean(unknown[0], ['lights', 'groups', 'rgb', *_CHECKS])} There are: rgb, {', '.join(_CHECKS)}."
        )
    state = {}
    for name, value in given.items():
        try:
            state[name] = _CHECKS[name](value)
        except (TypeError, ValueError) as error:
            shown = f"{value:g}" if isinstance(value, float) else repr(value)
            raise BadRequest(f"{action}: {name!r} must be {error}, not {shown}.") from None
    return state


def colour_state(colour: str | Sequence[int]) -> State:
    """The state for a colour such as ``#ff8000``, ``f80`` or ``[255, 128, 0]``: its place in the CIE diagram, and its
    brightness. Black switches off. Raises BadRequest for what is no colour.
    """
    red, green, blue = _components(colour)
    brightest = max(red, green, blue)
    if not brightest:
        return {"on": False}
    x, y = _xy(red / 255, green / 255, blue / 255)
    return {"xy": [x, y], "bri": max(1, round(brightest / 255 * MAX_BRI))}


def percent(delta: float, whole: int) -> int:
    """``delta`` percent of ``whole``, at least one step. Raises BadRequest outside of -100 to 100."""
    if not -100 <= delta <= 100:
        raise BadRequest(f"A delta is a percentage of -100 to 100, not {delta:g}.")
    steps = round(delta * whole / 100)
    return steps if steps or not delta else (1 if delta > 0 else -1)


def _components(colour: str | Sequence[int]) -> tuple[int, int, int]:
    if isinstance(colour, str):
        if _HEX.fullmatch(colour):
            digits = colour.removeprefix("#")
            size = len(digits) // 3
            red, green, blue = (int(digits[i * size : (i + 1) * size] * (3 - size), 16) for i in range(3))
            return red, green, blue
    elif (
        isinstance(colour, (list, tuple))
        and len(colour) == 3
        and all(_is_int(part) and 0 <= part <= 255 for part in colour)
    ):
        return colour[0], colour[1], colour[2]
    raise BadRequest(f"{colour!r} is no colour: give '#ff8000' or three numbers of 0 to 255, [255, 128, 0].")


def _xy(red: float, green: float, blue: float) -> tuple[float, float]:
    # Wide RGB D65, as Philips' guide to colour conversion has it.
    red, green, blue = (_linear(part) for part in (red, green, blue))
    x = red * 0.664511 + green * 0.154324 + blue * 0.162028
    y = red * 0.283881 + green * 0.668433 + blue * 0.047685
    z = red * 0.000088 + green * 0.072310 + blue * 0.986039
    total = x + y + z
    return round(x / total, 4), round(y / total, 4)


def _linear(part: float) -> float:
    return float(((part + 0.055) / 1.055) ** 2.4) if part > 0.04045 else part / 12.92


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _int(low: int, high: int, *, keep: tuple[int, int] | None = None, unit: str = "") -> Callable[[Any], int]:
    """Integers of ``low`` to ``high``; what is outside of ``keep`` becomes its nearest end."""

    def check(value: Any) -> int:
        if isinstance(value, float) and math.isfinite(value):
            # Sliders give what is in between, too.
            value = round(value)
        if not _is_int(value) or not low <= value <= high:
            raise ValueError(f"an integer of {low} to {high}{unit}")
        return int(value) if keep is None else min(max(value, keep[0]), keep[1])

    return check


def _pair(low: float, high: float) -> Callable[[Any], list[float]]:
    def check(value: Any) -> list[float]:
        fits = isinstance(value, (list, tuple)) and len(value) == 2
        if not fits or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
            raise TypeError(f"two numbers of {low:g} to {high:g}")
        if not all(low <= v <= high for v in value):
            raise ValueError(f"two numbers of {low:g} to {high:g}")
        return [float(v) for v in value]

    return check


def _word(*words: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return str(value)

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text")
    return value


# Callers have always given up to 255 for brightness and saturation; the bridge refuses more than 254.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "on": _bool,
    "bri": _int(0, 255, keep=(1, MAX_BRI)),
    "hue": _int(0, MAX_HUE),
    "sat": _int(0, 255, keep=(0, MAX_SAT)),
    "ct": _int(*_CT, unit=" mired"),
    "xy": _pair(0, 1),
    "effect": _word("none", "colorloop"),
    "alert": _word("none", "select", "lselect"),
    "transitiontime": _int(0, 65535, unit=" tenths of a second"),
    "bri_inc": _int(-254, 254),
    "sat_inc": _int(-254, 254),
    "hue_inc": _int(-65534, 65534, keep=(-65534, 65534)),
    "ct_inc": _int(-65534, 65534),
    "xy_inc": _pair(-0.5, 0.5),
    "scene": _text,
}
