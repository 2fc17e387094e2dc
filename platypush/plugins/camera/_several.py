"""More cameras in one section."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from platypush.errors import ConfigurationError
from platypush.plugins.arguments import for_constructor

if TYPE_CHECKING:
    from platypush.plugins.camera import CameraPlugin

__all__ = ["make_cameras"]

C = TypeVar("C", bound="CameraPlugin")
_NAME = re.compile(r"[a-z0-9_]+")


def make_cameras(cls: type[C], plugin: str, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, C]:
    """The cameras of ``sections`` by their names. Raises ConfigurationError, and ArgumentError for wrong keys."""
    cameras = {}
    for name, section in sections.items():
        if not _NAME.fullmatch(name) or "cameras" in section:
            raise ConfigurationError(
                f"cameras: {name!r} has to be a word in small letters, and cannot have more of them."
            )
        _, keywords = for_constructor(f"{plugin}.{name}", cls).bind(dict(section))
        cameras[name] = cls(**keywords)
    return cameras
