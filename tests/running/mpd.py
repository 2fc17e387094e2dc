"""A real MPD with no sound."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.running.processes import free_port, run_group

__all__ = ["Mpd"]


class Mpd:
    """MPD on a free port and a unix socket, with a library. Can be killed and started again at the same place."""

    def __init__(self, folder: Path, music: Path, *, password: str | None = None) -> None:
        self.port = free_port()
        self.socket = folder / "mpd.sock"
        self.log = folder / "mpd.log"
        self.password = password
        self._stack = contextlib.ExitStack()
        self._config = folder / "mpd.conf"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "playlists").mkdir(parents=True)
        rights = f'password "{_quoted(password)}@read,add,control,admin"\ndefault_permissions ""\n' if password else ""
        self._config.write_text(
            f'music_directory "{_quoted(str(music))}"\nplaylist_directory "{folder}/playlists"\ndb_file "{folder}/db"\n'
            f'state_file "{folder}/state"\nbind_to_address "127.0.0.1"\nbind_to_address "{self.socket}"\n'
            f'port "{self.port}"\nzeroconf_enabled "no"\nmax_playlist_length "20000"\n{rights}'
            'audio_output {\n  type "null"\n  name "nothing"\n  mixer_type "software"\n}\n'
        )

    def start(self) -> Mpd:
        """Start it, and wait until it knows its library."""
        argv = ["mpd", "--no-daemon", "--stderr", str(self._config)]
        self._process = self._stack.enter_context(run_group(argv, env=os.environ, log=self.log))
        deadline = time.monotonic() + 20
        while not self._knows_its_library():
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

    def ask(self, *commands: str) -> str:
        """Send commands over a connection of the test's own; what MPD answers to all of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            file = connection.makefile("rw", encoding="utf-8", newline="\n")
            assert file.readline().startswith("OK MPD")
            login = [f'password "{_quoted(self.password)}"'] if self.password else []
            file.write("\n".join(["command_list_begin", *login, *commands, "command_list_end", ""]))
            file.flush()
            answer = ""
            while (line := file.readline()) and not line.startswith(("OK", "ACK")):
                answer += line
            return answer + line

    def _knows_its_library(self) -> bool:
        try:
            status = self.ask("status", "stats")
        except OSError:
            return False
        if "songs: 0" in status and "updating_db" not in status:
            self.ask("update")
            return False
        return "updating_db" not in status


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
