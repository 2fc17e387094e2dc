"""What somebody may do who may see one dashboard and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from platypush.dashboards.component import actions_of, events_of
from platypush.dashboards.layout import Layout
from platypush.dashboards.widgets import WidgetType

__all__ = ["scopes_of"]


def scopes_of(layout: Layout, widgets: Mapping[str, WidgetType], resources: Mapping[str, str]) -> tuple[str, ...]:
    """Patterns for a restricted token: exactly the actions, events, folders and cameras that the widgets use.

    ``resources`` maps names below ``/resources`` to folders.
    """
    found = {f"dashboard:{layout.name}"}
    if layout.root is not None:
        for row in layout.root["rows"]:
            for widget in row["widgets"]:
                if widget["type"] is not None:
                    found.update(_of_widget(widget, widgets[widget["type"]], resources))
    return tuple(sorted(found))


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
