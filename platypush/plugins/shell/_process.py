"""Running one command within limits of time and output."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Outcome", "run", "spawn"]

_TICK = 0.05
_CHUNK = 65536
_TAIL = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did. ``code`` is negative for the signal that killed it."""

    code: int
    output: str
    timed_out: bool = False
    too_long: bool = False

    def tail(self) -> str:
        """The last of the output, for an error's text."""
        text = self.output.strip()
        return text if len(text) <= _TAIL else f"…{text[-_TAIL:]}"


def run(
    command: str | Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    input: str | None,
    timeout: float,
    max_output: int,
) -> Outcome:
    """Run ``command`` to its end, or kill it and its children after ``timeout`` seconds (0: never) or
    ``max_output`` bytes.

    Returns when the command itself has ended, even when something that it left in the background still holds its
    output open. Raises OSError when it cannot be started.
    """
    with tempfile.TemporaryFile() as source:
        source.write((input or "").encode())
        source.seek(0)
        process = _popen(command, folder, variables, stdin=source, stdout=subprocess.PIPE)
    stdout = process.stdout
    if stdout is None:
        raise OSError("The command was started without a pipe for its output.")
    deadline = time.monotonic() + timeout if timeout else None
    output = bytearray()
    timed_out = too_long = False
    try:
        while _read(process, stdout, output):
            timed_out = deadline is not None and time.monotonic() >= deadline
            too_long = len(output) > max_output
            if timed_out or too_long:
                break
        # The output may be closed while the command goes on.
        while not (timed_out or too_long) and not _ended(process):
            timed_out = deadline is not None and time.monotonic() >= deadline
    finally:
        if process.poll() is None:
            _kill(process)
        stdout.close()
    return Outcome(process.wait(), bytes(output[:max_output]).decode(errors="replace"), timed_out, too_long)


def spawn(command: str | Sequence[str], folder: Path, variables: Mapping[str, str]) -> int:
    """Start ``command`` and return its process id. Raises OSError when it cannot be started."""
    process = _popen(command, folder, variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # Somebody has to wait for it, or it stays behind as a zombie.
    threading.Thread(target=process.wait, name=f"shell-{process.pid}", daemon=True).start()
    return process.pid


def _popen(
    command: str | Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    stdin: int | IO[bytes],
    stdout: int,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env={**os.environ, **variables},
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _read(process: subprocess.Popen[bytes], stdout: IO[bytes], output: bytearray) -> bool:
    """Read what is there, waiting a moment for it. False at the end of the output or of the command."""
    # Asked first: what the command wrote before it ended is then in the pipe already.
    ended = process.poll() is not None
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        if not selector.select(0 if ended else _TICK):
            return not ended
    chunk = os.read(stdout.fileno(), _CHUNK)
    output += chunk
    return bool(chunk)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_TICK)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
