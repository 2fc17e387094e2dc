"""The hub announced on a real network, this machine's own, and services that come and go there."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from zeroconf import ServiceInfo, Zeroconf

from platypush.context import clear_runtime
from platypush.message.event import Event
from platypush.plugins.zeroconf import ZeroconfPlugin
from tests.reference import configuration
from tests.running.hub import running_hub
from tests.running.waiting import until

pytestmark = pytest.mark.live
HERE = ["127.0.0.1"]


@pytest.fixture(autouse=True)
def _no_runtime() -> Iterator[None]:
    yield
    clear_runtime()


def found(service: str, name: str) -> dict[str, Any] | None:
    services = ZeroconfPlugin(interfaces=HERE).discover_service(service, 1).output
    return next((item for item in services if item["name"].startswith(name)), None)


def test_the_documented_hub_announces_its_public_scheme_and_port(tmp_path: Path) -> None:
    device = f"hub-{uuid.uuid4().hex[:8]}"
    section = configuration("zeroconf", {"announce: true": "announce: true\n    interfaces: [127.0.0.1]"})
    with running_hub(tmp_path, http="  public_url: https://hub.example.com\n", config=section, device=device) as hub:
        seen: list[dict[str, Any]] = []

        def is_found() -> bool:
            service = found("_platypush-http._tcp", device)
            seen.extend([service] if service is not None and service["port"] else [])
            return bool(seen)

        until(is_found, 40)
        announced = seen[0]
        assert (announced["port"], announced["addresses"]) == (443, HERE)
        assert (
            announced["properties"] | {"scheme": "https", "host": "hub.example.com", "device_id": device}
            == (announced["properties"])
        )
        assert hub.execute("zeroconf.get_services", timeout=1).json()["response"]["output"]
    # It says goodbye.
    until(lambda: found("_platypush-http._tcp", device) is None, 40)


def test_events_tell_what_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = f"_t{uuid.uuid4().hex[:10]}._tcp"
    plugin = ZeroconfPlugin(announce=False, browse=[kind], interfaces=HERE)
    posted: list[Event] = []

    class Bus:
        def post(self, event: Event) -> None:
            posted.append(event)

    monkeypatch.setattr(plugin, "get_bus", Bus)
    before = set(threading.enumerate())
    plugin.start()
    try:
        info = ServiceInfo(
            f"{kind}.local.", f"Player.{kind}.local.", port=6600, parsed_addresses=HERE, properties={"a": "b"}
        )
        with contextlib.closing(Zeroconf(interfaces=HERE)) as other:
            other.register_service(info)
            until(lambda: len(posted) == 1)
            other.unregister_service(info)
            until(lambda: len(posted) == 2)
    finally:
        plugin.stop()
    assert [type(event).__name__ for event in posted] == ["ZeroconfServiceAddedEvent", "ZeroconfServiceRemovedEvent"]
    assert posted[0].service_info["port"] == 6600
    assert posted[0].service_info["properties"] == {"a": "b"}
    until(lambda: set(threading.enumerate()) <= before)
