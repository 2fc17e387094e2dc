"""Every metric that the dashboard, the page for operators and the alarms name is in a real ``/metrics``."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.running.hub import PASSWORD, ROOT, USER, Hub, running_hub

pytestmark = pytest.mark.live

SCRIPT = """
import time
from platypush.cron import cron
from platypush.event.hook import hook
from platypush.message.event.http.hook import WebhookEvent


@hook(WebhookEvent, hook='quick')
def quick(event, **context):
    return {'answer': 42}


@hook(WebhookEvent, hook='slow')
def slow(event, **context):
    time.sleep(5)


@cron('* * * * * *')
def each_second(**context):
    pass
"""
NAME = re.compile(r"\bplatypush_[a-z_]+\b")
JSON = {"Content-Type": "application/json"}


def expressions() -> set[str]:
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    found += [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    page = (ROOT / "docs" / "operate.md").read_text()
    return {name for text in (*found, page) for name in NAME.findall(text)}


def live(hub: Hub) -> None:
    """Let happen what makes each metric appear."""
    for password in (PASSWORD, "wrong"):
        hub.request("POST", "/auth", json.dumps({"username": USER, "password": password}), JSON)
    hub.execute("config.get_device_id")
    hub.execute("config.get_device_id", {"X-Token": "wrong"})
    assert hub.request("GET", "/hook/quick").status == 200
    assert hub.request("GET", "/hook/slow").status == 504
    hub.request("GET", "/health", headers={"X-Forwarded-For": "203.0.113.7"})


def names_of(text: str) -> set[str]:
    return {match[1] for line in text.splitlines() if (match := re.match(r"(\w+)[{ ]", line)) and line[0] != "#"}


def test_every_metric_of_the_dashboard_and_of_the_page_exists(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config="limits: {action_time: 1}\n", scripts={"all.py": SCRIPT}) as hub:
        live(hub)
        deadline = time.monotonic() + 15
        while missing := expressions() - names_of(hub.request("GET", "/metrics").body.decode()):
            assert time.monotonic() < deadline, f"not in /metrics: {sorted(missing)}"
            time.sleep(0.2)


def test_a_collectors_token_opens_the_metrics_and_nothing_else(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        token = hub.command("token", "create", "prometheus", "--user", USER, "--scope", "metrics")
        # As from another machine: a direct caller on this one needs no credential.
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.7"}
        assert hub.request("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status == 401
        assert hub.request("GET", "/metrics", headers=headers).status == 200
        assert hub.execute("config.get_device_id", headers).status == 403
