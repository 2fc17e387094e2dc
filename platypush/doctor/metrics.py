"""The workers' counters, read from the files that they map: also when no worker answers."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["read_counters"]


def read_counters(folder: Path) -> dict[str, float]:
    """The sum of each sample over its labels and all workers; nothing where the folder cannot be read."""
    try:
        files = [str(path) for path in folder.glob("counter_*.db")]
        metrics = MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        return {}
    totals: dict[str, float] = {}
    for metric in metrics:
        for sample in metric.samples:
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return totals
