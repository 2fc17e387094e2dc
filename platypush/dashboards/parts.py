"""Panels and widgets that other packages bring: a folder of files and what to make of it, found by entry point.

The entry point's name is the plugin's, its value a package at the top level with a file ``web.json``. The package is
found and not imported: a worker runs no code of a plugin. A part that cannot be used is a state, with its reason.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from platypush._lib.files import safe_join

__all__ = ["GROUP", "MANIFEST", "WebPart", "Widget", "find_parts", "part_widgets", "read_part"]

GROUP = "platypush.web"
"""The group of entry points by which packages add panels and widgets."""
MANIFEST = "web.json"
PREFIX = "/assets/plugins/"
"""The files of a part are below this, under its plugin's name."""
_KEYS = frozenset({"title", "icon", "panel", "widgets"})
_WIDGET = re.compile(r"[A-Z][A-Za-z0-9]*")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Widget:
    """A widget for dashboards: its element in the dashboard's XML, and the module that defines its custom element.

    ``actions`` and ``events`` are patterns of what it uses: a screen that shows nothing but its dashboard may do these.
    """

    name: str
    module: str
    actions: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The custom element: ``kitchen-timer-widget`` for ``KitchenTimer``."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", self.name)
        return f"{words.lower()}-widget"


@dataclass(frozen=True, slots=True)
class WebPart:
    """What one package brings for one plugin. ``reason`` tells why it cannot be used, None when all is well."""

    plugin: str
    folder: Path | None = None
    title: str = ""
    icon: str | None = None
    panel: str | None = None
    widgets: tuple[Widget, ...] = field(default_factory=tuple)
    reason: str | None = None

    @property
    def tag(self) -> str:
        """The panel's custom element: ``kitchen-timer-panel`` for ``kitchen.timer``."""
        return re.sub(r"[^a-z0-9]+", "-", self.plugin.lower()) + "-panel"

    def to_dict(self) -> dict[str, Any]:
        """For ``/api/bootstrap``: addresses of the modules, names of their custom elements."""
        return {
            "plugin": self.plugin,
            "title": self.title or self.plugin,
            "icon": self._address(self.icon),
            "panel": {"tag": self.tag, "module": self._address(self.panel)} if self.panel else None,
            "widgets": [
                {"name": widget.name, "tag": widget.tag, "module": self._address(widget.module)}
                for widget in self.widgets
            ],
            "reason": self.reason,
        }

    def _address(self, file: str | None) -> str | None:
        return f"{PREFIX}{self.plugin}/{file}" if file else None


def find_parts(points: Iterable[EntryPoint] | None = None) -> tuple[WebPart, ...]:
    """The parts of all installed packages, ordered by plugin. Reads files; for the start of a worker."""
    found = entry_points(group=GROUP) if points is None else points
    parts = tuple(_from_entry_point(point) for point in sorted(found, key=lambda point: point.name))
    for part in parts:
        if part.reason:
            _logger.warning("The panel and widgets of %s cannot be used: %s", part.plugin, part.reason)
    return parts


def read_part(plugin: str, folder: Path) -> WebPart:
    """The part in ``folder``. Raises ValueError with the reason, OSError when its manifest cannot be read."""
    data = json.loads((folder / MANIFEST).read_text("utf-8"))
    if not isinstance(data, dict) or not set(data) <= _KEYS:
        raise ValueError(f"{MANIFEST} is an object with the keys {', '.join(sorted(_KEYS))}.")
    widgets = data.get("widgets") or {}
    if not isinstance(widgets, dict) or not all(_WIDGET.fullmatch(name) for name in widgets):
        raise ValueError(f"{MANIFEST}: 'widgets' maps names such as KitchenTimer to what they are.")
    part = WebPart(
        plugin,
        folder,
        title=str(data.get("title") or ""),
        icon=data.get("icon"),
        panel=data.get("panel"),
        widgets=tuple(_widget(name, declared) for name, declared in widgets.items()),
    )
    for file in (part.icon, part.panel, *(widget.module for widget in part.widgets)):
        if file is not None:
            _check(folder, file)
    return part


def part_widgets(parts: Iterable[WebPart]) -> dict[str, dict[str, str]]:
    """The widgets of all parts, by the name of their element in a dashboard: tag of the custom element, and module."""
    return {
        str(widget["name"]): {"tag": str(widget["tag"]), "module": str(widget["module"])}
        for part in parts
        for widget in part.to_dict()["widgets"]
    }


def _widget(name: str, declared: object) -> Widget:
    if isinstance(declared, str):
        return Widget(name, declared)
    values = declared if isinstance(declared, dict) else {}
    patterns = {key: values.get(key) or [] for key in ("actions", "events")}
    lists = all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in patterns.values())
    if not isinstance(values.get("module"), str) or not lists or not set(values) <= {"module", *patterns}:
        raise ValueError(f"{MANIFEST}: widget {name} is a file, or has a 'module' and lists of 'actions' and 'events'.")
    return Widget(name, values["module"], tuple(patterns["actions"]), tuple(patterns["events"]))


def _check(folder: Path, file: object) -> None:
    path = safe_join(folder, file) if isinstance(file, str) else None
    if path is None or not path.is_file():
        raise ValueError(f"{MANIFEST} names {file!r}, and there is no such file beside it.")


def _from_entry_point(point: EntryPoint) -> WebPart:
    try:
        if "." in point.value or ":" in point.value:
            raise ValueError(f"{point.value!r} has to be a package at the top level, so that it is found unimported.")
        spec = find_spec(point.value)
        folders = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not folders:
            raise ValueError(f"There is no package {point.value!r}.")
        return read_part(point.name, Path(folders[0]))
    except (OSError, ValueError) as error:
        return WebPart(point.name, reason=str(error))
