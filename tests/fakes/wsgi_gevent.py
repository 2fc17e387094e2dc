"""The small application, prepared for uWSGI's gevent loop as the hub's own is."""

from __future__ import annotations

from platypush.backend.http import _gevent_worker

_gevent_worker.prepare()

from tests.fakes.wsgi import application  # noqa: E402 - after the patch, as in platypush.backend.http.uwsgi

__all__ = ["application"]
