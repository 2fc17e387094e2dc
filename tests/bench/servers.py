"""The hub's floors, and the hub, under the same uWSGI settings."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running.hub import Hub, running_hub
from tests.running.processes import free_port, run_group, tree, wait_for

__all__ = ["MODES", "Floor", "Hub", "floor", "hub"]

ROOT = Path(__file__).resolve().parents[2]
UWSGI = Path(sys.prefix) / "bin" / "uwsgi"

MODES: dict[str, list[str]] = {
    "threads": ["--threads", "32"],
    "gevent": ["--gevent", "1024", "--gevent-monkey-patch"],
}
"""The two ways of a worker to have many requests at once; everything else is the same for all servers."""

_COMMON = [
    "--master",
    "--processes",
    "2",
    "--lazy-apps",
    "--need-app",
    "--disable-logging",
    "--buffer-size",
    "32768",
    "--post-buffering",
    "65536",
    "--listen",
    "1024",
    "--add-header",
    "Connection: close",
]


@dataclass(frozen=True)
class Floor:
    """A server to measure against."""

    url: str
    roots: tuple[int, ...]

    def pids(self) -> list[int]:
        """All its processes, those of its peer among them."""
        return [pid for root in self.roots for pid in tree(root)]


@contextlib.contextmanager
def floor(name: str, mode: str, folder: Path) -> Iterator[Floor]:
    """The floor ``tests.bench.floors.<name>`` under uWSGI in ``mode``; with its peer where it has one."""
    port = free_port()
    socket_path = folder / f"{name}-{mode}.sock"
    argv = [str(UWSGI), *_COMMON, *MODES[mode], "--die-on-term", "--http-socket", f"127.0.0.1:{port}"]
    argv += ["--virtualenv", sys.prefix, "--module", f"tests.bench.floors.{name}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "ROUNDTRIP_SOCKET": str(socket_path)}
    roots = []
    with contextlib.ExitStack() as stack:
        if name == "roundtrip":
            peer = [sys.executable, "-m", "tests.bench.floors.roundtrip", str(socket_path)]
            roots.append(stack.enter_context(run_group(peer, env=env, log=folder / "peer.log")).pid)
        process = stack.enter_context(run_group(argv, env=env, log=folder / f"{name}-{mode}.log"))
        roots.append(process.pid)
        wait_for(port, process=process)
        yield Floor(f"http://127.0.0.1:{port}/execute", tuple(roots))


@contextlib.contextmanager
def hub(folder: Path, *, mode: str | None = None, **options: Any) -> Iterator[Hub]:
    """A hub with the arguments of the floors in ``mode``, else with the shipped ``uwsgi.ini``; see ``running_hub``."""
    if mode is not None:
        options["uwsgi_args"] = [*_COMMON, *MODES[mode], "--http-socket", "127.0.0.1:{port}"]
    with running_hub(folder, **options) as server:
        yield server
