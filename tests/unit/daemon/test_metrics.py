"""What the daemon counts."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from platypush.daemon.metrics import DaemonMetrics


def values(metrics: DaemonMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


def test_actions_hooks_events_and_crons_are_counted_by_name_and_outcome() -> None:
    metrics = DaemonMetrics()
    metrics.action_ended("tts.say", 0.2, True)
    metrics.action_ended("tts.say", 0.2, False)
    metrics.procedure_ended("morning", 0.1, True)
    metrics.hook_ended("lights", 0.1, "refused")
    metrics.event_posted("WebhookEvent")
    metrics.cron_ended("night", 0.1, False)
    found = values(metrics)
    assert found["platypush_action_seconds_count", ("tts.say", "ok")] == 1
    assert found["platypush_action_seconds_count", ("tts.say", "failed")] == 1
    assert found["platypush_action_seconds_count", ("procedure.morning", "ok")] == 1
    assert found["platypush_hook_seconds_count", ("lights", "refused")] == 1
    assert found["platypush_events_total", ("WebhookEvent",)] == 1
    assert found["platypush_cron_seconds_count", ("night", "failed")] == 1


def test_gauges_are_read_when_the_text_is_asked_for() -> None:
    metrics = DaemonMetrics()
    level = {"value": 1.0}
    metrics.watch(lambda: {"bus_calls": ("Calls that run now", level["value"])})
    level["value"] = 7.0
    assert values(metrics)["platypush_bus_calls", ()] == 7


def test_the_process_itself_is_measured() -> None:
    assert any(name.startswith("platypush_daemon_process_") for name, _ in values(DaemonMetrics()))
