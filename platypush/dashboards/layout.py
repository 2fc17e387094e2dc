"""A dashboard's text into what a browser shows, and everything that is wrong with it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platypush.dashboards.component import CHILDREN, read_child
from platypush.dashboards.problems import Problem, Problems
from platypush.dashboards.tree import BadXml, Element, read_tree
from platypush.dashboards.values import attribute_name, class_names, property_name, read_style, read_value
from platypush.dashboards.widgets import Attribute, WidgetType

__all__ = ["Layout", "read_layout"]

_WIDTH = "col-3"
"""What a widget without a width has, of twelve columns."""
_EXCERPT = 2
"""Lines before and after the place that is wrong."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A dashboard: ``root`` is None when the text is no XML at all."""

    name: str
    revision: str
    """Changes with the text."""
    root: Mapping[str, Any] | None
    problems: tuple[Problem, ...] = ()
    excerpt: tuple[str, ...] = field(default_factory=tuple)
    """Lines around the place where the text stops to be XML."""

    def to_dict(self) -> dict[str, Any]:
        """For the browser."""
        return {
            "name": self.name,
            "revision": self.revision,
            "root": self.root,
            "problems": [problem.to_dict() for problem in self.problems],
            "excerpt": list(self.excerpt),
        }


def read_layout(name: str, text: str, widgets: Mapping[str, WidgetType]) -> Layout:
    """Read and check a dashboard. Never raises: what is wrong is in ``problems``, and the rest is shown."""
    revision = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    try:
        tree = read_tree(text)
    except BadXml as error:
        problem = Problem(error.line, error.column, error.reason)
        return Layout(name, revision, None, (problem,), _excerpt(text, error.line))
    problems = Problems()
    root = _Reader(widgets, problems).dashboard(tree)
    return Layout(name, revision, root, tuple(problems.found))


class _Reader:
    def __init__(self, widgets: Mapping[str, WidgetType], problems: Problems) -> None:
        self._widgets = widgets
        self._problems = problems

    def dashboard(self, element: Element) -> dict[str, Any]:
        if element.tag != "Dashboard":
            self._problems.add(element, f"a dashboard begins with <Dashboard>, not with <{element.tag}>.")
        self._only(element, ())
        rows = []
        for child in element.children:
            if child.tag == "Row":
                rows.append(self._row(child))
            else:
                # A widget without a row has one to itself.
                rows.append({"class": [], "style": {}, "widgets": [self._widget(child)]})
        return {**self._looks(element), "rows": rows}

    def _row(self, element: Element) -> dict[str, Any]:
        self._only(element, ())
        return {**self._looks(element), "widgets": [self._widget(child) for child in element.children]}

    def _widget(self, element: Element) -> dict[str, Any]:
        looks = self._looks(element)
        if not any(name.startswith("col-") for name in looks["class"]) and "width" not in looks["style"]:
            looks["class"].insert(0, _WIDTH)
        declared = self._widgets.get(element.tag)
        if declared is None:
            self._problems.unknown(element, "Widget", element.tag, ("Row", *self._widgets))
            return {"type": None, "tag": element.tag, **looks, "attributes": {}, "children": []}
        return {
            "type": element.tag,
            "tag": element.tag,
            **looks,
            "attributes": self._attributes(element, declared.attributes),
            "children": [self._child(child, declared) for child in element.children],
        }

    def _child(self, element: Element, declared: WidgetType) -> dict[str, Any]:
        if element.tag not in declared.children:
            self._problems.unknown(element, f"Element of {declared.name}", element.tag, declared.children)
            return {"type": None, "tag": element.tag}
        attributes = self._attributes(element, CHILDREN[element.tag])
        return {**read_child(element, self._problems), "tag": element.tag, "attributes": attributes}

    def _attributes(self, element: Element, declared: Mapping[str, Attribute]) -> dict[str, Any]:
        values = {property_name(name): attribute.default for name, attribute in declared.items()}
        given = set()
        for written, text in element.attributes.items():
            name = attribute_name(written)
            attribute = declared.get(name)
            if attribute is None:
                if name not in ("class", "style"):
                    self._problems.unknown(element, f"Attribute of {element.tag}", written, declared)
                continue
            given.add(name)
            try:
                values[property_name(name)] = read_value(attribute, text)
            except ValueError as error:
                self._problems.add(element, f"{written}: {error}")
        for name, attribute in declared.items():
            if attribute.required and name not in given:
                self._problems.add(element, f"{element.tag} needs the attribute {name}.")
        return values

    def _only(self, element: Element, known: tuple[str, ...]) -> None:
        for name in element.attributes:
            if name not in ("class", "style", *known):
                self._problems.unknown(element, f"Attribute of {element.tag}", name, ("class", "style", *known))

    def _looks(self, element: Element) -> dict[str, Any]:
        looks: dict[str, Any] = {"class": [], "style": {}}
        try:
            looks["class"] = class_names(element.attributes.get("class", ""))
        except ValueError as error:
            self._problems.add(element, f"class: {error}")
        try:
            looks["style"] = read_style(element.attributes.get("style", ""))
        except ValueError as error:
            self._problems.add(element, f"style: {error}")
        return looks


def _excerpt(text: str, line: int) -> tuple[str, ...]:
    lines = text.splitlines()
    first = max(0, line - 1 - _EXCERPT)
    return tuple(
        f"{number}: {lines[number - 1][:200]}" for number in range(first + 1, min(len(lines), line + _EXCERPT) + 1)
    )
