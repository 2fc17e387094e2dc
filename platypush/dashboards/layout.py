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
    widgets: tuple[str, ...] = ()
    """The names of all widgets that there are."""

    def to_dict(self) -> dict[str, Any]:
        """For the browser."""
        return {
            "name": self.name,
            "revision": self.revision,
            "root": self.root,
            "problems": [problem.to_dict() for problem in self.problems],
            "excerpt": list(self.excerpt),
            "widgets": list(self.widgets),
        }


def read_layout(
    name: str, text: str, widgets: Mapping[str, WidgetType], parts: Mapping[str, Mapping[str, str]] | None = None
) -> Layout:
    """Read and check a dashboard. Never raises: what is wrong is in ``problems``, and the rest is shown.

    ``parts`` are the widgets of other packages, which declare no attributes: by the name of their element the ``tag``
    of the custom element that shows them, and the address of the ``module`` that defines it.
    """
    revision = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    try:
        tree = read_tree(text)
    except BadXml as error:
        problem = Problem(error.line, error.column, error.reason)
        return Layout(name, revision, None, (problem,), _excerpt(text, error.line))
    problems = Problems()
    reader = _Reader(widgets, parts or {}, problems)
    root = reader.dashboard(tree)
    return Layout(name, revision, root, tuple(problems.found), widgets=reader.names)


class _Reader:
    def __init__(
        self, widgets: Mapping[str, WidgetType], parts: Mapping[str, Mapping[str, str]], problems: Problems
    ) -> None:
        self._widgets = widgets
        self._parts = parts
        self._problems = problems
        self.names = tuple(sorted({*widgets, *parts}))

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
        first = len(self._problems.found)
        widget = self._read(element)
        return {**widget, "problems": self._problems.of_widget(first)}

    def _read(self, element: Element) -> dict[str, Any]:
        looks = self._looks(element)
        if not any(name.startswith("col-") for name in looks["class"]) and "width" not in looks["style"]:
            looks["class"].insert(0, _WIDTH)
        declared = self._widgets.get(element.tag)
        part = self._parts.get(element.tag)
        if declared is None and part is not None:
            return {
                "type": "part",
                "tag": element.tag,
                **looks,
                "attributes": _foreign(element.attributes),
                "children": [],
                "part": part,
            }
        if declared is None:
            self._problems.unknown(element, "Widget", element.tag, ("Row", *self.names))
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


def _foreign(attributes: Mapping[str, str]) -> dict[str, str]:
    # As texts, the way a custom element takes them; none that a browser would run.
    return {
        name: value
        for name, value in attributes.items()
        if name not in ("class", "style") and not name.lower().startswith("on")
    }


def _excerpt(text: str, line: int) -> tuple[str, ...]:
    lines = text.splitlines()
    first = max(0, line - 1 - _EXCERPT)
    return tuple(
        f"{number}: {lines[number - 1][:200]}" for number in range(first + 1, min(len(lines), line + _EXCERPT) + 1)
    )
