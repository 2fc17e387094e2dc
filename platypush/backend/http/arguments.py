"""uWSGI's command line and ini files, read as the daemon has to understand them. Pure, apart from the given reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Option", "is_off", "option_names", "parse_arguments", "read_ini"]

_SHORT = {
    "s": "socket",
    "p": "processes",
    "t": "harakiri",
    "x": "xml",
    "S": "set",
    "d": "daemonize",
    "l": "listen",
    "v": "max-vars",
    "b": "buffer-size",
    "C": "chmod-socket",
    "R": "max-requests",
    "z": "socket-timeout",
    "A": "sharedarea",
    "Q": "spooler",
    "y": "yaml",
    "j": "json",
    "w": "module",
    "J": "test",
    "H": "home",
    "O": "optimize",
    "m": "memory-report",
    "c": "cgi-mode",
    "a": "abstract-socket",
    "T": "enable-threads",
    "i": "single-interpreter",
    "M": "master",
    "r": "reaper",
    "L": "disable-logging",
}
_SHORT_FLAGS = frozenset("mcaTiMrL")
_ALIASES = {
    "workers": "processes",
    "wsgi": "module",
    "virtualenv": "home",
    "venv": "home",
    "pyhome": "home",
    "plugins": "plugin",
    "need-plugins": "need-plugin",
    "chmod": "chmod-socket",
    "httprouter": "http",
    "stats-server": "stats",
    "yml": "yaml",
    "js": "json",
    "xmlconfig": "xml",
    "daemonize2": "daemonize",
    "logformat": "log-format",
}
_FLAGS = frozenset(
    {
        "abstract-socket",
        "auto-procname",
        "close-on-exec",
        "close-on-exec2",
        "cgi-mode",
        "die-on-term",
        "disable-logging",
        "enable-threads",
        "exit-on-reload",
        "gevent-early-monkey-patch",
        "gevent-monkey-patch",
        "gevent-wait-for-hub",
        "harakiri-verbose",
        "http-auto-chunked",
        "http-auto-gzip",
        "http-chunked-input",
        "http-raw-body",
        "http-websockets",
        "ignore-sigpipe",
        "ignore-write-errors",
        "lazy",
        "lazy-apps",
        "log-4xx",
        "log-5xx",
        "log-master",
        "log-micros",
        "log-x-forwarded-for",
        "log-zero",
        "manage-script-name",
        "master",
        "memory-report",
        "no-default-app",
        "no-orphans",
        "reaper",
        "single-interpreter",
        "so-keepalive",
        "stats-http",
        "stats-min",
        "strict",
        "tcp-nodelay",
        "thunder-lock",
        "vacuum",
        "wsgi-accept-buffer",
        "wsgi-strict",
    }
)
_OPTIONAL = frozenset({"chmod-socket", "need-app", "mule", "logdate", "log-date", "log-prefix"})
"""Options whose value counts only after an equals sign, as getopt has it."""

_VARIABLE = re.compile(r"\$\((\w+)\)")
_REFERENCE = re.compile(r"%\(([^()]+)\)")
_CONDITIONS = {
    "if-env": ("env", True),
    "ifenv": ("env", True),
    "if-not-env": ("env", False),
    "if-opt": ("opt", True),
    "ifopt": ("opt", True),
    "if-not-opt": ("opt", False),
}
_INCLUDES = 5
"""How deep files may include files."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option. ``name`` is canonical (``-s`` is ``socket``, ``--wsgi`` is ``module``); a positional has name ``""``.

    ``tokens`` are the words it was written in, empty for one from a file.
    """

    name: str
    value: str | None = None
    tokens: tuple[str, ...] = ()
    spelling: str = ""
    """The name as written, without dashes."""


def parse_arguments(arguments: Sequence[str]) -> tuple[Option, ...]:
    """Split a uWSGI command line (without the program) into options, in their order.

    Understands ``--name value``, ``--name=value``, ``-s value`` and ``-svalue``. Together, the ``tokens`` are the
    command line again.
    """
    options = []
    words = list(arguments)
    index = 0
    while index < len(words):
        option = _parse_one(words, index)
        options.append(option)
        index += len(option.tokens)
    return tuple(options)


def _parse_one(words: list[str], index: int) -> Option:
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) else None
    if word.startswith("--") and len(word) > 2:
        spelling, equals, value = word[2:].partition("=")
        name = _ALIASES.get(spelling, spelling)
        if equals:
            return Option(name, value, (word,), spelling)
        takes_next = name not in _FLAGS and (name not in _OPTIONAL or (following or "").isdecimal())
    elif word.startswith("-") and len(word) > 1:
        spelling, value = word[1], word[2:]
        name = _SHORT.get(spelling, spelling)
        if value:
            return Option(name, value.removeprefix("="), (word,), spelling)
        takes_next = spelling not in _SHORT_FLAGS
    else:
        return Option("", word, (word,))
    if takes_next and following is not None and not _looks_like_option(following):
        return Option(name, following, (word, following), spelling)
    return Option(name, None, (word,), spelling)


def _looks_like_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not word[1:].isdecimal()


def option_names(options: Iterable[Option]) -> frozenset[str]:
    """The canonical names that occur."""
    return frozenset(option.name for option in options if option.name)


def is_off(value: str | None) -> bool:
    """Whether a boolean option with that value is switched off, as uWSGI reads it."""
    return value is not None and value.strip().lower() in ("false", "0", "no", "off")


def read_ini(
    path: Path, env: Mapping[str, str], read: Callable[[Path], str], given: Iterable[Option] = ()
) -> tuple[Option, ...]:
    """The options of the ``[uwsgi]`` section of an ini file, with its includes, conditions on environment and options
    (``if-env``, ``if-not-env``, ``if-opt``, ``if-not-opt``) and placeholders resolved as uWSGI does.

    ``read`` gives the text of a file, ``given`` are the options of the command line. Raises OSError when a file cannot
    be read.
    """
    reader = _IniReader(env, read, given)
    reader.read(path, depth=0)
    return tuple(reader.options)


class _IniReader:
    def __init__(self, env: Mapping[str, str], read: Callable[[Path], str], given: Iterable[Option]) -> None:
        self.options: list[Option] = []
        self._env = env
        self._read = read
        self._known = {option.spelling: option.value or "" for option in given}

    def read(self, path: Path, depth: int) -> None:
        in_section = False
        skipping = False
        for line in self._read(path).splitlines():
            line = line.strip()
            if not line or line[0] in ";#":
                continue
            if line.startswith("["):
                in_section = line == "[uwsgi]"
                continue
            if not in_section:
                continue
            key, _, value = (part.strip() for part in line.partition("="))
            value = self._expand(value, path)
            condition = _CONDITIONS.get(key)
            if condition is not None:
                known = self._env if condition[0] == "env" else self._known
                skipping = self._holds(known, value) is not condition[1]
            elif key in ("endif", "end-if"):
                skipping = False
            elif not skipping:
                self._take(key, value, path, depth)

    def _take(self, key: str, value: str, path: Path, depth: int) -> None:
        if key in ("ini", "include") and depth < _INCLUDES and not value.startswith(":"):
            self.read(path.parent / value, depth + 1)
        elif key in ("set", "set-placeholder", "set-ph"):
            name, _, text = value.partition("=")
            self._known[name] = text
        else:
            self._known[key] = value
            self.options.append(Option(_ALIASES.get(key, key), value, (), key))

    def _expand(self, value: str, path: Path) -> str:
        value = _VARIABLE.sub(lambda match: self._env.get(match[1], match[0]), value)
        value = _REFERENCE.sub(lambda match: self._known.get(match[1], match[0]), value)
        return value.replace("%d", f"{path.parent}/").replace("%p", str(path))

    @staticmethod
    def _holds(known: Mapping[str, str], condition: str) -> bool:
        name, equals, value = condition.partition("=")
        return name in known and (not equals or known[name] == value)
