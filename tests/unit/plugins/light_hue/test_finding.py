"""Addresses, the directory's answer, and what is remembered of a bridge."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import ActionFailed, ConfigurationError, StorageFailed, Unavailable
from platypush.plugins.light.hue import LightHuePlugin
from platypush.plugins.light.hue._discovery import ask_directory, base_url, browse, only_one, read_directory
from platypush.plugins.light.hue._pairing import Address, Known, Pairing, parse_address
from tests.running.processes import free_port


@pytest.mark.parametrize(
    ("bridge", "url"),
    [
        ("192.168.1.2", "http://192.168.1.2"),
        (" hue.lan:8080 ", "http://hue.lan:8080"),
        ("https://192.168.1.2/", "https://192.168.1.2"),
        ("[fd00::2]", "http://[fd00::2]"),
    ],
)
def test_an_address_is_a_host_or_a_url(bridge: str, url: str) -> None:
    assert parse_address(bridge) == url


@pytest.mark.parametrize("bridge", ["ftp://x", "x/api", "http://user@x", "a b", "http://", "x:y"])
def test_what_is_no_address_is_an_error_of_the_configuration(bridge: str) -> None:
    with pytest.raises(ConfigurationError):
        LightHuePlugin(bridge=bridge)


@pytest.mark.parametrize("odd", [{"poll_interval": 0.5}, {"poll_seconds": 0}, {"timeout": 0}, {"discovery_url": "x"}])
def test_odd_keys_are_errors_of_the_configuration(odd: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        LightHuePlugin(**odd)


def test_the_directory_gives_addresses_in_private_networks_only() -> None:
    listed = [
        {"id": "A1", "internalipaddress": "192.168.1.2", "port": 443},
        {"id": "b2", "internalipaddress": "10.0.0.3"},
        {"id": "c3", "internalipaddress": "93.184.216.34"},
        {"id": "d4", "internalipaddress": "127.0.0.1", "port": 9000},
        {"id": "e5", "internalipaddress": "hue.lan"},
        "odd",
    ]
    assert read_directory(listed) == {"a1": "https://192.168.1.2", "b2": "http://10.0.0.3"}
    assert read_directory(listed, loopback=True)["d4"] == "http://127.0.0.1:9000"
    with pytest.raises(ActionFailed, match="directory"):
        read_directory({"error": "x"})


def test_a_directory_that_is_away_leaves_the_address_to_the_configuration() -> None:
    with pytest.raises(Unavailable, match=r"cannot be asked: .* Set 'bridge' to the bridge's address\."):
        ask_directory(f"http://localhost:{free_port()}", owner="light.hue", timeout=2)


def test_one_bridge_is_used_and_of_several_the_configuration_names_one() -> None:
    assert only_one({"a": "http://x"}) == "http://x"
    with pytest.raises(Unavailable, match="No Hue bridge was found"):
        only_one({})
    with pytest.raises(Unavailable, match=r"several Hue bridges: http://x \(a\), http://y \(b\)\. Set 'bridge'"):
        only_one({"a": "http://x", "b": "http://y"})


def test_an_address_becomes_a_url() -> None:
    assert base_url("fd00::2", 80) == "http://[fd00::2]"


def test_what_is_remembered_is_for_the_hub_alone(tmp_path: Path) -> None:
    path = tmp_path / "work" / "light.hue.json"
    known = Known(path)
    assert known.get("a") == {}
    known.update("a", username="x", url="http://1")
    known.update("a", url="http://2")
    assert Known(path).get("a") == {"username": "x", "url": "http://2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert known.only_url() == "http://2"
    known.update("b", url="http://3")
    assert known.only_url() is None
    known.forget()
    assert known.get("a") == {}


def test_a_file_that_is_cut_off_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "light.hue.json"
    for text in ('{"a": ', "[]", '{"a": 7}'):
        path.write_text(text)
        assert Known(path).get("a") == {}
        assert Known(path).only_url() is None


def test_a_file_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    path = tmp_path / "light.hue.json"
    path.mkdir()
    with pytest.raises(StorageFailed, match="cannot be read"):
        Known(path).get("a")
    with pytest.raises(StorageFailed, match="cannot be written"):
        Known(path).forget()


def test_without_the_library_or_a_network_nothing_is_found_by_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(**options: Any) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("zeroconf.Zeroconf", no_network)
    assert browse(0) == {}
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    assert browse(0) == {}


class Searched:
    """A pairing that finds nothing in the network, and counts the questions to a directory."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.asked = 0
        self.around: dict[str, str] = {}
        self.listed: dict[str, str] = {}

        def ask(url: str, **options: Any) -> dict[str, str]:
            self.asked += 1
            return self.listed

        monkeypatch.setattr("platypush.plugins.light.hue._pairing.ask_directory", ask)
        address = Address(None, None, False, "http://directory", 1)
        known = Known(folder / "known.json")
        self.pairing = Pairing(
            address, known, owner="light.hue", device="x", look_around=lambda _: self.around, clock=lambda: self.now
        )

    def open(self) -> str:
        with pytest.raises(Unavailable) as caught:
            self.pairing.open()
        return str(caught.value)


def test_a_bridge_is_looked_for_until_there_is_one_and_the_directory_asked_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Searched(tmp_path, monkeypatch)
    assert "No Hue bridge was found" in search.open()
    assert "No Hue bridge was found" in search.open()
    assert search.asked == 1
    search.now += 900
    search.listed = {"a": f"http://127.0.0.1:{free_port()}"}
    assert "cannot be reached" in search.open()
    assert search.asked == 2


def test_a_bridge_that_is_gone_is_tried_where_it_was_and_looked_for_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Searched(tmp_path, monkeypatch)
    Known(tmp_path / "known.json").update("a", url="http://127.0.0.1:1")
    # Where it was last, before anything else.
    search.around = {"a": "http://127.0.0.1:2"}
    assert "127.0.0.1:1 cannot be reached" in search.open()
    assert "127.0.0.1:2 cannot be reached" in search.open()
    search.around = {"a": "http://127.0.0.1:3"}
    assert "127.0.0.1:2 cannot be reached" in search.open()
    search.now += 60
    assert "127.0.0.1:3 cannot be reached" in search.open()
    # A search that finds nothing changes nothing.
    search.around = {}
    search.now += 60
    assert "127.0.0.1:3 cannot be reached" in search.open()
    assert search.asked == 1
