"""Reads the main file and what it includes, and merges them into one document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.config.paths import resolve_path
from platypush.config.problem import KeyPath, Mark, Problem, dotted
from platypush.config.yaml_source import Document, parse

__all__ = ["read_document"]


def read_document(path: Path, environ: Mapping[str, str]) -> Document:
    """The document of ``path`` with its includes merged in. Errors are in the document; nothing is raised.

    Sections of several files are merged key by key. A key with two different values is an error: which file would
    win depends on an order that nobody remembers.
    """
    document = Document(files=[])
    _read_into(document, path, environ, ())
    return document


def _read_into(document: Document, path: Path, environ: Mapping[str, str], including: tuple[Path, ...]) -> None:
    part = _parse_file(path, environ)
    document.files.append(path)
    document.errors.extend(part.errors)
    document.warnings.extend(part.warnings)
    document.secret_errors.extend(part.secret_errors)
    included = part.data.pop("include", None)
    mark = part.mark(("include",)) or Mark(path, 1)
    _merge(document, part, document.data, part.data, ())
    document.marks = part.marks | document.marks
    for name in _names(included, mark, document):
        try:
            file = resolve_path(name, path.parent, environ)
        except ValueError as error:
            document.errors.append(_include_problem(mark, str(error)))
            continue
        if _same(file, (*including, path)):
            chain = " → ".join(str(step) for step in (*including, path, file))
            document.errors.append(_include_problem(mark, f"the files include each other: {chain}"))
        elif not file.is_file():
            document.errors.append(_include_problem(mark, f"there is no file {file}"))
        elif not _same(file, tuple(document.files)):
            _read_into(document, file, environ, (*including, path))


def _parse_file(path: Path, environ: Mapping[str, str]) -> Document:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}."
    except UnicodeDecodeError as error:
        reason = f"the file is not UTF-8 text (byte {error.start})."
    else:
        return parse(text, path, environ)
    return Document(files=[path], errors=[Problem("config.file", "", reason, str(path))])


def _names(value: Any, mark: Mark, document: Document) -> list[str]:
    if value is None:
        return []
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    document.errors.append(_include_problem(mark, "the path of a file is expected, or a list of them."))
    return []


def _include_problem(mark: Mark, reason: str) -> Problem:
    return Problem("config.include", "include", reason, str(mark))


def _same(file: Path, files: tuple[Path, ...]) -> bool:
    return file.resolve() in {other.resolve() for other in files}


def _merge(document: Document, part: Document, target: dict[str, Any], extra: dict[str, Any], at: KeyPath) -> None:
    for key, value in extra.items():
        path = (*at, key)
        if target.get(key) is None:
            target[key] = value
        elif isinstance(target[key], dict) and isinstance(value, dict):
            _merge(document, part, target[key], value, path)
        elif value is not None and target[key] != value:
            reason = f"{dotted(path)} has another value in {document.source(path)}. Keep one of them."
            document.errors.append(Problem("config.conflict", dotted(path), reason, part.source(path)))
