"""Load from wrk, and what it costs the servers."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.running.processes import cpu_seconds

__all__ = ["Result", "wrk"]

_SCRIPT = """
wrk.method = {method}
wrk.body = {body}
{headers}
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One run: requests a second, latencies in ms, CPU ms of the servers for one request, failed requests."""

    rate: float
    p50: float
    p99: float
    cpu: float
    failed: int


def wrk(
    url: str,
    *,
    pids: Callable[[], list[int]],
    seconds: int = 5,
    connections: int = 64,
    headers: Mapping[str, str] | None = None,
    body: str = "",
    method: str = "POST",
) -> Result:
    """``method`` with ``body`` to ``url`` for ``seconds`` over ``connections`` kept-alive connections.

    Raises subprocess.CalledProcessError when wrk cannot run. wrk counts a status of 400 or more as failed.
    """
    lines = "".join(f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}\n" for k, v in (headers or {}).items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.format(method=json.dumps(method), body=json.dumps(body), headers=lines))
        script.flush()
        before = cpu_seconds(pids())
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script.name, url]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        spent = cpu_seconds(pids()) - before
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    raw = json.loads(line.removeprefix("RESULT "))
    requests = max(raw["requests"], 1)
    return Result(requests / raw["seconds"], raw["p50"], raw["p99"], spent * 1000 / requests, raw["failed"])


def require_wrk() -> Path:
    """The load generator. Raises RuntimeError that names the package when it is missing."""
    found = subprocess.run(["which", "wrk"], capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        raise RuntimeError("The load generator wrk is missing: apt-get install wrk")
    return Path(found)
