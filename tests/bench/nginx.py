"""Files of resource directories through nginx: what the check of access costs, as a ratio to the same file without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.bench.execute import credentials
from tests.bench.load import Result, wrk
from tests.bench.report import median, table
from tests.running.nginx import Front, running_front
from tests.running.processes import tree

__all__ = ["run_nginx"]

_SIZES = {"10 kB": 10_000, "1 MiB": 1024 * 1024}
# The same location as a resource directory's, but for the question.
_OPEN = """\
location ^~ /open/ {{
    alias "{folder}/";
    include snippets/platypush-headers.conf;
    add_header Cache-Control "private, no-cache";
    add_header Content-Security-Policy $platypush_resource_csp;
    include snippets/platypush-file.conf;
}}
"""


def run_nginx(folder: Path, rounds: int, seconds: int) -> str:
    """Each size with and without the check, in turn, with 64 kept-alive connections: over HTTPS as it is installed, and
    without TLS, where the check weighs more."""
    headers = ("file", "requests/s", "of the rate", "p50 ms", "p99 ms", "of the p99", "nginx CPU ms", "failed")
    rows = [
        *_measure(folder / "https", rounds, seconds, tls=True),
        *_measure(folder / "http", rounds, seconds, tls=False),
    ]
    return table(headers, rows)


def _measure(folder: Path, rounds: int, seconds: int, *, tls: bool) -> list[tuple[str, ...]]:
    files = folder / "files"
    files.mkdir(parents=True)
    for size in _SIZES.values():
        (files / str(size)).write_bytes(bytes(size))
    own = folder / "front" / "nginx" / "etc" / "nginx" / "platypush.d"
    own.mkdir(parents=True)
    (own / "open.conf").write_text(_OPEN.format(folder=files))
    rows: list[tuple[str, ...]] = []
    http = f"  resource_dirs:\n    bench: {files}\n"
    with running_front(folder / "front", http=http, options=("--domain", "localhost"), tls=tls) as (hub, front):
        token = credentials(hub)["API token"]
        for name, size in _SIZES.items():
            results: dict[str, list[Result]] = {"open": [], "resources/bench": []}
            for number in range(rounds):
                # Neither is always the second, which finds the caches warm and the machine hot.
                for where in sorted(results, reverse=bool(number % 2)):
                    results[where].append(_load(front, f"/{where}/{size}", token, seconds))
            kind = f"{name}, {'HTTPS' if tls else 'HTTP'}"
            rows += _rows(kind, median(results["open"]), median(results["resources/bench"]))
    return rows


def _load(front: Front, path: str, token: Mapping[str, str], seconds: int) -> Result:
    url = f"https://localhost:{front.port}{path}" if front.authority else f"http://localhost:{front.http_port}{path}"
    return wrk(url, method="GET", pids=lambda: tree(front.pid), seconds=seconds, headers=token)


def _rows(name: str, without: Result, checked: Result) -> list[tuple[str, ...]]:
    return [
        _row(f"{name}, no check", without, without),
        _row(f"{name}, checked", checked, without),
    ]


def _row(name: str, one: Result, base: Result) -> tuple[str, ...]:
    return (
        name,
        f"{one.rate:,.0f}",
        f"{one.rate / base.rate:.2f}",
        f"{one.p50:.2f}",
        f"{one.p99:.1f}",
        f"{one.p99 / base.p99:.2f}",
        f"{one.cpu:.3f}",
        str(one.failed),
    )
