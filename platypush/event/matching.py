"""Whether an event meets the conditions of a hook. Pure functions of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["match_conditions", "match_phrase", "match_value"]

_MISSING = object()  # equal to nothing that a condition can ask for
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_EDGES = ".,;:!?\"'()[]"


def match_conditions(
    conditions: Mapping[str, Any], args: Mapping[str, Any], phrases: frozenset[str] = frozenset()
) -> dict[str, Any] | None:
    """Match all ``conditions`` of a hook against the ``args`` of an event.

    Returns what the conditions extract (``${name}`` in a phrase; otherwise nothing), or None when one of them is not
    met. ``phrases`` names the arguments whose text is matched as a phrase; all others match by value. An
    argument that the event lacks meets no condition.
    """
    extracted: dict[str, Any] = {}
    for name, wanted in conditions.items():
        value = args.get(name, _MISSING)
        if name in phrases and isinstance(wanted, str) and isinstance(value, str):
            found = match_phrase(wanted, value)
            if found is None:
                return None
            extracted.update(found)
        elif not match_value(wanted, value):
            return None
    return extracted


def match_value(wanted: Any, value: Any) -> bool:
    """Whether ``value`` is what a condition asks for.

    * a mapping: ``value`` is a mapping, and each key of ``wanted`` is there and matches (others may be there too);
    * a list, tuple or set against a list: as long, and matching item by item; against anything else: any of them;
    * a compiled regular expression: found somewhere in the text;
    * anything else: equal, with no conversion between text and numbers.
    """
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and match_value(item, value[key]) for key, item in wanted.items()
        )
    if isinstance(wanted, (list, tuple, set, frozenset)):
        if isinstance(value, (set, frozenset)):
            return set(wanted) == value
        if isinstance(value, (list, tuple)):
            items = list(wanted)
            return len(items) == len(value) and all(map(match_value, items, value))
        return any(match_value(item, value) for item in wanted)
    if isinstance(wanted, re.Pattern):
        return isinstance(value, str) and wanted.search(value) is not None
    return bool(wanted == value)


def match_phrase(pattern: str, text: str) -> dict[str, str] | None:
    """Match spoken or typed ``text`` against ``pattern``, word by word, ignoring case and punctuation at word ends.

    The words of ``pattern`` must appear in their order, other words may stand around and between them.
    ``${name}`` takes one or more words: up to the first place where the next word of the pattern stands, or all
    that is left. Returns the extracted words by name, or None. Takes time linear in both lengths.
    """
    words = text.split()
    plain = [_plain(word) for word in words]
    extracted: dict[str, str] = {}
    position = 0
    variable: str | None = None
    start = 0

    for token in pattern.split():
        is_variable = _VARIABLE.fullmatch(token)
        if is_variable:
            if variable is not None:
                # Two variables in a row: the first one takes a single word.
                if start >= len(words):
                    return None
                extracted[variable] = words[start].strip(_EDGES)
                position = start + 1
            variable, start = is_variable.group(1), position
            continue
        earliest = start + 1 if variable is not None else position
        try:
            found = plain.index(_plain(token), earliest)
        except ValueError:
            return None
        if variable is not None:
            extracted[variable] = _join(words[start:found])
            variable = None
        position = found + 1

    if variable is not None:
        if start >= len(words):
            return None
        extracted[variable] = _join(words[start:])
    return extracted


def _plain(word: str) -> str:
    return word.strip(_EDGES).casefold() or word


def _join(words: list[str]) -> str:
    return " ".join(words).strip(_EDGES)
