"""The hub and its floors, started side by side under the same uWSGI settings."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import free_port, run_group, tree, wait_for

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
    "--die-on-term",
]


@dataclass(frozen=True)
class Floor:
    """A server to measure against."""

    url: str
    pid: int

    def pids(self) -> list[int]:
        """All its processes."""
        return tree(self.pid)


@dataclass(frozen=True)
class Hub:
    """A running hub with the user ``bench`` (password ``bench-password``)."""

    port: int
    pid: int
    config: Path
    workdir: Path
    log: Path
    ready_after: float

    @property
    def python(self) -> str:
        """The interpreter that the hub runs on."""
        return sys.executable

    @property
    def url(self) -> str:
        """Where actions are run."""
        return f"http://127.0.0.1:{self.port}/execute"

    def pids(self) -> list[int]:
        """The daemon, the uWSGI master and the workers."""
        return tree(self.pid)

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run ``platypush`` on this installation and give what it printed."""
        argv = [sys.executable, "-m", "platypush", "-c", str(self.config), "-w", str(self.workdir), *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=check, cwd=ROOT).stdout.strip()


def _environment(extra: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **extra}


@contextlib.contextmanager
def floor(name: str, mode: str, folder: Path) -> Iterator[Floor]:
    """The floor ``tests.bench.floors.<name>`` under uWSGI in ``mode``; with its peer where it has one."""
    port = free_port()
    socket_path = folder / f"{name}-{mode}.sock"
    argv = [str(UWSGI), *_COMMON, *MODES[mode], "--http-socket", f"127.0.0.1:{port}"]
    argv += ["--virtualenv", sys.prefix, "--module", f"tests.bench.floors.{name}"]
    env = _environment({"ROUNDTRIP_SOCKET": str(socket_path)})
    with contextlib.ExitStack() as stack:
        if name == "roundtrip":
            peer = [sys.executable, "-m", "tests.bench.floors.roundtrip", str(socket_path)]
            stack.enter_context(run_group(peer, env=env, log=folder / "peer.log"))
        process = stack.enter_context(run_group(argv, env=env, log=folder / f"{name}-{mode}.log"))
        wait_for(port, process=process)
        yield Floor(f"http://127.0.0.1:{port}/execute", process.pid)


@contextlib.contextmanager
def hub(
    folder: Path, *, mode: str | None = None, config: str = "", scripts: dict[str, str] | None = None
) -> Iterator[Hub]:
    """A hub in ``folder`` on a free port: with the arguments of the floors in ``mode``, else with ``uwsgi.ini``.

    ``config`` is appended to its configuration; ``scripts`` maps file names to their text. The user exists before the
    hub starts, so that ``ready_after`` is the time from start to the first answer of a worker, in seconds.
    """
    port, websocket_port = free_port(), free_port()
    arguments = ["--ini", str(ROOT / "uwsgi.ini")]
    if mode is not None:
        arguments = [*_COMMON[:-1], *MODES[mode], "--http-socket", f"127.0.0.1:{port}"]
    folder.mkdir(parents=True, exist_ok=True)
    path, workdir, log = folder / "config.yaml", folder / "work", folder / "hub.log"
    path.write_text(
        "device_id: bench\n"
        "token: bench-global-token\n"
        "backend.http:\n"
        f"  port: {port}\n"
        f"  websocket_port: {websocket_port}\n"
        "  bind_address: 127.0.0.1\n"
        "  run_externally: true\n"
        f"  uwsgi_args: {json.dumps(arguments)}\n"
        f"{config}"
    )
    path.chmod(0o600)
    (folder / "scripts").mkdir(exist_ok=True)
    for name, text in (scripts or {}).items():
        (folder / "scripts" / name).write_text(text)
    argv = [sys.executable, "-m", "platypush", "-c", str(path), "-w", str(workdir)]
    subprocess.run(
        [*argv, "user", "add", "bench", "--password-stdin"], input="bench-password", text=True, check=True, cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    started = time.monotonic()
    with run_group([*argv, "run"], env=_environment({}), log=log) as process:
        wait_for(port, "/health", process=process)
        yield Hub(port, process.pid, path, workdir, log, time.monotonic() - started)
