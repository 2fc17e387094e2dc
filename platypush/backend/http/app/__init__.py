"""The web application: what workers run, under uWSGI and under the built-in server alike.

``application`` is a real WSGI callable that costs nothing until its first request (or ``application.build()``).
"""

from __future__ import annotations

from platypush.backend.http.app.factory import TEMPLATES
from platypush.backend.http.app.lazy import LazyApplication

__all__ = ["application", "template_folder"]

application = LazyApplication()
"""The WSGI callable; ``platypush.backend.http.app:application`` for any server."""

template_folder = str(TEMPLATES)
"""Where the templates are, for route modules of third parties."""
