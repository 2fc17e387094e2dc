"""Where ``${…}`` of the configuration is evaluated: Jinja's sandbox, narrowed to data.

An expression sees values and a few functions; it reaches no attribute with an underscore, no object of the hub, no
formatting of templates that came from outside, and it cannot make a value that fills the memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from platypush.message import Message, encode

__all__ = ["MAX_SIZE", "Sandbox"]

MAX_SIZE = 16 * 1024 * 1024
"""Characters of a text, or items of a list, that an expression may make."""
_MAX_RANGE = 1_000_000
_MAX_BITS = 4096

_DATA = (str, bytes, int, float, bool, Mapping, list, tuple, set, frozenset, date, time, timedelta, range, Undefined)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_SETS = _words("difference intersection isdisjoint issubset issuperset union")
_METHODS: dict[type, frozenset[str]] = {
    str: _words(
        "capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
        "istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition "
        "rsplit rstrip split splitlines startswith strip swapcase title upper"
    ),
    Mapping: _words("get items keys values"),
    list: _words("count index"),
    tuple: _words("count index"),
    set: _OF_SETS,
    frozenset: _OF_SETS,
    datetime: _words("astimezone date time"),
    date: _words("ctime isocalendar isoformat isoweekday strftime timestamp weekday"),
    time: _words("isoformat strftime"),
    timedelta: _words("total_seconds"),
    float: _words("is_integer"),
}
_FILTERS = _words(
    "abs capitalize count d default dictsort first float groupby int items join last length list lower map max min "
    "reject rejectattr replace reverse round select selectattr sort string sum title tojson trim truncate unique upper "
    "urlencode wordcount"
)
_WIDTH = re.compile(r"%[-_0^#+EO]*\d")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment in which expressions of the configuration are compiled. Safe for many threads."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, cache_size=0)
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters.update(replace=_replace, join=_join_filter, sum=_sum, tojson=_to_json)
        for word in (None, True, False):
            self.tests[str(word)] = lambda value, word=word: value is word
        self.globals = dict(_FUNCTIONS)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only public attributes of data, and of their methods those that cannot do harm."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, Message):
            return not callable(value)
        if not isinstance(obj, _DATA):
            return False
        return not callable(value) or any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Like a template's: an attribute or an item. In a mapping the item comes first."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        """The functions offered here, and methods that ``is_safe_attribute`` let through."""
        owner = getattr(obj, "__self__", None)
        name = getattr(obj, "__name__", "")
        return any(obj is function for function in _FUNCTIONS.values()) or any(
            isinstance(owner, kind) and name in names for kind, names in _METHODS.items()
        )

    def call(self, _context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call ``obj`` where that is safe. Raises SecurityError."""
        if isinstance(obj, Undefined):
            return obj()  # raises, with the name that is missing
        if not self.is_safe_callable(obj):
            raise SecurityError(f"{getattr(obj, '__name__', obj)!r} cannot be called in an expression")
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if isinstance(owner, str) and name == "replace":
            return _replace(owner, *args, **kwargs)
        if isinstance(owner, str) and name == "join":
            return _join(owner, *args)
        if name == "strftime" and _WIDTH.search(str([*args, *kwargs.values()])):
            raise SecurityError("widths in a date's format are not allowed in an expression")
        return obj(*args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The four operators with which small values make large ones. Raises SecurityError beyond the limits."""
        if operator == "%" and isinstance(left, (str, bytes)):
            raise SecurityError("formatting with % is not allowed in an expression: use + or |round")
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            _limit(left.bit_length() * max(right, 0), _MAX_BITS)
        elif operator == "*" and isinstance(left, int) and isinstance(right, int):
            _limit(left.bit_length() + right.bit_length(), _MAX_BITS)
        elif operator == "*":
            for sized, times in ((left, right), (right, left)):
                if isinstance(sized, (str, bytes, list, tuple)) and isinstance(times, int):
                    _limit(len(sized) * times)
        elif operator == "+" and hasattr(left, "__len__") and hasattr(right, "__len__"):
            _limit(len(left) + len(right))
        return super().call_binop(context, operator, left, right)


def _limit(size: int, limit: int = MAX_SIZE) -> None:
    if size > limit:
        raise SecurityError(f"the expression makes a value of size {size}; the limit is {limit}")


def _replace(given: Any, old: str, new: str, count: int | None = -1) -> str:
    text = str(given)
    times = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    _limit(len(text) + times * len(new))
    return text.replace(old, new, times)


def _join(separator: str, items: Any) -> str:
    parts = list(items)
    _limit(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _join_filter(items: Any, separator: str = "") -> str:
    return _join(separator, [str(item) for item in items])


def _to_json(value: Any) -> str:
    return encode(value).decode()


def _range(*args: int) -> range:
    steps = range(*args)
    _limit(len(steps), _MAX_RANGE)
    return steps


def _sum(items: Sequence[Any], start: Any = 0) -> Any:
    if isinstance(start, (list, tuple, str)):
        raise SecurityError("sum adds numbers")
    return sum(items, start)


def _length(value: Any) -> int:
    return len(value)


def _now() -> datetime:
    return datetime.now().astimezone()


def _list(items: Any = ()) -> list[Any]:
    return list(items)


def _dict(items: Mapping[Any, Any] | Sequence[Any] = (), **more: Any) -> dict[Any, Any]:
    return dict(items, **more)


def _set(items: Any = ()) -> Set[Any]:
    return set(items)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "bool": bool,
    "dict": _dict,
    "float": float,
    "int": int,
    "len": _length,
    "list": _list,
    "max": max,
    "min": min,
    "now": _now,
    "range": _range,
    "round": round,
    "set": _set,
    "sorted": sorted,
    "str": str,
    "sum": _sum,
}
