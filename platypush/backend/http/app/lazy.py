"""The WSGI callable that servers find by name, built at its first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from platypush.backend.http.app.build import build_from_environment, discard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

__all__ = ["LazyApplication"]


class LazyApplication:
    """A WSGI application that exists at import and is built once, under a lock, by whoever needs it first.

    A process forked after the build (a server that loads the application before its workers exist) builds its own,
    so that no connection is shared. All other attributes are those of the Flask application.

    Args:
        build: makes the application from the environment. Raises what a start should fail with.
        environ: the environment to build from; the process's own by default.
    """

    def __init__(
        self,
        build: Callable[[Mapping[str, str]], Flask] = build_from_environment,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._build = build
        self._environ = environ
        self._lock = threading.Lock()
        self._app: Flask | None = None
        self._pid = 0

    def build(self) -> Flask:
        """The Flask application of this process, made now if need be.

        Raises ConfigurationError when the configuration cannot be used, OSError when a file cannot be read.
        """
        if self._app is not None and self._pid == os.getpid():
            return self._app
        with self._lock:
            pid = os.getpid()
            if self._app is None or self._pid != pid:
                if self._app is not None:
                    discard(self._app)
                self._app = self._build(self._environ)
                self._pid = pid
            return self._app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.build().wsgi_app(environ, start_response)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # Servers and debuggers probe such names; they must not set off a build.
            raise AttributeError(name)
        return getattr(self.build(), name)
