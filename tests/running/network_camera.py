"""A network camera as many of them are: JPEG pictures without end over HTTP, with a password."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["NetworkCamera", "jpegs", "running_camera"]


def jpegs(count: int = 10, size: str = "64x48") -> list[bytes]:
    """Pictures that differ."""
    graph = f"testsrc=size={size}:rate={count}"
    argv = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", graph, "-t", "1", "-c:v", "mjpeg"]
    done = subprocess.run([*argv, "-f", "image2pipe", "-"], check=True, capture_output=True)
    return [b"\xff\xd8" + rest for rest in done.stdout.split(b"\xff\xd8")[1:]]


class NetworkCamera:
    """One that runs. ``hang`` makes it keep its connections and send nothing more."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.hang = threading.Event()
        self.gone = threading.Event()
        self.redirect = ""
        """Where it sends everybody instead, if anywhere."""
        self.requests = 0
        """That came with the right password."""
        expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        pictures = jpegs()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization") != expected:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                camera.requests += 1
                if camera.redirect:
                    self.send_response(302)
                    self.send_header("Location", camera.redirect)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
                self.end_headers()
                with contextlib.suppress(OSError):
                    self._show()

            def _show(self) -> None:
                number = 0
                while not camera.gone.wait(0.1):
                    if camera.hang.is_set():
                        continue
                    picture = pictures[number % len(pictures)]
                    number += 1
                    head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                    self.wfile.write(head.encode() + picture + b"\r\n")

            def log_message(self, *_: Any) -> None:
                """Nothing: tests look at what the hub logs."""

        class Server(ThreadingHTTPServer):
            daemon_threads = False

        self.server = Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def unplug(self) -> None:
        """End it, with every connection."""
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@contextlib.contextmanager
def running_camera(port: int, *, user: str = "viewer", password: str = "se-cret") -> Iterator[NetworkCamera]:
    """A network camera for the time of the block."""
    camera = NetworkCamera(port, user, password)
    try:
        yield camera
    finally:
        camera.unplug()
