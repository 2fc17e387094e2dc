"""Lights of a Hue bridge that is a process of its own: pairing, commands, changes, power cuts, and a whole hub."""

from __future__ import annotations

import hashlib
import logging
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from zeroconf import ServiceInfo, Zeroconf

from platypush.context import clear_runtime, set_runtime
from platypush.errors import ActionFailed, BadRequest, NotFound, Unavailable
from platypush.message.event import Event
from platypush.outgoing.exchange import Exchange
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.light.hue import LightHuePlugin
from platypush.plugins.light.hue._discovery import browse
from platypush.plugins.light.hue._pairing import Pairing
from tests.reference import configuration
from tests.running.hub import running_hub
from tests.running.hue_bridge import HueBridge, running_bridge
from tests.running.waiting import open_descriptors, until

pytestmark = pytest.mark.live

MakePlugin = Callable[..., LightHuePlugin]


class Recorder:
    """A hub's bus that keeps what is posted."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def get_bus(self) -> Recorder:
        return self

    def post(self, event: Event) -> None:
        self.events.append(event)

    def take(self) -> list[dict[str, Any]]:
        """The arguments of the events since the last time, with their class."""
        taken, self.events = self.events, []
        return [{"type": type(event).__name__, **event.args} for event in taken]


@pytest.fixture
def bus() -> Iterator[Recorder]:
    recorder = Recorder()
    set_runtime(recorder)  # type: ignore[arg-type]
    yield recorder
    clear_runtime()


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[HueBridge]:
    with running_bridge(tmp_path / "bridge") as running:
        yield running


@pytest.fixture
def make(bus: Recorder, tmp_path: Path) -> Iterator[MakePlugin]:
    """A plugin that runs, bound to a hub's workdir."""
    made: list[LightHuePlugin] = []

    def start(**options: Any) -> LightHuePlugin:
        plugin = LightHuePlugin(**{"poll_interval": 1, **options})
        config = SimpleNamespace(workdir=tmp_path / "work", device_id="a-device-with-a-very-long-name")
        plugin.bind(SimpleNamespace(config=config))  # type: ignore[arg-type]
        plugin.on_start()
        made.append(plugin)
        return plugin

    yield start
    for plugin in made:
        plugin.on_stop()


@pytest.fixture
def lights(bridge: HueBridge, make: MakePlugin) -> LightHuePlugin:
    """A plugin that the bridge has let in."""
    bridge.press()
    plugin = make(bridge=bridge.address)
    plugin.connect()
    return plugin


def log_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]


def on(bridge: HueBridge) -> set[str]:
    return {light for light, data in bridge.data()["lights"].items() if data["state"]["on"]}


# Pairing


def test_the_hub_waits_for_the_button_and_is_let_in_once_and_for_all(
    bridge: HueBridge, make: MakePlugin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plugin = make(bridge=bridge.address)
    with pytest.raises(Unavailable, match=r"Press the button on the bridge \(http://127"):
        plugin.toggle()
    assert plugin.failure is not None
    assert plugin.failure.startswith("Press the button on the bridge")
    bridge.press()
    assert until(lambda: plugin.failure is None) < 5
    assert [line.partition(":")[0].partition(" after")[0] for line in log_of(caplog)] == [
        "light.hue is away",
        "light.hue is back",
    ]
    (user,) = bridge.data()["users"].items()
    assert user[1] == {"name": "platypush#a-device-with-a-ver"}
    stored = tmp_path / "work" / "light.hue.json"
    assert user[0] in stored.read_text()
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    plugin.on_stop()

    make(bridge=bridge.address).toggle()
    assert len(bridge.data()["users"]) == 1
    assert user[0] not in caplog.text


def test_a_bridge_that_was_reset_is_paired_again_by_its_button(bridge: HueBridge, lights: LightHuePlugin) -> None:
    # The press of before counts for 30 s: a bridge that starts has forgotten it.
    bridge.stop()
    bridge.start()
    bridge.forget()
    until(lambda: "Press the button" in (lights.failure or ""))
    with pytest.raises(Unavailable, match="Press the button"):
        lights.off()
    bridge.press()
    until(lambda: lights.failure is None)
    lights.on("Hall")
    assert on(bridge) == {"1"}


def test_a_configured_user_name_is_used_as_it_is(bridge: HueBridge, make: MakePlugin, tmp_path: Path) -> None:
    bridge.press()
    name = bridge.ask("POST", "/api", {"devicetype": "old#hub"})[0]["success"]["username"]
    make(bridge=bridge.address, token=name).on("Hall")
    assert name not in (tmp_path / "work" / "light.hue.json").read_text()
    with pytest.raises(Unavailable, match="does not know the configured token") as caught:
        make(bridge=bridge.address, token="wrong-name").get_lights()
    assert "wrong-name" not in str(caught.value)


# A connection that is reset before its TLS begins is left by the standard library to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_a_bridge_with_its_own_certificate_has_to_keep_it(
    tmp_path: Path, make: MakePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    with running_bridge(tmp_path / "tls", tls=True) as bridge:
        bridge.press()
        plugin = make(bridge=bridge.url)
        plugin.on("Hall")
        assert plugin.connect().output["url"] == bridge.url
        bridge.stop()
        bridge.renew_certificate()
        bridge.start()
        until(lambda: "another certificate than when it was paired" in (plugin.failure or ""))
        bridge.press()
        with pytest.raises(Unavailable, match=r"run light\.hue\.connect with reset=true"):
            plugin.on("Kitchen")
        _connected(plugin, reset=True)
        until(lambda: _connected(plugin))
        plugin.on("Kitchen")
        assert bridge.state("2")["on"] is True


def test_nothing_is_sent_to_a_server_with_another_certificate_than_the_pinned_one(tmp_path: Path) -> None:
    with running_bridge(tmp_path / "tls", tls=True) as bridge:
        pem = (tmp_path / "tls" / "bridge.pem").read_text()
        right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

        def pinned(fingerprint: str | None) -> Exchange:
            return Exchange(AllowedHosts([], urls=[bridge.url]), owner="light.hue", fingerprint=fingerprint)

        assert pinned(right).request("GET", f"{bridge.url}/api/config").json()["name"] == "Philips hue"
        with pytest.raises(Unavailable, match="Fingerprints did not match"):
            pinned("0" * 64).request("POST", f"{bridge.url}/test/press")
        with pytest.raises(Unavailable, match="certificate verify failed"):
            pinned(None).request("POST", f"{bridge.url}/test/press")
        assert "error" in bridge.ask("POST", "/api", {"devicetype": "x#y"})[0], "nobody pressed the button"


def test_a_certificate_that_nobody_vouches_for_is_refused_where_it_has_to_be_checked(
    tmp_path: Path, make: MakePlugin
) -> None:
    with running_bridge(tmp_path / "tls", tls=True) as bridge:
        plugin = make(bridge=bridge.url, ssl_verify=True)
        with pytest.raises(Unavailable, match="certificate verify failed"):
            plugin.get_lights()


def test_the_bridge_is_found_by_the_directory_and_then_where_it_was(
    bridge: HueBridge, make: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platypush.plugins.light.hue.Pairing", _without_multicast)
    bridge.press()
    directory = f"{bridge.url}/discovery"
    first = make(discovery_url=directory)
    assert first.connect().output["bridgeid"] == "001788FFFE29D301"
    first.on_stop()
    # Nobody listens there: the address of the last time is used.
    make(discovery_url="http://127.0.0.1:1").on("Hall")
    assert on(bridge) == {"1"}


def test_a_bridge_that_announces_itself_is_found() -> None:
    announced = ServiceInfo(
        "_hue._tcp.local.",
        "Hue Bridge - 29D301._hue._tcp.local.",
        addresses=[socket.inet_aton("127.0.0.1")],
        port=443,
        properties={"bridgeid": "001788fffe29d301"},
        server="hue-of-the-tests.local.",
    )
    network = Zeroconf(interfaces=["127.0.0.1"])
    try:
        network.register_service(announced)
        found = browse(10, ["127.0.0.1"])
    finally:
        network.close()
    assert found["001788fffe29d301"] == "https://127.0.0.1"


def _connected(plugin: LightHuePlugin, reset: bool = False) -> bool:
    try:
        return bool(plugin.connect(reset=reset).output)
    except Unavailable:
        return False


def _without_multicast(*args: Any, **options: Any) -> Any:
    return Pairing(*args, look_around=lambda seconds: {}, **options)


# Commands


def test_toggle_turns_each_light_and_a_group_as_a_whole(bridge: HueBridge, lights: LightHuePlugin) -> None:
    assert set(lights.toggle(["Hall", "Desk"]).output) == {"1", "3"}
    assert on(bridge) == {"1", "3"}
    lights.toggle("Hall, Kitchen")
    assert on(bridge) == {"2", "3"}
    assert set(lights.toggle(groups="Living room").output) == {"3", "5", "6", "7"}
    assert on(bridge) == {"2"}
    lights.toggle()
    assert on(bridge) == {"1", "3", "4", "5", "6", "7"}


def test_two_toggles_at_once_are_two(bridge: HueBridge, lights: LightHuePlugin) -> None:
    threads = [threading.Thread(target=lights.toggle, args=("Hall",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert on(bridge) == set()
    assert len(bridge.commands()) == 6


def test_the_defaults_are_meant_when_nothing_is_named(
    bridge: HueBridge, lights: LightHuePlugin, make: MakePlugin
) -> None:
    lights.on_stop()
    make(bridge=bridge.address, lights=["Hall"], groups="Downstairs").on()
    assert on(bridge) == {"1", "2", "4"}
    rooms = make(bridge=bridge.address, groups=["Living room", "Downstairs"])
    assert set(rooms.scene("Relax").output) == {"3", "5"}
    rooms.scene("Bright")
    assert on(bridge) == {"1", "2", "3", "4", "5", "6", "7"}


def test_brightness_colour_and_effects_arrive(bridge: HueBridge, lights: LightHuePlugin) -> None:
    assert lights.on("Hall", bri=255, transitiontime=0).output["1"]["state"]["bri"] == 254
    for action, value, key, expected in (
        ("bri", 100, "bri", 100),
        ("sat", 255, "sat", 254),
        ("hue", 65535, "hue", 65535),
        ("ct", 500, "ct", 500),
        ("xy", [0.5, 0.4], "xy", [0.5, 0.4]),
        ("effect", "colorloop", "effect", "colorloop"),
        ("rgb", "#ff0000", "xy", [0.7006, 0.2993]),
        ("delta_bri", -50, "bri", 127),
        ("delta_sat", -100, "sat", 0),
        ("delta_hue", 50, "hue", 32766),
    ):
        getattr(lights, action)(value, lights="Hall")
        assert bridge.state("1")[key] == expected, action
    lights.set_light("Hall", bri=7, rgb=[0, 0, 255])
    assert bridge.state("1")["bri"] == 7
    lights.set_lights(["Hall", "Kitchen"], on=True, sat=3)
    assert (bridge.state("1")["sat"], bridge.state("2")["sat"]) == (3, 3)
    lights.set_group("Living room", on=True, bri=9)
    assert bridge.state("7")["bri"] == 9
    assert lights.rgb("#000", lights="Hall").output["1"]["state"]["on"] is False


def test_lights_that_are_off_or_have_no_colour_are_an_error_only_when_no_other_took_it(
    bridge: HueBridge, lights: LightHuePlugin
) -> None:
    with pytest.raises(ActionFailed, match=r"Hall: it is off; switch it on first, or add on=true\."):
        lights.bri(100, lights="Hall")
    lights.on(["Hall", "Cellar"])
    lights.bri(100, lights=["Hall", "Desk"])
    assert bridge.state("1")["bri"] == 100
    with pytest.raises(ActionFailed, match="Cellar: it cannot do that"):
        lights.hue(1, lights="Cellar")


def test_scenes_are_recalled_where_they_belong(bridge: HueBridge, lights: LightHuePlugin) -> None:
    assert set(lights.scene("relax").output) == {"3", "5"}
    assert (on(bridge), bridge.state("3")["ct"]) == ({"3"}, 447)
    with pytest.raises(BadRequest, match=r"2 scenes called 'Bright' \(Living room, Downstairs\)"):
        lights.scene("Bright")
    lights.scene("Bright", groups="Downstairs")
    assert on(bridge) == {"1", "2", "3", "4"}
    assert "0badf00" not in lights.get_scenes().output


def test_lights_groups_and_states_have_the_shapes_that_clients_know(lights: LightHuePlugin) -> None:
    light = lights.get_lights().output["1"]
    assert (light["id"], light["name"], light["state"]["reachable"]) == ("1", "Hall", True)
    groups = lights.get_groups().output
    assert groups["1"]["state"] == {"all_on": False, "any_on": False}
    assert set(groups) == {"1", "2"}
    (hall,) = lights.status("Hall").output
    assert (hall["id"], hall["on"], hall["type"]) == ("1", False, "Extended color light")
    assert len(lights.status().output) == 7
    assert {light["id"] for light in lights.status(groups="Downstairs").output} == {"1", "2", "4"}


def test_unknown_names_and_values_are_refused_before_anything_is_sent(
    bridge: HueBridge, lights: LightHuePlugin
) -> None:
    with pytest.raises(NotFound, match=r"There is no light 'Hal'\. Did you mean 'Hall'"):
        lights.on(["Kitchen", "Hal"])
    with pytest.raises(NotFound, match="Did you mean 'Living room'"):
        lights.on(groups="living rom")
    with pytest.raises(BadRequest, match="Did you mean 'bri'"):
        lights.on("Hall", bry=1)
    with pytest.raises(BadRequest, match="needs something to set"):
        lights.set_light("Hall")
    with pytest.raises(BadRequest, match="needs the name or the id"):
        lights.set_group([], bri=3)
    assert bridge.commands() == []


def test_a_light_that_has_a_new_name_is_found_at_once(bridge: HueBridge, lights: LightHuePlugin) -> None:
    bridge.rename("1", "Entrance")
    lights.on("Entrance")
    assert on(bridge) == {"1"}


def test_commands_are_no_faster_than_the_bridge_can_follow(bridge: HueBridge, lights: LightHuePlugin) -> None:
    lights.on()
    lights.off()
    for bri in range(1, 16):
        lights.set_light(["Hall", "Desk"], on=True, bri=bri)
    commands = bridge.commands()
    groups = [at for at, kind in commands if kind == "groups"]
    assert len(groups) == 2, "all lights are one group"
    assert groups[1] - groups[0] > 0.9
    single = [at for at, kind in commands if kind == "lights"]
    assert len(single) == 30
    assert max(sum(start <= at < start + 1 for at in single) for start in single) <= 13


# Changes


def test_what_is_switched_elsewhere_is_an_event_and_what_the_hub_does_is_one_only(
    bridge: HueBridge, lights: LightHuePlugin, bus: Recorder
) -> None:
    common = {"type": "LightStatusChangeEvent", "plugin_name": "light.hue"}
    bridge.change("1", on=True, bri=12)
    until(lambda: bus.events)
    assert bus.take() == [{**common, "light_id": "1", "light_name": "Hall", "on": True, "bri": 12}]
    lights.off("Hall")
    assert bus.take() == [{**common, "light_id": "1", "light_name": "Hall", "on": False}]
    bridge.change("2", reachable=False)
    until(lambda: bus.events)
    assert bus.take() == [{**common, "light_id": "2", "light_name": "Kitchen", "reachable": False}]


def test_an_animation_is_announced_and_its_steps_are_not(
    bridge: HueBridge, lights: LightHuePlugin, bus: Recorder
) -> None:
    started = lights.animate(
        "color_transition", lights=["Hall"], hue_range=(1000, 60000), transition_seconds=0.1, duration=60.0
    )
    assert started.output["lights"]["1"]["type"] == "color_transition"
    until(lambda: len(bridge.commands()) > 5)
    assert lights.is_animation_running().output is True
    assert lights.get_lights().output["1"]["state"]["on"] is True
    assert lights.get_animations().output["lights"]["1"]["transition_seconds"] == 0.1
    before = time.monotonic()
    assert lights.stop_animation().output is True
    assert time.monotonic() - before < 1
    assert lights.is_animation_running().output is False
    assert lights.get_animations().output == {"lights": {}, "groups": {}}
    events = bus.take()
    assert [event["type"] for event in events] == [
        "LightAnimationStartedEvent",
        "LightAnimationStoppedEvent",
        "LightStatusChangeEvent",
    ]
    assert (events[0]["lights"], events[0]["animation"]) == (["Hall"], "color_transition")
    assert events[2]["hue"] == bridge.state("1")["hue"]


def test_setting_an_animated_light_ends_the_animation_and_others_do_not(
    bridge: HueBridge, lights: LightHuePlugin
) -> None:
    lights.animate("blink", groups="Living room", transition_seconds=0.05)
    lights.on("Hall")
    assert lights.is_animation_running().output is True
    lights.on("Desk")
    assert lights.is_animation_running().output is False
    assert bridge.state("3")["on"] is True
    with pytest.raises(BadRequest, match="hue_range"):
        lights.animate("blink", hue_range=[1])  # type: ignore[arg-type]


# Away and back


def test_a_bridge_without_power_is_noticed_and_found_again(
    bridge: HueBridge, lights: LightHuePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lights.toggle("Hall")
    threads, descriptors = _held()
    caplog.clear()
    for _ in range(2):
        bridge.stop()
        before = time.monotonic()
        with pytest.raises(Unavailable, match=rf"The Hue bridge at {bridge.address} cannot be reached: .*refused"):
            lights.toggle("Hall")
        assert time.monotonic() - before < 5
        until(lambda: lights.failure)
        bridge.start()
        assert until(lambda: lights.failure is None) < 10
        lights.toggle("Hall")
    assert [line.split(":")[0].split(" after")[0] for line in log_of(caplog)] == [
        "light.hue is away",
        "light.hue is back",
    ] * 2
    # What a look at the lights needs is there for a moment only.
    until(lambda: _held()[0] <= threads and _held()[1] <= descriptors)


def test_a_bridge_that_hangs_fails_calls_in_time_and_holds_up_no_stop(
    bridge: HueBridge, lights: LightHuePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    took: list[float] = []

    def toggle() -> None:
        before = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            lights.toggle("Hall")
        took.append(time.monotonic() - before)

    bridge.freeze()
    try:
        callers = [threading.Thread(target=toggle) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert len(took) == 4
        assert max(took) < 5
        until(lambda: lights.failure)
        bridge.thaw()
        assert until(lambda: lights.failure is None) < 10
        lights.animate("blink", lights="Hall", transition_seconds=0.01)
        bridge.freeze()
        until(lambda: lights.failure)
        before = time.monotonic()
        lights.on_stop()
        assert time.monotonic() - before < 2
    finally:
        bridge.thaw()
    until(lambda: not any(thread.name.startswith(("light.hue", "plugin-light")) for thread in threading.enumerate()))
    assert not [line for line in log_of(caplog) if "Traceback" in line]


def test_a_plugin_that_has_found_no_bridge_yet_stops_at_once(bridge: HueBridge, make: MakePlugin) -> None:
    bridge.freeze()
    try:
        plugin = make(bridge=bridge.address)
        before = time.monotonic()
        plugin.on_stop()
        assert time.monotonic() - before < 2
    finally:
        bridge.thaw()


def _held() -> tuple[set[str], set[str]]:
    """Threads and sockets of this process."""
    sockets = {what for what in open_descriptors().values() if what.startswith("socket:")}
    return {thread.name for thread in threading.enumerate()}, sockets


# A whole hub

SCRIPT = """
from pathlib import Path

from platypush.context import get_plugin
from platypush.event.hook import hook
from platypush.message.event.light import LightStatusChangeEvent


@hook(LightStatusChangeEvent, light_name="Hall", on=True)
def hall_is_on(event, **context):
    get_plugin("light.hue").on("Kitchen", bri=80)
"""


def test_the_documented_configuration_pairs_reacts_and_outlives_a_power_cut(tmp_path: Path) -> None:
    with running_bridge(tmp_path / "bridge") as bridge:
        config = configuration("light.hue", {"192.168.1.2": bridge.address})
        with running_hub(tmp_path / "hub", config=config, scripts={"lights.py": SCRIPT}) as hub:
            (error,) = hub.execute("light.hue.toggle").json()["response"]["errors"]
            assert error.startswith("Press the button on the bridge")
            assert "Press the button on the bridge" in hub.command("status", check=False)
            bridge.press()
            until(lambda: not hub.execute("light.hue.get_lights").json()["response"]["errors"])

            bridge.change("1", on=True)
            until(lambda: bridge.state("2")["bri"] == 80)
            answer = hub.execute("light.hue.off", groups=["Downstairs"]).json()["response"]
            assert (answer["errors"], on(bridge)) == ([], set())
            (error,) = hub.execute("light.hue.on", lights=["Hal"]).json()["response"]["errors"]
            assert "Did you mean 'Hall'?" in error

            bridge.stop()
            until(lambda: "light.hue is away: The Hue bridge" in hub.log.read_text())
            before = time.monotonic()
            (error,) = hub.execute("light.hue.on").json()["response"]["errors"]
            assert time.monotonic() - before < 5
            assert "cannot be reached" in error
            bridge.start()
            took = until(lambda: not hub.execute("light.hue.on", lights="Hall").json()["response"]["errors"])
            assert took < 10
            log = hub.log.read_text()
            assert log.count("light.hue is back") == 2
            assert "Traceback" not in log
            (user,) = bridge.data()["users"]
            assert user not in log
