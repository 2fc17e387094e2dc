"""What the daemon counts, in Prometheus's text format. Workers add theirs and serve all of it at ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

__all__ = ["DaemonMetrics"]

_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 20, 60)


class DaemonMetrics:
    """Counts actions, hooks, events and crons from any thread, and reads gauges when it is asked for its text.

    Implements ``EventMetrics`` and ``CronMetrics``.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(namespace="platypush_daemon", registry=self._registry)
        self._actions = Histogram(
            "platypush_action_seconds",
            "Time that actions took, by action and outcome",
            ("action", "outcome"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._hooks = Histogram(
            "platypush_hook_seconds",
            "Time that hooks took, by hook and outcome",
            ("hook", "outcome"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._crons = Histogram(
            "platypush_cron_seconds",
            "Time that crons took, by cron and outcome",
            ("cron", "outcome"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._events = Counter("platypush_events", "Events posted, by type", ("type",), registry=self._registry)
        # Looking a series up by its labels costs as much as counting.
        self._action_series: dict[tuple[str, bool], Histogram] = {}

    def watch(self, gauges: Callable[[], Mapping[str, tuple[str, float]]]) -> None:
        """Show what ``gauges`` gives: a metric's name, without ``platypush_``, to its description and value."""
        self._registry.register(_Gauges(gauges))

    def action_ended(self, action: str, seconds: float, ok: bool) -> None:
        """An action that exists has run."""
        series = self._action_series.get((action, ok))
        if series is None:
            series = self._action_series[action, ok] = self._actions.labels(action, _outcome(ok))
        series.observe(seconds)

    def procedure_ended(self, name: str, seconds: float, ok: bool) -> None:
        """A procedure that exists has run."""
        self.action_ended(f"procedure.{name}", seconds, ok)

    def event_posted(self, event_type: str) -> None:
        """An event was taken in."""
        self._events.labels(event_type).inc()

    def hook_ended(self, hook: str, seconds: float, outcome: str) -> None:
        """A hook has run."""
        self._hooks.labels(hook, outcome).observe(seconds)

    def cron_ended(self, name: str, seconds: float, ok: bool) -> None:
        """A cron's job has run."""
        self._crons.labels(name, _outcome(ok)).observe(seconds)

    def text(self) -> str:
        """Everything in the text format, version 0.0.4."""
        return generate_latest(self._registry).decode()


class _Gauges(Collector):
    def __init__(self, read: Callable[[], Mapping[str, tuple[str, float]]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        for name, (description, value) in self._read().items():
            yield GaugeMetricFamily(f"platypush_{name}", description, value=value)


def _outcome(ok: bool) -> str:
    return "ok" if ok else "failed"
