"""Tables for people and for ``docs/performance.md``."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.bench.load import Result

__all__ = ["machine", "median", "table"]


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headers) + " |", "|" + "---|" * len(headers)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def median(results: Sequence[Result]) -> Result:
    """The median of each figure over the rounds; failures are added up."""
    return Result(
        rate=statistics.median(one.rate for one in results),
        p50=statistics.median(one.p50 for one in results),
        p99=statistics.median(one.p99 for one in results),
        cpu=statistics.median(one.cpu for one in results),
        failed=sum(one.failed for one in results),
    )


def machine() -> str:
    """The machine and the versions that figures were measured with."""
    info = Path("/proc/cpuinfo").read_text()
    models = {line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")}
    cores = info.count("processor\t")
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    memory = int(total.split()[1]) / 1024**2
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("uwsgi", "gevent", "flask", "websockets", "sqlalchemy")
    )
    return (
        f"{cores} cores ({', '.join(sorted(models)) or platform.machine()}), {memory:.0f} GiB, Linux "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {libraries}; "
        "the load generator runs on the same machine."
    )
