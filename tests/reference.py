"""The tables of docs/integrations: made from signatures and docstrings, so that they cannot be wrong.

    python -m tests.reference           says which pages are out of date
    python -m tests.reference --write   brings them up to date

A page marks where the tables of a section go, with two comments: ``<!-- reference: light.hue -->`` and
``<!-- /reference -->``. What is between them is written by this command.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platypush.backend.registry import find_backend
from platypush.dashboards.widgets import Attribute, WidgetType, bundled_widgets
from platypush.plugins._discovery import Catalogue
from platypush.plugins._docstrings import Documentation, parse
from platypush.plugins._slot import action_names
from platypush.plugins.arguments import ActionArguments, for_constructor, for_function

__all__ = ["PAGES", "WIDGETS", "configuration", "documented", "renewed", "renewed_widgets"]

PAGES = Path(__file__).resolve().parents[1] / "docs" / "integrations"
_BLOCK = re.compile(r"<!-- reference: (?P<name>[\w.]+) -->\n.*?<!-- /reference -->", re.DOTALL)
WIDGETS = PAGES.parent / "widgets.md"
_WIDGETS = re.compile(r"<!-- widgets -->\n.*?<!-- /widgets -->", re.DOTALL)
_COMMON = frozenset({"logging_level", "poll_interval", "poll_seconds"})


def documented() -> dict[str, Path]:
    """The page of every section that has one: ``light.hue``, ``backend.mqtt``."""
    return {
        match["name"]: page for page in sorted(PAGES.glob("*.md")) for match in _BLOCK.finditer(page.read_text("utf-8"))
    }


def configuration(page: str, replacements: Mapping[str, str] | None = None) -> str:
    """The first YAML block of a page, as a test pastes it into a hub's configuration.

    ``replacements`` put the test's own server in place of the documented one. Raises AssertionError for a text that is
    not in the block: what is tested has to be what is written.
    """
    block = re.search(r"^```yaml\n(.*?)^```$", (PAGES / f"{page}.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block, f"docs/integrations/{page}.md has no YAML block"
    text = block[1]
    for old, new in (replacements or {}).items():
        assert old in text, f"{old!r} is not in the configuration of docs/integrations/{page}.md"
        text = text.replace(old, new)
    return text


def renewed(text: str) -> str:
    """The text of a page with its tables as they have to be."""
    return _BLOCK.sub(
        lambda match: f"<!-- reference: {match['name']} -->\n{tables(match['name'])}<!-- /reference -->", text
    )


def renewed_widgets(text: str) -> str:
    """The text of docs/widgets.md with its tables as they have to be."""
    told = "\n".join(f"### {name}\n\n{_widget(widget)}" for name, widget in sorted(bundled_widgets().items()))
    return _WIDGETS.sub(lambda _: f"<!-- widgets -->\n{told}<!-- /widgets -->", text)


def _widget(widget: WidgetType) -> str:
    needs = f" Needs {widget.needs}." if widget.needs else ""
    rows = [
        (f"`{item.name}`", _values(item), "" if item.required else _default(_written(item.default)), _told_of(item))
        for item in widget.attributes.values()
    ]
    return f"{widget.doc}{needs}\n\n{_table(('attribute', 'type', 'default', ''), rows)}"


def _values(attribute: Attribute) -> str:
    return " or ".join(f"`{choice}`" for choice in attribute.choices) or attribute.type


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _told_of(attribute: Attribute) -> str:
    return f"{attribute.doc} Required." if attribute.required else attribute.doc


def tables(name: str) -> str:
    """Keys of the section and, for a plugin, its actions."""
    backend = name.removeprefix("backend.")
    cls: type = find_backend(backend) if backend != name else Catalogue().load(name)
    keys = [
        (f"`{key.name}`", arguments.type_name(key.name), _default(key.default), texts.get(key.name, ""))
        for arguments, texts in [(for_constructor(name, cls), _constructor_texts(cls))]
        for key in arguments.parameters
        if key.name not in _COMMON or key.name in inspect.signature(cls.__dict__.get("__init__", object)).parameters
    ]
    parts = [_table(("key", "type", "default", ""), keys)] if keys else []
    actions = [_action(name, action, getattr(cls, action)) for action in action_names(cls)] if backend == name else []
    if actions:
        parts.append(_table(("action", "arguments", ""), actions))
    return "\n".join(parts)


def _action(plugin: str, name: str, function: Any) -> tuple[str, str, str]:
    arguments: ActionArguments = for_function(f"{plugin}.{name}", function, method=True)
    names = ", ".join(f"`{p.name}`" if p.required else f"*`{p.name}`*" for p in arguments.parameters)
    return f"`{plugin}.{name}`", names, _told(arguments.documentation)


def _told(documentation: Documentation) -> str:
    returns = f" Gives {documentation.returns[:1].lower()}{documentation.returns[1:]}" if documentation.returns else ""
    return f"{documentation.summary}{returns}"


def _constructor_texts(cls: type) -> dict[str, str]:
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if "__init__" in base.__dict__:
            texts |= parse(inspect.getdoc(base.__dict__["__init__"])).parameters
    return texts


def _default(value: Any) -> str:
    return "" if value is None else f"`{value}`"


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(list(head)), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Write or check; the exit status."""
    texts = {page: renewed(page.read_text("utf-8")) for page in sorted(PAGES.glob("*.md"))}
    texts[WIDGETS] = renewed_widgets(WIDGETS.read_text("utf-8"))
    stale = {page: text for page, text in texts.items() if text != page.read_text("utf-8")}
    for page, text in stale.items():
        if "--write" in sys.argv:
            page.write_text(text, "utf-8")
        print(page.name)
    return 1 if stale and "--write" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
