"""A real CalDAV server: Radicale, with users and their calendars."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tests.running.processes import free_port, run_group, wait_for

__all__ = ["PASSWORD", "USER", "Radicale", "running_radicale"]

USER, PASSWORD = "anna", "grüße:vom server"
_MAKE = """<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>{name}</d:displayname>
<c:supported-calendar-component-set><c:comp name="{component}"/></c:supported-calendar-component-set>
</d:prop></d:set></c:mkcalendar>"""


@dataclass(frozen=True)
class Radicale:
    """A running server."""

    port: int
    folder: Path
    log: Path

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}/"

    def make(self, path: str, name: str, component: str = "VEVENT") -> None:
        """A calendar of the user."""
        self._send("MKCALENDAR", f"/{USER}/{path}/", _MAKE.format(name=escape(name), component=component))

    def put(self, path: str, uid: str, *lines: str) -> None:
        """Put an event into a calendar, or another version of it."""
        text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//", "BEGIN:VEVENT", f"UID:{uid}"]
        text += ["DTSTAMP:20260101T000000Z", *lines, "END:VEVENT", "END:VCALENDAR", ""]
        self._send("PUT", f"/{USER}/{path}/{uid}.ics", "\r\n".join(text), {"Content-Type": "text/calendar"})

    def delete(self, path: str) -> None:
        """Delete a calendar, or an event of one."""
        self._send("DELETE", f"/{USER}/{path}", "")

    def _send(self, method: str, path: str, body: str, headers: Mapping[str, str] | None = None) -> None:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body.encode(), {"Authorization": f"Basic {login}", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text!r}"
        finally:
            connection.close()


@contextlib.contextmanager
def running_radicale(folder: Path, port: int | None = None) -> Iterator[tuple[Radicale, subprocess.Popen[bytes]]]:
    """A server that keeps its calendars in ``folder``, for the time of the block. Given the same folder and port again
    it goes on where it was."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config, users, log = folder / "config", folder / "users", folder / "radicale.log"
    users.write_text(f"{USER}:{PASSWORD}\n")
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'storage'}\n[rights]\ntype = owner_only\n[web]\ntype = none\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    with run_group(command, env=environment, log=log) as process:
        wait_for(port, process=process)
        yield Radicale(port, folder, log), process
