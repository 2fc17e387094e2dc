"""One camera and many viewers: the time from the camera to the viewer, and what it costs whom."""

from __future__ import annotations

import re
import selectors
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bench.report import table
from tests.running.hub import Hub, running_hub
from tests.running.network_camera import jpegs
from tests.running.pictures import Viewer
from tests.running.processes import cpu_seconds, tree

__all__ = ["run_cameras"]

_RATE = 15
_SIZE = "640x480"
_WARM_UP = 2.0
_STAMP = b"\xff\xfe\x00\x0a"
_STAMPED = re.compile(rb"\xff\xd8\xff\xfe\x00\x0a(\d{8})")
_SOURCES = {
    "passed on": "  device: http://127.0.0.1:{port}/video\n  input_codec: mjpeg\n",
    "made by ffmpeg": "  device: testsrc\n  input_format: lavfi\n  resolution: [640, 480]\n",
}


def run_cameras(folder: Path, seconds: int, counts: Sequence[int] = (1, 10, 50)) -> str:
    """Viewers of pictures that a network camera sends, and of pictures that ffmpeg makes."""
    rows = []
    with _stamping_camera() as (port, sent):
        for name, section in _SOURCES.items():
            config = f"camera.ffmpeg:\n{section.format(port=port)}  fps: {_RATE}\n"
            with running_hub(folder / name.replace(" ", "-"), config=config) as hub:
                rows += [(name, str(count), *_measure(hub, count, seconds, sent)) for count in counts]
    headers = ("pictures", "viewers", "each gets/s", "p50 ms", "p95 ms", "daemon CPU", "workers CPU", "ffmpeg CPU")
    return table(headers, rows)


@contextmanager
def _stamping_camera() -> Iterator[tuple[int, dict[int, float]]]:
    """A camera that numbers its pictures in a comment, and when it sent each."""
    pictures = jpegs(60, _SIZE)
    sent: dict[int, float] = {}
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
            self.end_headers()
            self.wfile.write(b"--cut\r\n")
            number, due = 0, time.monotonic()
            while not over.wait(max(0.0, due - time.monotonic())):
                due += 1 / _RATE
                number += 1
                picture = pictures[number % len(pictures)]
                stamped = b"%b%b%08d%b" % (picture[:2], _STAMP, number, picture[2:])
                head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(stamped)
                sent[number] = time.monotonic()
                try:
                    self.wfile.write(head + stamped + b"\r\n--cut\r\n")
                except OSError:
                    return

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, sent
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def _measure(hub: Hub, count: int, seconds: int, sent: dict[int, float]) -> tuple[str, ...]:
    viewers = [Viewer.open(hub.port, "/camera/ffmpeg/video", hub.token) for _ in range(count)]
    try:
        _watch(viewers, _WARM_UP, sent)
        groups = _groups(hub)
        before = [cpu_seconds(pids) for pids in groups]
        pictures, delays = _watch(viewers, seconds, sent)
        shares = [
            f"{100 * (cpu_seconds(pids) - used) / seconds:.1f} %" for pids, used in zip(groups, before, strict=True)
        ]
    finally:
        for viewer in viewers:
            viewer.close()
    quantiles = statistics.quantiles(delays, n=20) if len(delays) > 1 else []
    times = (f"{1000 * quantiles[9]:.1f}", f"{1000 * quantiles[18]:.1f}") if quantiles else ("", "")
    return (f"{pictures / seconds / count:.1f}", *times, *shares)


def _groups(hub: Hub) -> tuple[list[int], list[int], list[int]]:
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in tree(hub.pid)}
    ffmpeg = [pid for pid, name in names.items() if name == "ffmpeg"]
    return [hub.pid], [pid for pid in names if pid not in (hub.pid, *ffmpeg)], ffmpeg


def _watch(viewers: Sequence[Viewer], seconds: float, sent: dict[int, float]) -> tuple[int, list[float]]:
    """How many pictures came, and how long the numbered ones took."""
    buffers = {viewer.socket: b"" for viewer in viewers}
    pictures, delays = 0, []
    with selectors.DefaultSelector() as selector:
        for connection in buffers:
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ, connection)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, _ in selector.select(0.1):
                buffers[key.data] += key.data.recv(1 << 20)
                *whole, buffers[key.data] = buffers[key.data].split(b"\r\n--platypush-part\r\n")
                now = time.monotonic()
                pictures += len(whole)
                stamps = [found for part in whole if (found := _STAMPED.search(part))]
                delays += [now - sent[int(found[1])] for found in stamps]
    return pictures, delays
