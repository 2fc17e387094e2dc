"""``python -m tests.bench``: start the hub and its floors side by side and print the ratios.

Every figure is measured in one run on one machine, in interleaved rounds, and given as a median.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.bus import run_bus
from tests.bench.cameras import run_cameras
from tests.bench.deaths import run_deaths
from tests.bench.execute import run_credentials, run_floors
from tests.bench.growth import run_growth
from tests.bench.load import require_wrk
from tests.bench.nginx import run_nginx
from tests.bench.panel import run_panel
from tests.bench.reloading import run_reload
from tests.bench.report import machine
from tests.bench.slow import run_slow
from tests.bench.startup import run_startup
from tests.bench.websocket_bench import run_websocket


def main() -> None:
    """Run the parts that were asked for, all of them without arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    names = (
        *("floors", "credentials", "bus", "growth", "slow", "deaths", "reload", "startup", "websocket", "nginx"),
        *("cameras", "panel"),
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of load in each (default 5)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(names)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    require_wrk()
    rounds, seconds = options.rounds, options.seconds
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="pp-bench-") as name:
        folder = Path(name)
        parts: dict[str, tuple[str, Callable[[], str]]] = {
            "floors": ("POST /execute, 64 connections, 2 processes", lambda: run_floors(folder, rounds, seconds)),
            "credentials": ("By credential, gevent", lambda: run_credentials(folder, rounds, seconds)),
            "bus": ("POST /execute over both buses, 64 connections", lambda: run_bus(folder, rounds, seconds)),
            "growth": ("With much in the database", lambda: run_growth(folder, rounds, seconds)),
            "slow": ("500 calls that sleep 1 s, at once, uwsgi.ini", lambda: run_slow(folder, rounds)),
            "deaths": ("SIGKILL under load, 8 connections, uwsgi.ini", lambda: run_deaths(folder)),
            "reload": ("Reloads under load, 16 connections, uwsgi.ini", lambda: run_reload(folder)),
            "startup": ("Start and memory, uwsgi.ini", lambda: run_startup(folder, rounds)),
            "websocket": ("1,000 websocket clients", lambda: run_websocket(rounds)),
            "nginx": ("Files through nginx, 64 connections", lambda: run_nginx(folder, rounds, seconds)),
            "cameras": (f"Viewers of one camera, uwsgi.ini, {2 * seconds} s", lambda: run_cameras(folder, 2 * seconds)),
            "panel": ("The panel in Chromium, uwsgi.ini", lambda: run_panel(folder, rounds)),
        }
        for part in options.parts or names:
            title, run = parts[part]
            print(f"## {title}\n\n{run()}\n", flush=True)


if __name__ == "__main__":
    main()
