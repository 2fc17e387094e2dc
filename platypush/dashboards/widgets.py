"""The widgets that there are, with their declared attributes. The declarations are files beside the widgets' sources,
put together when the web panel is built: the browser and the server read the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = ["Attribute", "WidgetType", "bundled_widgets", "read_widgets"]

_FILE = Path(__file__).resolve().parents[1] / "backend" / "http" / "webapp" / "dist" / "widgets.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute: ``type`` is ``text``, ``integer``, ``number``, ``boolean``, ``choice`` or ``url``."""

    name: str
    type: str
    doc: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetType:
    """One widget. ``actions`` and ``events`` are patterns of what it uses, for dashboards with a right of their own."""

    name: str
    doc: str = ""
    needs: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    children: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@cache
def bundled_widgets() -> Mapping[str, WidgetType]:
    """The widgets of the web panel by the name of their element. Read once in a process. Raises OSError."""
    return read_widgets(json.loads(_FILE.read_text("utf-8")))


def read_widgets(data: Mapping[str, Any]) -> Mapping[str, WidgetType]:
    """Declarations as JSON into widgets. Pure. Raises KeyError or TypeError for what is none."""
    return MappingProxyType({name: _widget(name, declared) for name, declared in data.items()})


def _widget(name: str, declared: Mapping[str, Any]) -> WidgetType:
    return WidgetType(
        name=name,
        doc=declared["doc"],
        needs=declared.get("needs", ""),
        attributes={key: _attribute(key, value) for key, value in declared["attributes"].items()},
        children=tuple(declared.get("children", ())),
        actions=tuple(declared.get("actions", ())),
        events=tuple(declared.get("events", ())),
    )


def _attribute(name: str, declared: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name=name,
        type=declared["type"],
        doc=declared.get("doc", ""),
        required=declared.get("required", False),
        default=declared.get("default"),
        choices=tuple(declared.get("choices", ())),
        minimum=declared.get("min"),
        maximum=declared.get("max"),
    )
