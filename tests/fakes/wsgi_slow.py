"""The small application, which takes two seconds to load in uWSGI's second worker."""

from __future__ import annotations

import importlib
import time

from tests.fakes.wsgi import application

if importlib.import_module("uwsgi").worker_id() == 2:
    time.sleep(2)

__all__ = ["application"]
