"""A process that runs an HttpBackend as the daemon does: ``python -m tests.fakes.http_parent JSON``.

Prints one JSON line when the server answers, then waits until it is killed, or stops cleanly at the end of its input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from platypush.backend.http import HttpBackend, HttpServices
from tests.fakes.settings import web_settings


def main() -> None:
    options = json.loads(sys.argv[1])
    backend = HttpBackend(**options["backend"])
    services = HttpServices(
        web_settings=web_settings(Path(options["workdir"]), start_id="parent"),
        application=options.get("application"),
    )
    backend.bind(services)
    backend.start()
    ready = backend.wait_ready(20)
    print(json.dumps({"ready": ready, **backend.status()}), flush=True)
    sys.stdin.read()
    backend.stop()


if __name__ == "__main__":
    main()
