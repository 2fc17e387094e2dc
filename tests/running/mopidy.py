"""A real Mopidy with no sound, with its library of files, its playlists, and a library of the tests' own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.running.music_library import COVER, SECONDS, TRACKS
from tests.running.processes import free_port, run_group

__all__ = ["Mopidy"]

_FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "mopidy"


class Mopidy:
    """Mopidy on a free port. Can be killed and started again at the same place.

    Tracks of ``music`` are at their ``file:`` URI, and with their tags as ``shelf:`` and their number.
    """

    def __init__(self, folder: Path, music: Path) -> None:
        self.port = free_port()
        self.log = folder / "mopidy.log"
        self.music = music
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._config = folder / "mopidy.conf"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "playlists").mkdir(parents=True)
        index: list[dict[str, Any]] = [
            {"uri": f"shelf:{number}", "file": self.uri(name), "length": SECONDS * 1000, **tags}
            for number, (name, tags) in enumerate(TRACKS.items())
        ]
        index[0]["image"] = f"/shelf/{COVER.replace(' ', '%20')}"
        index[2]["image"] = "https://images.example.com/homogenic.jpg"
        (folder / "shelf.json").write_text(json.dumps(index))
        self._config.write_text(
            f"[core]\ncache_dir = {folder}/cache\nconfig_dir = {folder}/config\ndata_dir = {folder}/data\n"
            f"[audio]\noutput = fakesink sync=true\nmixer = software\nmixer_volume = 100\n"
            f"[http]\nport = {self.port}\nzeroconf =\n[file]\nmedia_dirs = {music}\n"
            f"[m3u]\nplaylists_dir = {folder}/playlists\n[shelf]\nindex = {folder}/shelf.json\nmedia = {music}\n"
        )

    def uri(self, name: str) -> str:
        """The URI of a file in the library."""
        return (self.music / name).as_uri()

    def start(self) -> Mopidy:
        """Start it, and wait until it answers."""
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder), "PYTHONPATH": str(_FIXTURES)}
        argv = ["mopidy", "--config", str(self._config)]
        self._process = self._stack.enter_context(run_group(argv, env=env, log=self.log))
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        """End it without a word to anybody."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self, frozen: bool) -> None:
        """Stop the process where it is, or let it go on: a half dead peer."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self._stack.close()

    def ask(self, method: str, **params: Any) -> Any:
        """Call a method over a connection of the test's own."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/mopidy/rpc", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["result"]

    def _answers(self) -> bool:
        try:
            return bool(self.ask("core.get_version"))
        except OSError:
            return False
