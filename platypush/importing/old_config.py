"""An old ``config.yaml`` as this version understands it: kept as it is written, with comments where that does not work.

Pure. Nothing is dropped silently: what cannot be used stays in the file as a comment, with the reason above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from platypush.config.explain import known_keys
from platypush.config.schema import HttpSection, LoggingSection
from platypush.config.sections import ROOT_KEYS
from platypush.errors import ConfigurationError

__all__ = ["Converted", "Known", "convert"]

_GONE: Mapping[str, str] = {
    "workdir": "this hub has a working folder of its own",
    "scripts_dir": "the scripts were copied to the folder beside this file",
    "dashboards_dir": "the dashboards were copied to the folder beside this file",
    "main.db": "the users were copied into this hub's own database; other tables of the old one are not used",
    "token_hash": "it cannot be turned back into a token: make one with 'platypush token'",
    "backend.redis": "no Redis is needed any more; for messages between hubs see docs/integrations/redis.md",
    "redis": "no Redis is needed any more; for its values and queues see docs/integrations/redis.md",
    "backend.websocket": "backend.http has the websocket, see docs/websocket.md",
}
_AUTOMATION = ("event.hook.", "cron.", "procedure.")
_NO_EFFECT = "it has no effect in this version"
_UNKNOWN = "this version does not know it"


@dataclass(frozen=True, slots=True)
class Known:
    """What this version has, asked by name."""

    plugin: Callable[[str], bool]
    backend: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Converted:
    """The new text, what was commented out with the reason, and the files that the old one includes."""

    text: str
    commented: tuple[tuple[str, str], ...]
    includes: tuple[str, ...]


def convert(text: str, known: Known) -> Converted:
    """Convert the text of an old configuration file, an included one too.

    Raises ConfigurationError when it is not YAML with keys at its root.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"It is not valid YAML: {' '.join(str(error).split())}") from error
    if root is None:
        return Converted(text, (), ())
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError("It holds no keys with values, so it is no configuration of Platypush.")
    lines = text.splitlines()
    commented = list(_decisions(root, known, len(lines)))
    # From below, so that the numbers of the lines above stay right.
    for key, reason, first, last in sorted(commented, key=lambda item: -item[2]):
        indent = len(lines[first]) - len(lines[first].lstrip())
        body = [f"{line[:indent]}# {line[indent:]}".rstrip() for line in lines[first:last]]
        lines[first:last] = [f"{' ' * indent}# Not taken over ({key}): {reason}.", *body]
    return Converted(
        "\n".join(lines) + "\n",
        tuple((key, reason) for key, reason, _, _ in commented),
        tuple(_includes(root)),
    )


def _decisions(root: yaml.MappingNode, known: Known, end: int) -> Iterator[tuple[str, str, int, int]]:
    """Key, reason, first line and line after the last of everything that cannot be used."""
    for key, value, first, last in _entries(root, end):
        if reason := _reason(key, known):
            yield key, reason, first, last
        elif key in ("backend.http", "logging") and isinstance(value, yaml.MappingNode) and not value.flow_style:
            for name, _, start, stop in _entries(value, last):
                if reason := _inner_reason(key, name):
                    yield f"{key}.{name}", reason, start, stop


def _reason(key: str, known: Known) -> str:
    if key in _GONE:
        return _GONE[key]
    if key in ROOT_KEYS or key in ("backend.http", "logging") or key.startswith(_AUTOMATION):
        return ""
    if key.startswith("backend."):
        name = key.removeprefix("backend.")
        return "" if known.backend(name) else f"this version has no backend {name!r}"
    return "" if known.plugin(key) else f"this version has no plugin {key!r}"


def _inner_reason(section: str, key: str) -> str:
    if section == "logging":
        if key == "filename":
            return "the log goes to the journal; set a file of your own if you like"
        return "" if key in known_keys(LoggingSection) else _UNKNOWN
    if key in ("logging", "filename"):
        return _NO_EFFECT
    return "" if key in (*known_keys(HttpSection), "enabled", "disabled") else _UNKNOWN


def _entries(mapping: yaml.MappingNode, end: int) -> Iterator[tuple[str, yaml.Node, int, int]]:
    """The entries of a mapping, each with the lines that it takes up; comments below it belong to what follows."""
    pairs = mapping.value
    for index, (key, value) in enumerate(pairs):
        following = pairs[index + 1][0].start_mark.line if index + 1 < len(pairs) else end
        first = key.start_mark.line
        last = max(first + 1, min(_last_line(value) + 1, following))
        yield str(key.value), value, first, last


def _last_line(node: yaml.Node) -> int:
    """The last line that has something of ``node`` in it."""
    children = (
        [child for item in node.value for child in (item if isinstance(item, tuple) else (item,))]
        if (isinstance(node, yaml.CollectionNode))
        else []
    )
    if children and not getattr(node, "flow_style", False):
        return _last_line(children[-1])
    # A block of text ends where the next token begins, in the first column.
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return int(node.end_mark.line - 1 if ends_before else node.end_mark.line)


def _includes(root: yaml.MappingNode) -> Iterator[str]:
    for key, value in root.value:
        if key.value == "include":
            nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
            yield from (node.value for node in nodes if isinstance(node, yaml.ScalarNode) and node.value)
