"""What somebody may do who may see one dashboard and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from platypush.dashboards.component import actions_of, events_of
from platypush.dashboards.files import read_dashboard
from platypush.dashboards.layout import Layout, read_layout
from platypush.dashboards.parts import WebPart, Widget, find_parts, part_widgets
from platypush.dashboards.widgets import WidgetType, bundled_widgets
from platypush.errors import BadRequest, NotFound, TooLarge

__all__ = ["KIND", "expander", "scopes_of"]

KIND = "dashboard:"
"""What a pattern begins with that stands for the rights of one dashboard."""


def scopes_of(
    layout: Layout,
    widgets: Mapping[str, WidgetType],
    resources: Mapping[str, str],
    parts: Mapping[str, Widget] | None = None,
) -> tuple[str, ...]:
    """Patterns for a restricted token: exactly the actions, events, folders and cameras that the widgets use. Pure.

    ``resources`` maps names below ``/resources`` to folders, ``parts`` elements to widgets of other packages.
    """
    # What every page asks for first is with it.
    found = {f"{KIND}{layout.name}", "bootstrap"}
    if layout.root is not None:
        for row in layout.root["rows"]:
            for widget in row["widgets"]:
                if widget["type"] == "part":
                    part = (parts or {})[widget["tag"]]
                    found.update(part.actions, (f"events:{pattern}" for pattern in part.events))
                elif widget["type"] is not None:
                    found.update(_of_widget(widget, widgets[widget["type"]], resources))
    return tuple(sorted(found))


def expander(folder: Path, resources: Mapping[str, Path]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """What adds to the patterns of a token the rights of the dashboards in ``folder`` that it names. Reads files when
    it is called; a dashboard that cannot be read gives no rights but the one to ask for it."""
    names = {name: str(root) for name, root in resources.items()}

    @cache
    def parts() -> tuple[WebPart, ...]:
        # At the first screen, not at each start of a process.
        return find_parts()

    def expand(scopes: tuple[str, ...]) -> tuple[str, ...]:
        found = dict.fromkeys(scopes)
        for scope in scopes:
            if scope.startswith(KIND):
                found |= dict.fromkeys(_rights(folder, scope.removeprefix(KIND), names, parts()))
        return tuple(found)

    return expand


def _rights(folder: Path, name: str, resources: Mapping[str, str], parts: Iterable[WebPart]) -> tuple[str, ...]:
    try:
        text = read_dashboard(folder, name)
    except (BadRequest, NotFound, TooLarge, OSError):
        return ()
    widgets = bundled_widgets()
    layout = read_layout(name, text, widgets, part_widgets(parts))
    return scopes_of(layout, widgets, resources, {widget.name: widget for part in parts for widget in part.widgets})


def _of_widget(widget: Mapping[str, Any], declared: WidgetType, resources: Mapping[str, str]) -> Iterator[str]:
    attributes = widget["attributes"]
    yield from declared.actions
    yield from (f"events:{pattern}" for pattern in declared.events)
    for child in widget["children"]:
        if child["type"] is not None:
            yield from actions_of(child)
            yield from (f"events:{_event(name)}" for name in events_of(child))
    if plugin := attributes.get("pluginName"):
        yield f"{plugin}.*"
        yield f"panel:{plugin}"
        yield f"events:{plugin.partition('.')[0]}.*"
    if source := attributes.get("src"):
        yield from _of_address(str(source))
    if folder := attributes.get("imgDir"):
        yield from (
            f"resources:{name}" for name, root in resources.items() if f"{folder}/".startswith(root.rstrip("/") + "/")
        )


def _event(name: str) -> str:
    return name.removeprefix("platypush.message.event.")


def _of_address(address: str) -> Iterator[str]:
    parts = urlsplit(address)
    names = [unquote(name) for name in parts.path.split("/") if name]
    if parts.netloc or len(names) < 2:
        return
    if names[0] == "camera":
        # ``/camera/ir/mlx90640/photo`` is the camera ``ir.mlx90640``.
        yield f"camera:{'.'.join(names[1:-1])}"
    elif names[0] == "resources":
        yield f"resources:{names[1]}"
