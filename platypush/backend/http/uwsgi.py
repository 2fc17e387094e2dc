"""What uWSGI loads: ``uwsgi --module platypush.backend.http.uwsgi``.

Importing it builds the application, so that ``need-app`` refuses a start that could only answer errors. Workers that
run uWSGI's gevent loop are patched here: uWSGI itself would do it only after the application is loaded, when
locks and modules of the other kind are already held.
"""

from __future__ import annotations

from platypush.backend.http import _gevent_worker

_gevent_worker.prepare()

from platypush.backend.http.app import application  # noqa: E402 - loaded after the patch

application.build()

__all__ = ["application"]
