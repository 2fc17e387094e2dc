"""Every documented section in one hub, and nothing of what they work with is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.reference import PAGES, configuration
from tests.running.hub import running_hub
from tests.running.processes import free_port
from tests.running.waiting import until

pytestmark = pytest.mark.live
NAMES = sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README")
# Where the documented servers would be, on a machine that may run one of them.
LOCAL = re.compile(r"(?<=localhost:)\d+")


def test_a_hub_with_all_integrations_away_starts_answers_and_says_once_what_is_away(tmp_path: Path) -> None:
    taken = {"8765": str(free_port())}
    sections = LOCAL.sub(lambda _: str(free_port()), "\n".join(configuration(name) for name in NAMES))
    for old, new in taken.items():
        sections = sections.replace(old, new)
    # Nobody's network is asked: these are addresses for documentation (RFC 5737).
    sections = sections.replace("192.168.1.2", "192.0.2.77")
    with running_hub(tmp_path, config=sections) as hub:
        until(lambda: " is away: " in hub.log.read_text(), 20)
        until(lambda: "plugin music.mpd: " in hub.command("status", check=False), 20)
        assert hub.execute("music.mpd.status").json()["response"]["errors"]
        assert hub.execute("mqtt.publish", topic="a", msg="b").json()["response"]["errors"]
        assert hub.execute("redis.get", key="a").json()["response"]["errors"]
        assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"
    log = hub.log.read_text()
    assert "Traceback" not in log
    told = Counter(re.findall(r"(platypush\.\S+: .+?) is away: ", log))
    assert told
    assert {what: count for what, count in told.items() if count > 1} == {}
