"""The validated core sections as the settings of ``platypush.config.model``, with the rules that join several keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from platypush._lib.files import check_socket_path
from platypush.config.explain import known_keys, validate
from platypush.config.model import BusSettings, HttpSettings, Limits, LoggingSettings, Secret
from platypush.config.paths import BUS_SOCKET, resolve_path
from platypush.config.problem import KeyPath
from platypush.config.schema import (
    BusSection,
    DatabaseSection,
    HttpSection,
    LimitsSection,
    LoggingSection,
    RootSection,
    Section,
)
from platypush.config.secrets import read_secret_file, readable_by_others
from platypush.config.yaml_source import Document

__all__ = ["Core"]

S = TypeVar("S", bound=Section)

_HTTP_PATHS = ("ssl_cert", "ssl_key", "ssl_cafile", "ssl_capath")
_SQLITE = re.compile(r"sqlite(?:\+\w+)?://(/?)(.*)", re.DOTALL)
_MARGIN = 15
_SHORTEST_SECRET = 16
"""Seconds that nginx waits longer than an action may take, and uWSGI longer than nginx."""


class Core:
    """Builds the settings of the core sections from ``document`` and notes every error in it.

    Where there are errors the settings hold defaults: they are for finding the other errors, not for running.
    """

    def __init__(self, document: Document, environ: Mapping[str, str], base: Path) -> None:
        self._document = document
        self._environ = environ
        self._base = base
        """Where relative paths start when no file holds their key."""

    def error(self, path: KeyPath, reason: str, problem_id: str = "config.value") -> None:
        """Note an error at ``path``."""
        self._document.add_error(problem_id, path, reason)

    def section(self, schema: type[S], key: str, default: S, data: Any = None) -> S:
        """The section ``key`` (or ``data``) as a ``schema``; ``default`` where it is missing, empty or wrong."""
        value = self._document.data.get(key) if data is None else data
        at = (key,) if key else ()
        if value is None:
            return default
        if not isinstance(value, dict):
            self.error(at, f"keys with values are expected below it, such as {', '.join(known_keys(schema)[:3])}.")
            return default
        result, reasons = validate(schema, value)
        for path, reason in reasons:
            self.error((*at, *path), reason)
        return default if result is None else result

    def path(self, text: str, key: KeyPath) -> Path:
        """``text``, written at ``key``, as an absolute path: relative to the file that holds the key."""
        mark = self._document.mark(key)
        try:
            return resolve_path(text, mark.file.parent if mark else self._base, self._environ)
        except ValueError as error:
            self.error(key, str(error))
            return self._base

    def http(self) -> HttpSettings:
        """``backend.http``."""
        key = "backend.http"
        data = self._document.data.get(key)
        if isinstance(data, dict):
            for name in data.keys() & HttpSection.unused.keys():
                self._document.warnings.append(((key, name), HttpSection.unused[name]))
            data = {name: value for name, value in data.items() if name not in HttpSection.unused}
        section = self.section(HttpSection, key, HttpSection(), data)
        values: dict[str, Any] = {field.name: getattr(section, field.name) for field in fields(HttpSettings)}
        for name in _HTTP_PATHS:
            if values[name] is not None:
                values[name] = self.path(values[name], (key, name))
        values["resource_dirs"] = {
            name: self.path(folder, (key, "resource_dirs", name)) for name, folder in section.resource_dirs.items()
        }
        values["uwsgi_args"] = tuple(section.uwsgi_args or ())
        values["trusted_proxies"] = tuple(section.trusted_proxies)
        if section.ssl_key and not section.ssl_cert:
            self.error((key, "ssl_key"), "a key without its certificate: set ssl_cert as well.", "config.http.tls")
        if not section.disable_websocket and section.port == section.websocket_port:
            reason = f"port and websocket_port are both {section.port}. Give each its own."
            self.error((key, "websocket_port"), reason, "config.http.ports")
        if section.uwsgi_args and not section.run_externally:
            reason = "they have no effect without 'run_externally: true'."
            self._document.warnings.append(((key, "uwsgi_args"), reason))
        return HttpSettings(**values)

    def logging(self) -> LoggingSettings:
        """``logging``."""
        section = self.section(LoggingSection, "logging", LoggingSection())
        filename = self.path(section.filename, ("logging", "filename")) if section.filename else None
        return LoggingSettings(level=section.level, filename=filename, format=section.format, access=section.access)

    def bus(self, runtime: Path) -> BusSettings:
        """``bus``; the default is a socket in ``runtime``."""
        section = self.section(BusSection, "bus", BusSection())
        path = self.path(section.path, ("bus", "path")) if section.path else runtime / BUS_SOCKET
        stats = runtime / "uwsgi-stats.sock"
        # Streams are served beside the bus.
        for socket in (path, path.with_name("streams.sock"), stats):
            try:
                check_socket_path(socket)
            except ValueError as error:
                self.error(("bus",) if section.path and socket != stats else ("workdir",), str(error), "config.socket")
                break
        if section.type == "redis" and section.url is None:
            self.error(("bus", "url"), "the redis bus needs it: url: redis://localhost:6379/0")
        if section.type == "unix" and section.url is not None:
            self.error(("bus", "url"), "it is for 'type: redis'; the unix bus has a path.")
        if section.type == "unix" and section.secret is not None:
            self.error(("bus", "secret"), "it is for 'type: redis'; the unix bus knows its callers by their user id.")
        if section.secret is not None and len(section.secret.reveal()) < _SHORTEST_SECRET:
            reason = f"it needs {_SHORTEST_SECRET} characters at least, so that nobody guesses it: openssl rand -hex 32"
            self.error(("bus", "secret"), reason)
        return BusSettings(type=section.type, path=path, url=section.url, secret=section.secret)

    def limits(self) -> Limits:
        """``limits``. Time-outs that are not written follow from ``action_time``, so that one key is enough."""
        section = self.section(LimitsSection, "limits", LimitsSection())
        values = section.model_dump()
        written = section.model_fields_set
        if "nginx_read_timeout" not in written:
            values["nginx_read_timeout"] = int(values["action_time"]) + _MARGIN
        if "harakiri" not in written:
            values["harakiri"] = values["nginx_read_timeout"] + _MARGIN
        limits = Limits(**values)
        for upper, lower in (("nginx_read_timeout", "action_time"), ("harakiri", "nginx_read_timeout")):
            if getattr(limits, upper) <= getattr(limits, lower):
                reason = (
                    f"{upper} is {getattr(limits, upper):g} s and has to be longer than {lower}, which is "
                    f"{getattr(limits, lower):g} s: else a slow action ends as a broken connection instead of an "
                    f"answer. Raise {upper}, or leave it out."
                )
                self.error(("limits", upper if upper in written else lower), reason, "config.limits.order")
        if limits.request_body >= limits.bus_frame:
            reason = "a request has to fit into a frame of the bus: raise bus_frame above request_body."
            self.error(("limits", "request_body"), reason, "config.limits.sizes")
        return limits

    def database(self, workdir: Path) -> Secret:
        """``main.db``: a URL, or a mapping with ``engine`` as in earlier versions; by default SQLite in ``workdir``."""
        key = "main.db"
        value = self._document.data.get(key)
        if value is None:
            return _sqlite(workdir / "main.db")
        data = {"engine": value} if isinstance(value, str | Secret) else value
        fallback = DatabaseSection(engine=_sqlite(workdir / "main.db"))
        url = self.section(DatabaseSection, key, fallback, data).engine.reveal()
        if match := _SQLITE.fullmatch(url):
            if not match[1] or match[2] in {"", ":memory:"}:
                self.error((key,), "the workers need a database in a file: sqlite:////var/lib/platypush/main.db")
                return fallback.engine
            name, *query = match[2].split("?", 1)
            try:
                file = resolve_path(name, workdir, self._environ)
            except ValueError as error:
                self.error((key,), str(error))
                return fallback.engine
            return Secret("?".join((_sqlite(file).reveal(), *query)))
        if not re.match(r"postgresql(\+\w+)?://", url):
            mend = " Write postgresql:// instead." if url.startswith("postgres:") else ""
            self.error((key,), f"a URL of SQLite or PostgreSQL is expected: sqlite:///… or postgresql://…{mend}")
        return Secret(url)

    def token(self, root: RootSection) -> Secret | None:
        """``token``, or what ``token_file`` holds."""
        if root.token_file is None:
            return root.token
        if root.token is not None:
            self.error(("token_file",), "token is there as well. Keep one of them.")
            return root.token
        file = self.path(root.token_file, ("token_file",))
        try:
            text = read_secret_file(file)
        except ValueError as error:
            self.error(("token_file",), f"the token cannot be read: {error}")
            return None
        if warning := readable_by_others(file):
            self._document.warnings.append((("token_file",), warning))
        return Secret(text)


def _sqlite(file: Path) -> Secret:
    return Secret(f"sqlite:///{file}")
