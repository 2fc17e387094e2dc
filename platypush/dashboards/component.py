"""The elements of ``<Component>``: buttons, sliders, switches and values for any action. Nothing of it is a script:
arguments may hold ``{{ name }}``, which stands for a value and is never evaluated. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from platypush.dashboards.problems import Problems
from platypush.dashboards.tree import Element
from platypush.dashboards.values import read_value
from platypush.dashboards.widgets import Attribute

__all__ = ["CHILDREN", "actions_of", "events_of", "read_child"]

_FACE = (
    Attribute(name="name", type="text", required=True, doc="What is written beside it."),
    Attribute(name="icon-class", type="text", doc="Name of an icon of the panel."),
    Attribute(name="icon-url", type="url", doc="Address of an icon."),
    Attribute(name="icon-color", type="text", doc="Colour of the icon."),
)
_NUMBERS = (
    Attribute(name="min", type="number", default=0, doc="Least value."),
    Attribute(name="max", type="number", required=True, doc="Greatest value."),
    Attribute(name="step", type="number", default=1, doc="Distance of two values."),
)
CHILDREN: Mapping[str, Mapping[str, Attribute]] = {
    "Run": {attribute.name: attribute for attribute in _FACE},
    "Sensor": {
        attribute.name: attribute
        for attribute in (*_FACE, Attribute(name="unit", type="text", doc="Unit of the value."))
    },
    "Slider": {attribute.name: attribute for attribute in (*_FACE, *_NUMBERS)},
    "Switch": {attribute.name: attribute for attribute in _FACE},
}
"""Elements inside of a component, with their attributes."""

_ACTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r"\s*[A-Za-z_]\w*(\.\w+)*\s*")
_PARTS = ("vars", "actions", "handlers")
_HANDLERS = ("mounted", "refresh", "event")
_TYPES = ("text", "number", "boolean", "json")


def read_child(element: Element, problems: Problems) -> dict[str, Any]:
    """One child of a component as JSON: ``type``, ``attributes``, ``vars``, ``actions``, ``handlers``."""
    child: dict[str, Any] = {
        "type": element.tag,
        "vars": {},
        "actions": [],
        "handlers": {"mounted": [], "refresh": [], "event": []},
    }
    for part in element.children:
        if part.tag == "vars":
            child["vars"] = {item.attributes.get("name", item.tag): item.content for item in part.children}
        elif part.tag == "actions":
            child["actions"] = [_action(item, problems) for item in part.children]
        elif part.tag == "handlers":
            _handlers(part, child["handlers"], problems)
        else:
            problems.unknown(part, f"Element of {element.tag}", part.tag, _PARTS)
    if element.tag in ("Run", "Slider", "Switch") and not child["actions"]:
        problems.add(element, f"{element.tag} needs <actions> with an <action name='…'>.")
    return child


def actions_of(child: Mapping[str, Any]) -> Iterator[str]:
    """The names of all actions that a child of a component runs."""
    handlers = child["handlers"]
    groups = [child["actions"], *(handler["actions"] for kind in _HANDLERS for handler in handlers[kind])]
    yield from (action["name"] for group in groups for action in group if action["name"])


def events_of(child: Mapping[str, Any]) -> Iterator[str]:
    """The types of all events that a child of a component waits for."""
    yield from (handler["type"] for handler in child["handlers"]["event"] if handler["type"])


def _handlers(part: Element, handlers: dict[str, list[dict[str, Any]]], problems: Problems) -> None:
    for element in part.children:
        if element.tag not in _HANDLERS:
            problems.unknown(element, "Handler", element.tag, _HANDLERS)
            continue
        handler: dict[str, Any] = {"actions": [_action(item, problems) for item in element.children]}
        if element.tag == "refresh":
            handler["interval"] = _interval(element, problems)
        if element.tag == "event":
            handler["type"] = element.attributes.get("type", "")
            handler["value"] = element.attributes.get("value")
            if not handler["type"]:
                problems.add(element, "an event needs a type, such as sensor.SensorDataChangeEvent.")
        handlers[element.tag].append(handler)


def _interval(element: Element, problems: Problems) -> float:
    attribute = Attribute(name="interval", type="number", minimum=1)
    try:
        return float(read_value(attribute, element.attributes.get("interval", "10")))
    except ValueError as error:
        problems.add(element, f"interval: {error}")
        return 10.0


def _action(element: Element, problems: Problems) -> dict[str, Any]:
    name = element.attributes.get("name", "")
    if element.tag != "action" or not _ACTION.fullmatch(name):
        problems.add(element, "an <action name='…'> is expected, with the name of an action such as light.hue.toggle.")
        name = ""
    args: dict[str, Any] = {}
    for item in element.children:
        if item.tag in ("before", "after"):
            problems.add(item, f"<{item.tag}> would be a script, and no script of a dashboard is run. Leave it out.")
            continue
        args[item.attributes.get("name", item.tag)] = _argument(item, problems)
    return {"name": name, "args": args, "value": element.attributes.get("value")}


def _argument(element: Element, problems: Problems) -> Any:
    text, kind = element.content, element.attributes.get("type", "text")
    for inside in _PLACE.findall(text):
        if not _PATH.fullmatch(inside):
            problems.add(
                element, f"{{{{{inside}}}}} is no name of a value. Scripts are not run: give a name such as value."
            )
    if kind not in _TYPES:
        problems.unknown(element, "Type of an argument", kind, _TYPES)
    try:
        return {"text": text, "type": kind} if _PLACE.search(text) else _literal(text, kind)
    except ValueError:
        problems.add(element, f"{text!r} is no {kind}.")
        return text


def _literal(text: str, kind: str) -> Any:
    if kind in ("number", "json"):
        return json.loads(text)
    if kind == "boolean":
        return read_value(Attribute(name="", type="boolean"), text)
    return text
