"""For all tests: how the processes that they start are measured."""

from __future__ import annotations

import base64
import json
import os

MEASURED = "COVERAGE_PROCESS_CONFIG"


def pytest_configure() -> None:
    """Have coverage follow greenlets in child processes, the web server's workers among them, but not in this one.

    With many threads that end, as in the tests' own process, greenlet's clean-up can keep CPython 3.11 busy for ever.
    """
    if given := os.environ.get(MEASURED):
        config = json.loads(base64.b64decode(given)) | {"concurrency": ["gevent", "thread"]}
        os.environ[MEASURED] = base64.b64encode(json.dumps(config).encode()).decode()
