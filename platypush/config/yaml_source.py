"""YAML as the configuration reads it: every value knows its line, and what people write is what they get.

On top of PyYAML's safe types: a key given twice is an error, keys are always text, times (``17:30``), dates and
numbers with a leading zero stay text, and the tags ``!env NAME`` and ``!file PATH`` fetch a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from platypush._lib.suggest import did_you_mean
from platypush.config.model import Secret
from platypush.config.paths import resolve_path
from platypush.config.problem import KeyPath, Mark, Problem, dotted
from platypush.config.secrets import read_secret_file, readable_by_others

__all__ = ["Document", "parse"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_CONVERTED = frozenset(f"{_PREFIX}{name}" for name in ("null", "bool", "int", "float"))
_TEXT = frozenset(f"{_PREFIX}{name}" for name in ("str", "timestamp", "value"))
_TAGS = ("!env", "!file")
_TEXT_AS_NUMBER = re.compile(r"[-+]?0[0-9_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_MODERN_OCTAL = re.compile(r"0o[0-7]+")
_VALUES_LIMIT = 200_000
"""Values in one file, aliases expanded: far more than a person writes, far less than fills the memory."""

_HINTS = (
    ("scanning an alias", "A value that starts with * has to be quoted: cron_expression: '* * * * *'"),
    ("scanning an anchor", "A value that starts with & has to be quoted."),
    ("character '\\t'", "Indent with spaces: YAML does not allow tabs."),
    (
        "cannot start any token",
        "A value that starts with @, %, ` or the like has to be quoted; indent with spaces.",
    ),
    (
        "mapping values are not allowed",
        "A value with ': ' in it has to be quoted; check the indent too.",
    ),
    ("quoted scalar", "A quote is opened and not closed."),
    ("expected <block end>", "The indent of this line fits no line above it."),
    ("did not find expected key", "The indent of this line fits no line above it."),
    ("parsing a flow", "Between [ ] or { } a value with special characters has to be quoted, such as '${name}'."),
    ("single document", "A configuration file holds one document: remove the second ---."),
    ("could not find expected ':'", "A key needs a colon and a space behind it."),
)


@dataclass(slots=True)
class Document:
    """What one file, or several merged ones, hold."""

    data: dict[str, Any] = field(default_factory=dict)
    marks: dict[KeyPath, Mark] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    """What makes the whole document unusable."""
    secret_errors: list[tuple[KeyPath, str]] = field(default_factory=list)
    """Secrets that could not be fetched: their section cannot be used."""
    warnings: list[tuple[KeyPath, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def mark(self, path: KeyPath) -> Mark | None:
        """The place of the value at ``path``, or of the nearest one around it."""
        for length in range(len(path), 0, -1):
            if found := self.marks.get(path[:length]):
                return found
        return None

    def source(self, path: KeyPath) -> str:
        """``file:line`` of ``path``, or the main file where nothing is nearer."""
        mark = self.mark(path)
        return str(mark) if mark else str(self.files[0]) if self.files else ""

    def add_error(self, problem_id: str, path: KeyPath, reason: str) -> None:
        """Note an error at ``path``, unless its secret is missing: what follows from that says nothing new."""
        key = dotted(path)
        if not any(error.id == "config.secret" and error.key == key for error in self.errors):
            self.errors.append(Problem(problem_id, key, reason, self.source(path)))


class _Refused(Exception):
    """A node that cannot be a value; carries the reason."""


class _Reader:
    def __init__(self, loader: Any, file: Path, environ: Mapping[str, str]) -> None:
        self._loader = loader
        self._file = file
        self._environ = environ
        self._open: set[int] = set()
        self._count = 0
        self.document = Document(files=[file])

    def read(self, node: yaml.Node | None) -> None:
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            if isinstance(node, yaml.ScalarNode) and node.tag == f"{_PREFIX}null":
                return
            raise _Refused("The file has to hold keys with values, such as 'device_id: kitchen'.")
        self.document.data = self._mapping(node, ())

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > _VALUES_LIMIT:
            raise _Refused(f"The file holds more than {_VALUES_LIMIT} values once its aliases are expanded.")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            raise _Refused(f"{dotted(path)}: the alias stands inside of what it names.")
        self._open.add(id(node))
        try:
            return self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._list(node, path)
        finally:
            self._open.discard(id(node))

    def _list(self, node: yaml.Node, path: KeyPath) -> list[Any]:
        self._check_tag(node, "seq", path)
        values = []
        for index, item in enumerate(node.value):
            self._mark((*path, index), item)
            values.append(self._value(item, (*path, index)))
        return values

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        self._check_tag(node, "map", path)
        values: dict[str, Any] = {}
        merged: list[yaml.MappingNode] = []
        for key_node, value_node in node.value:
            if key_node.tag == f"{_PREFIX}merge":
                merged.extend(self._merge_sources(value_node, path))
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._error(key_node, path, "a key has to be a word, not a list or a mapping.")
                continue
            key = (*path, key_node.value)
            if key_node.value in values:
                first = self.document.marks[key].line
                self._error(key_node, key, f"the key is there twice; the first one is in line {first}.")
                continue
            self._mark(key, key_node)
            values[key_node.value] = self._value(value_node, key)
        for source in merged:
            for key_node, value_node in source.value:
                if isinstance(key_node, yaml.ScalarNode) and key_node.value not in values:
                    self._mark((*path, key_node.value), key_node)
                    values[key_node.value] = self._value(value_node, (*path, key_node.value))
        return values

    def _merge_sources(self, node: yaml.Node, path: KeyPath) -> Iterator[yaml.MappingNode]:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(source, yaml.MappingNode):
                yield source
            else:
                self._error(node, path, "<< takes the alias of a mapping, or a list of such.")

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        text: str = node.value
        if node.tag == "!env":
            return self._environment(text.strip(), path)
        if node.tag == "!file":
            return self._secret_file(text.strip(), path)
        if node.tag in _TEXT:
            return int(text, 8) if not node.style and _MODERN_OCTAL.fullmatch(text) else text
        if node.tag not in _CONVERTED:
            self._error(node, path, f"unknown tag {node.tag}.{did_you_mean(node.tag, _TAGS)}")
            return None
        return text if _TEXT_AS_NUMBER.fullmatch(text) else self._loader.construct_object(node)

    def _environment(self, name: str, path: KeyPath) -> Secret | None:
        value = self._environ.get(name)
        if value is None:
            self.document.secret_errors.append((path, f"the environment variable {name} is not set."))
            return None
        return Secret(value)

    def _secret_file(self, name: str, path: KeyPath) -> Secret | None:
        try:
            file = resolve_path(name, self._file.parent, self._environ)
            secret = Secret(read_secret_file(file))
        except ValueError as error:
            self.document.secret_errors.append((path, f"the secret cannot be read: {error}"))
            return None
        if reason := readable_by_others(file):
            self.document.warnings.append((path, reason))
        return secret

    def _check_tag(self, node: yaml.Node, expected: str, path: KeyPath) -> None:
        if node.tag != f"{_PREFIX}{expected}":
            self._error(node, path, f"the tag {node.tag} cannot stand here.")

    def _mark(self, path: KeyPath, node: yaml.Node) -> None:
        self.document.marks[path] = Mark(self._file, node.start_mark.line + 1)

    def _error(self, node: yaml.Node, path: KeyPath, reason: str) -> None:
        source = str(Mark(self._file, node.start_mark.line + 1))
        self.document.errors.append(Problem("config.yaml", dotted(path), reason, source))


def parse(text: str, file: Path, environ: Mapping[str, str]) -> Document:
    """Read ``text``, which stands in ``file``; tags look into ``environ`` and beside the file.

    Never raises for what is in the text: the errors are in the document.
    """
    try:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            reader = _Reader(loader, file, environ)
            try:
                reader.read(node)
            except _Refused as refusal:
                reader.document.errors.append(Problem("config.yaml", "", str(refusal), str(Mark(file, 1))))
            return reader.document
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        return Document(files=[file], errors=[_syntax_problem(error, file)])
    except RecursionError:
        reason = "the values are nested too deeply."
        return Document(files=[file], errors=[Problem("config.yaml", "", reason, str(file))])


def _syntax_problem(error: yaml.YAMLError, file: Path) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "context", None), getattr(error, "problem", None) or getattr(error, "reason", None))
    said = ", ".join(part for part in parts if part) or "unreadable"
    hint = next((f" {text}" for fragment, text in _HINTS if fragment in said), "")
    source = str(Mark(file, mark.line + 1)) if mark else str(file)
    return Problem("config.yaml", "", f"not valid YAML ({said}).{hint}", source)
