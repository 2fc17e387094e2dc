"""Steady load from outside on a machine: wrk over kept-alive connections, every answer counted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

__all__ = ["Load", "Outcome"]

_SCRIPT = """
wrk.method = "POST"
wrk.body = {body}
{headers}
local answered, statuses = 0, {{}}
response = function(status, headers, body)
  answered = answered + 1
  statuses[status] = (statuses[status] or 0) + 1
  if status ~= 200 then
    local file = io.open({failures}, "a")
    file:write(string.format("%d %s\\n", status, body:sub(1, 300):gsub("\\n", " ")))
    file:close()
  end
  if answered % 200 == 0 then
    local file = io.open({progress}, "w")
    file:write(answered)
    file:close()
  end
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {{"requests":%d,"longest":%f,', summary.requests, latency.max / 1e6))
  io.write(string.format('"statuses":%d,"connect":%d,"read":%d,', e.status, e.connect, e.read))
  io.write(string.format('"write":%d,"timeout":%d}}\\n', e.write, e.timeout))
end
"""
_AT_MOST = 300
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the clients saw: answers, every kind of failure with its number, the longest wait in seconds."""

    requests: int
    failed: Mapping[str, int]
    longest: float
    examples: tuple[str, ...]


class Load:
    """For the time of a block, ``connections`` clients that POST ``body`` to ``url`` one request after the other."""

    def __init__(self, url: str, body: str, headers: Mapping[str, str], folder: Path, *, connections: int = 16) -> None:
        self._url = url
        self._connections = connections
        self._folder = folder
        folder.mkdir(parents=True)
        lines = "".join(f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}\n" for k, v in headers.items())
        self._progress, self._failures = folder / "progress", folder / "failures"
        self._script = folder / "load.lua"
        self._script.write_text(
            _SCRIPT.format(
                body=json.dumps(body),
                headers=lines,
                progress=json.dumps(str(self._progress)),
                failures=json.dumps(str(self._failures)),
            )
        )
        self.outcome: Outcome | None = None

    def __enter__(self) -> Load:
        argv = ["wrk", "-t1", f"-c{self._connections}", f"-d{_AT_MOST}s", "--timeout", "90s", "-s", str(self._script)]
        self._process = subprocess.Popen(
            [*argv, self._url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return self

    @property
    def answered(self) -> int:
        """Requests so far, in steps of 200."""
        try:
            return int(self._progress.read_text() or 0)
        except FileNotFoundError:
            return 0

    def wait_for(self, requests: int) -> None:
        """Wait until that many were answered. Raises AssertionError when the load ended before."""
        while self.answered < requests:
            assert self._process.poll() is None, f"{self.answered} of {requests} requests in {_AT_MOST} s"
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        output = self._process.communicate(timeout=120)[0]
        lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
        assert lines, output
        raw = json.loads(lines[0].removeprefix("RESULT "))
        requests, longest = raw.pop("requests"), raw.pop("longest")
        examples = self._failures.read_text().splitlines()[:20] if self._failures.exists() else []
        failed = {name: count for name, count in raw.items() if count}
        if examples:  # wrk counts those from 400 on only
            failed["statuses"] = len(self._failures.read_text().splitlines())
        self.outcome = Outcome(requests, failed, longest, tuple(examples))
