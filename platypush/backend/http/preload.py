"""What uWSGI's master loads before it forks its workers, so that they share the memory of it and are there sooner.

``shared-pyimport = platypush.backend.http.preload`` in ``uwsgi.ini``. Modules only, which do nothing when they are
imported: each worker builds its own application and looks for modules of routes itself. A new version of the hub
needs a new master; an upgrade restarts it anyway.
"""

from __future__ import annotations

import gc

from platypush.backend.http import _gevent_worker

_gevent_worker.prepare()

from platypush.backend.http.app import build, cameras, streaming  # noqa: E402 - loaded after the patch
from platypush.backend.http.app.media import sending  # noqa: E402 - what routes of plugins work with
from platypush.media import catalogue  # noqa: E402 - the same

# None of this will ever be garbage. A collector that looked at it would write to its pages, and so copy them.
gc.collect()
gc.freeze()

__all__ = ["build", "cameras", "catalogue", "sending", "streaming"]
