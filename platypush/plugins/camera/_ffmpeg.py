"""ffmpeg as a child process: never through a shell, killed with the thread that started it, its last words kept."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from platypush.errors import ActionFailed, TimeLimit, Unavailable
from platypush.plugins.camera._parts import BrokenParts, Parts, part
from platypush.process import guarded

__all__ = ["Ffmpeg", "convert", "http_options", "redacted"]

_CHUNK = 256 * 1024
_TAIL = 2000
_TERM_SECONDS = 0.5
_CONVERT_SECONDS = 10.0
_KEPT = ("PATH", "HOME", "TMPDIR")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


class Ffmpeg:
    """A running ffmpeg whose output are pictures. One thread reads (and has started it), another one may write.

    Args:
        program: name or path of ffmpeg.
        options: its arguments.
        first: seconds until the first picture has to be there.
        stall: seconds that may pass between two pictures.
        given: bytes for its standard input, up to 64 KiB; None to write pictures to it.
        what: the source as a person calls it.

    Raises Unavailable when it cannot be started.
    """

    def __init__(
        self,
        program: str,
        options: Sequence[str],
        *,
        what: str,
        first: float = 5.0,
        stall: float = 4.0,
        given: bytes | None = b"",
    ) -> None:
        self._what = what
        self._first = first
        self._stall = stall
        self._parts = Parts()
        self._words = bytearray()
        self._lock = threading.Lock()
        self._process = _start(program, options)
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                self._selector.register(stream, selectors.EVENT_READ)
        self._limit = time.monotonic() + first
        self._started = False
        if given is not None and self._process.stdin is not None:
            with self._process.stdin as stdin:
                stdin.write(given)

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._process.pid

    def next(self, seconds: float) -> bytes | None:
        """The newest picture; None when there was none for ``seconds``. Raises Unavailable, with its last words."""
        deadline = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            if now >= self._limit:
                allowed = self._stall if self._started else self._first
                raise Unavailable(f"{self._what} gave no picture for {allowed:.0f} s.{self._said()}")
            events = self._selector.select(max(0.0, min(deadline, self._limit) - now))
            for key, _ in events:
                picture = self._read(key.fd)
                if picture is not None:
                    self._started = True
                    self._limit = time.monotonic() + self._stall
                    return picture
            if not events and time.monotonic() >= deadline:
                return None

    def write(self, picture: bytes) -> None:
        """Give it a picture. Raises OSError when it takes none any more."""
        if self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(part(picture))

    def finish(self, seconds: float) -> bool:
        """Tell it that there are no more pictures, and wait for its end; False when it had to be killed."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                pass  # it is gone
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return self._process.returncode == 0

    def said(self) -> str:
        """Its last words so far. Only where nobody calls ``next``."""
        stderr = self._process.stderr
        if stderr is not None:
            os.set_blocking(stderr.fileno(), False)
            self._words += stderr.read() or b""
        return self._said()

    def kill(self) -> None:
        """Have it end now; ``next`` then raises. From any thread."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End it and give everything back. By the thread that reads."""
        self._selector.close()
        for stream in (self._process.stdout, self._process.stdin):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass  # what was left to write has nobody to go to
        # First the polite way: it says good-bye to a network camera.
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_TERM_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
        with self._lock:
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _signal(self, number: int) -> None:
        with self._lock:
            # Not reaped yet, so the number is still its own.
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def _read(self, descriptor: int) -> bytes | None:
        data = os.read(descriptor, _CHUNK)
        if self._process.stderr is not None and descriptor == self._process.stderr.fileno():
            if data:
                self._words = (self._words + data)[-_TAIL:]
            else:
                self._selector.unregister(descriptor)
            return None
        if not data:
            raise Unavailable(f"{self._what} stopped.{self._ended()}")
        try:
            return self._parts.feed(data)
        except BrokenParts as error:
            raise Unavailable(f"{self._what} cannot be read: {error}.") from error

    def _ended(self) -> str:
        try:
            status = self._process.wait(_TERM_SECONDS)
        except subprocess.TimeoutExpired:
            return self.said()
        return self.said() or f" ffmpeg ended with status {status}."

    def _said(self) -> str:
        lines = self._words.decode(errors="replace").strip().splitlines()
        return f" ffmpeg says: {redacted(lines[-1].removeprefix('pipe:0: '))}" if lines else ""


def _start(program: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is not on this machine. Install it: apt install ffmpeg")
    try:
        return subprocess.Popen(
            guarded((found, *options)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={"LC_ALL": "C", **{name: os.environ[name] for name in _KEPT if name in os.environ}},
        )
    except OSError as error:
        raise Unavailable(f"{program} cannot be started: {error.strerror}.") from error


def convert(program: str, options: Sequence[str], picture: bytes) -> bytes:
    """What an ffmpeg makes of one picture. Raises ActionFailed, TimeLimit, Unavailable."""
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is not on this machine. Install it: apt install ffmpeg")
    try:
        done = subprocess.run(
            guarded((found, *options)), input=picture, capture_output=True, timeout=_CONVERT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimeLimit(f"ffmpeg did not convert a picture within {_CONVERT_SECONDS:.0f} s.") from error
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise ActionFailed(f"ffmpeg could not convert a picture: {words[-1] if words else done.returncode}")
    return done.stdout


def http_options(program: str) -> frozenset[str]:
    """The options for HTTP that this ffmpeg has; older ones lack some. Raises Unavailable."""
    words = convert(program, ("-hide_banner", "-h", "protocol=http"), b"").decode(errors="replace").split()
    return frozenset(word[1:] for word in words if word.startswith("-"))


def redacted(text: str) -> str:
    """``text`` without the names and passwords in its URLs."""
    return _USERINFO.sub("***@", text)
