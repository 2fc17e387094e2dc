"""How a picture shall look, from a configuration or from a caller's arguments, checked. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from platypush.errors import BadRequest

__all__ = ["CONTENT_TYPES", "IGNORED", "Picture", "Wish"]

CONTENT_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "bmp": "image/bmp"}
"""Formats of a photo."""

IGNORED = frozenset({"t", "_t"})
"""Arguments that only keep a browser from showing an old picture."""

_SIDE = (16, 4096)
_FALSE = frozenset({"", "0", "false", "no", "off"})
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is done to each picture, in this order, and how often there is one."""

    resolution: tuple[int, int] | None = None
    """Width and height in pixels; None for the source's own."""
    grayscale: bool = False
    rotate: float = 0.0
    """Degrees, counter-clockwise."""
    horizontal_flip: bool = False
    vertical_flip: bool = False
    scale_x: float = 1.0
    scale_y: float = 1.0
    quality: int = 80
    """Of a JPEG, 1 to 100."""
    fps: float = 16.0

    @property
    def plain(self) -> bool:
        """Whether pictures stay as the source gives them."""
        return replace(self, quality=0, fps=0.0) == Picture(quality=0, fps=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a viewer or an action wants, beside what is configured."""

    picture: Picture
    """Applied to the configured picture."""
    changes: frozenset[str]
    """The names of what is changed."""
    format: str = "jpg"
    warmup_frames: int | None = None

    @property
    def converts(self) -> bool:
        """Whether pictures have to be made anew for it; a lower rate alone just leaves some out."""
        return bool(self.changes - {"fps"})

    @property
    def fps(self) -> float | None:
        """The rate that is wanted, if any."""
        return self.picture.fps if "fps" in self.changes else None

    @classmethod
    def read(cls, args: Mapping[str, Any], *, quality: int = 80) -> Wish:
        """The wish in ``args``, whose values may be texts. Raises BadRequest that names the argument."""
        values: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for name, value in args.items():
            if name in IGNORED:
                continue
            if name in _OTHERS:
                others[name] = _OTHERS[name](name, value)
            elif name in _CHANGES:
                values[name] = _CHANGES[name](name, value)
            else:
                raise BadRequest(_unknown(name), details={"argument": name})
        picture = Picture(**{"quality": quality, **values})
        _check_size(picture)
        return cls(picture=picture, changes=frozenset(values), **others)


def _unknown(name: str) -> str:
    if name in ("device", "input_format", "ffmpeg_args", "ffmpeg_bin"):
        return f"{name!r} comes from the configuration of the camera only: change it there."
    known = ", ".join(sorted([*_CHANGES, *_OTHERS]))
    return f"A camera takes no argument {name!r}. It takes: {known}."


def _number(least: float, most: float) -> Callable[[str, Any], float]:
    def read(name: str, value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not least <= number <= most:
            raise _wrong(name, value, f"a number from {least:g} to {most:g}")
        return number

    return read


def _whole(least: int, most: int) -> Callable[[str, Any], int]:
    number = _number(least, most)

    def read(name: str, value: Any) -> int:
        found = number(name, value)
        if found != int(found):
            raise _wrong(name, value, f"a whole number from {least} to {most}")
        return int(found)

    return read


def _flag(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _wrong(name, value, "true or false")


def _resolution(name: str, value: Any) -> tuple[int, int]:
    parts = value.lower().replace("x", ",").split(",") if isinstance(value, str) else value
    side = _whole(*_SIDE)
    if not isinstance(parts, (list, tuple)) or len(parts) != 2:
        raise _wrong(name, value, "a width and a height, such as 640,480")
    return side(name, parts[0]), side(name, parts[1])


def _format(name: str, value: Any) -> str:
    if value not in CONTENT_TYPES:
        raise _wrong(name, value, f"one of {', '.join(CONTENT_TYPES)}")
    return str(value)


def _wrong(name: str, value: Any, expected: str) -> BadRequest:
    return BadRequest(f"{name!r} must be {expected}, not {str(value)[:40]!r}.", details={"argument": name})


_CHANGES: dict[str, Callable[[str, Any], Any]] = {
    "resolution": _resolution,
    "grayscale": _flag,
    "rotate": _number(-360, 360),
    "horizontal_flip": _flag,
    "vertical_flip": _flag,
    "scale_x": _number(0.05, 4),
    "scale_y": _number(0.05, 4),
    "quality": _whole(1, 100),
    "fps": _number(0.01, 60),
}
_OTHERS: dict[str, Callable[[str, Any], Any]] = {"format": _format, "warmup_frames": _whole(0, 100)}


def _check_size(picture: Picture) -> None:
    width, height = picture.resolution or (0, 0)
    if max(width * picture.scale_x, height * picture.scale_y) > _SIDE[1]:
        raise BadRequest(f"A picture may have {_SIDE[1]} pixels on each side. Ask for a smaller resolution or scale.")
