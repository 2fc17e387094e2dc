"""The memory of the stand-in for a Philips Hue bridge: lights, groups, scenes and what they make of commands."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

__all__ = ["BRIDGE_ID", "CONFIG", "Model", "error"]

BRIDGE_ID = "001788FFFE29D301"
_BUTTON_SECONDS = 30
CONFIG = {
    "name": "Philips hue",
    "datastoreversion": "126",
    "swversion": "1965111030",
    "apiversion": "1.65.0",
    "mac": "00:17:88:29:d3:01",
    "bridgeid": BRIDGE_ID,
    "factorynew": False,
    "replacesbridgeid": None,
    "modelid": "BSB002",
    "starterkitid": "",
}
_COLOUR = {"hue": 8418, "sat": 140, "effect": "none", "xy": [0.4573, 0.41], "ct": 366, "colormode": "ct"}


def _light(number: int, name: str, **state: Any) -> dict[str, Any]:
    colour = "hue" in state
    return {
        "state": {"on": False, "bri": 254, **state, "alert": "none", "mode": "homeautomation", "reachable": True},
        "type": "Extended color light" if colour else "Dimmable light",
        "name": name,
        "modelid": "LCT015" if colour else "LWB010",
        "manufacturername": "Signify Netherlands B.V.",
        "productname": "Hue color lamp" if colour else "Hue white lamp",
        "uniqueid": f"00:17:88:01:00:bd:c7:{number:02x}-0b",
        "swversion": "1.93.7",
    }


def _group(name: str, kind: str, lights: list[str], **more: Any) -> dict[str, Any]:
    return {"name": name, "lights": lights, "type": kind, "sensors": [], "recycle": False, **more}


def _scene(name: str, group: str, states: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "GroupScene",
        "group": group,
        "lights": list(states),
        "owner": "ffffffff",
        "recycle": False,
        "locked": False,
        "lightstates": states,
        **more,
    }


def first_state() -> dict[str, Any]:
    """A bridge with seven lights in two rooms, whom nobody has paired with."""
    bright = {"on": True, "bri": 254, "ct": 346}
    return {
        "users": {},
        "lights": {
            "1": _light(1, "Hall", **_COLOUR),
            "2": _light(2, "Kitchen", **_COLOUR),
            "3": _light(3, "Desk", **_COLOUR),
            "4": _light(4, "Cellar"),
            "5": _light(5, "Sofa left", **_COLOUR),
            "6": _light(6, "Sofa right", **_COLOUR),
            "7": _light(7, "Shelf", **_COLOUR),
        },
        "groups": {
            "1": _group("Living room", "Room", ["3", "5", "6", "7"], **{"class": "Living room"}),
            "2": _group("Downstairs", "Zone", ["1", "2", "4"], **{"class": "Downstairs"}),
            "3": _group("Lightstrip made by an app", "LightGroup", ["1"], recycle=True),
        },
        "scenes": {
            "AB34EF5": _scene("Relax", "1", {"3": {"on": True, "bri": 144, "ct": 447}, "5": {"on": False}}),
            "CD56AB7": _scene("Bright", "1", {"3": bright, "5": bright, "6": bright, "7": bright}),
            "EF78CD9": _scene("Bright", "2", {"1": bright, "2": bright, "4": {"on": True, "bri": 254}}),
            "0badf00": _scene("Made by an app", "1", {"3": {"on": True}}, recycle=True),
        },
    }


_RANGES = {
    "bri": (0, 254),
    "hue": (0, 65535),
    "sat": (0, 254),
    "ct": (153, 500),
    "transitiontime": (0, 65535),
    "bri_inc": (-254, 254),
    "sat_inc": (-254, 254),
    "hue_inc": (-65534, 65534),
    "ct_inc": (-65534, 65534),
}
_WORDS = {"effect": ("none", "colorloop"), "alert": ("none", "select", "lselect")}
_PARAMETERS = ("on", "xy", "xy_inc", *_RANGES, *_WORDS)
# Parameters that a light takes while it is off (the guide: "A light cannot have its state modified when it is off").
_WHILE_OFF = ("on", "alert", "transitiontime")
_MODES = {"hue": "hs", "sat": "hs", "xy": "xy", "ct": "ct"}


def error(number: int, address: str, description: str) -> dict[str, Any]:
    return {"error": {"type": number, "address": address, "description": description}}


def _fits(name: str, value: Any) -> bool:
    if name == "on":
        return isinstance(value, bool)
    if name in _WORDS:
        return value in _WORDS[name]
    if name in _RANGES:
        low, high = _RANGES[name]
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    least, most = (0.0, 1.0) if name == "xy" else (-0.5, 0.5)
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(part, (int, float)) and least <= part <= most for part in value)
    )


class Model:
    """The bridge's memory, kept in a file. Thread-safe by its owner's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.data: dict[str, Any] = json.loads(path.read_text()) if path.exists() else first_state()
        self.pressed = 0.0
        self.commands: list[tuple[float, str]] = []

    def save(self) -> None:
        """Write the file in one step."""
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(self.data))
        os.replace(temporary, self._path)

    def create_user(self, body: Any) -> list[dict[str, Any]]:
        """``POST /api``."""
        if not isinstance(body, dict) or "devicetype" not in body:
            return [error(5, "/", "invalid/missing parameters in body")]
        if not isinstance(body["devicetype"], str) or not 0 < len(body["devicetype"]) <= 40:
            return [error(7, "/devicetype", f"invalid value, {body['devicetype']}, for parameter, devicetype")]
        if time.monotonic() - self.pressed > _BUTTON_SECONDS or not self.pressed:
            return [error(101, "", "link button not pressed")]
        name = secrets.token_urlsafe(30)
        self.data["users"][name] = {"name": body["devicetype"]}
        self.save()
        return [{"success": {"username": name}}]

    def group(self, number: str) -> dict[str, Any]:
        """A group as the bridge gives it, with what its lights are like."""
        group: dict[str, Any] = self.data["groups"][number]
        states = [self.data["lights"][light]["state"] for light in group["lights"]]
        on = [state["on"] for state in states]
        action = {key: value for key, value in states[0].items() if key not in ("reachable", "mode")}
        return {**group, "state": {"all_on": all(on), "any_on": any(on)}, "action": action}

    def scene(self, number: str) -> dict[str, Any]:
        """A scene as it is listed."""
        return {key: value for key, value in self.data["scenes"][number].items() if key != "lightstates"}

    def set_light(self, number: str, body: Any) -> list[dict[str, Any]]:
        """``PUT /lights/<id>/state``."""
        address = f"/lights/{number}/state"
        if number not in self.data["lights"]:
            return [error(3, f"/lights/{number}", f"resource, /lights/{number}, not available")]
        state = self.data["lights"][number]["state"]
        answers = self._check(address, body, state)
        if answers is None:
            return [error(2, address, "body contains invalid json")]
        will_be_on = body.get("on", state["on"]) is True
        for name, value in body.items():
            if any(a.get("error", {}).get("address", "").endswith(f"/{name}") for a in answers):
                continue
            if not will_be_on and name not in _WHILE_OFF:
                text = f"parameter, {name}, is not modifiable. Device is set to off."
                answers.append(error(201, f"{address}/{name}", text))
                continue
            answers.append({"success": {f"{address}/{name}": self._apply(state, name, value)}})
        self.save()
        return answers

    def set_group(self, number: str, body: Any) -> list[dict[str, Any]]:
        """``PUT /groups/<id>/action``: lights that are off, or cannot do it, are no errors here."""
        address = f"/groups/{number}/action"
        if number != "0" and number not in self.data["groups"]:
            return [error(3, f"/groups/{number}", f"resource, /groups/{number}, not available")]
        if isinstance(body, dict) and "scene" in body:
            return self._recall(address, number, str(body["scene"]))
        answers = self._check(address, body, None)
        if answers is None:
            return [error(2, address, "body contains invalid json")]
        refused = {answer["error"]["address"].rpartition("/")[2] for answer in answers}
        members = list(self.data["lights"]) if number == "0" else self.data["groups"][number]["lights"]
        for name, value in body.items():
            if name in refused:
                continue
            for light in members:
                state = self.data["lights"][light]["state"]
                on = body.get("on", state["on"]) is True or name in _WHILE_OFF
                if on and _knows(state, name):
                    self._apply(state, name, value)
            answers.append({"success": {f"{address}/{name}": value}})
        self.save()
        return answers

    def _recall(self, address: str, group: str, name: str) -> list[dict[str, Any]]:
        scene = self.data["scenes"].get(name)
        if scene is None:
            return [error(7, f"{address}/scene", f"invalid value, {name}, for parameter, scene")]
        members = list(self.data["lights"]) if group == "0" else self.data["groups"][group]["lights"]
        for light, wanted in scene["lightstates"].items():
            if light in members:
                for key, value in wanted.items():
                    self._apply(self.data["lights"][light]["state"], key, value)
        self.save()
        return [{"success": {f"{address}/scene": name}}]

    def _check(self, address: str, body: Any, state: dict[str, Any] | None) -> list[dict[str, Any]] | None:
        if not isinstance(body, dict):
            return None
        answers = []
        for name, value in body.items():
            if name not in _PARAMETERS or (state is not None and not _knows(state, name)):
                answers.append(error(6, f"{address}/{name}", f"parameter, {name}, not available"))
            elif not _fits(name, value):
                text = f"invalid value, {json.dumps(value)}, for parameter, {name}"
                answers.append(error(7, f"{address}/{name}", text))
        return answers

    def _apply(self, state: dict[str, Any], name: str, value: Any) -> Any:
        if name == "transitiontime":
            return value
        if name.endswith("_inc"):
            name = name.removesuffix("_inc")
            if name == "xy":
                value = [round(min(max(a + b, 0), 1), 4) for a, b in zip(state["xy"], value, strict=True)]
            elif name == "hue":
                value = (state["hue"] + value) % 65536
            else:
                low, high = (1, 254) if name == "bri" else _RANGES[name]
                value = min(max(state[name] + value, low), high)
        state[name] = max(value, 1) if name == "bri" else value
        if name in _MODES and "colormode" in state:
            state["colormode"] = _MODES[name]
        return value


def _knows(state: dict[str, Any], name: str) -> bool:
    return name == "transitiontime" or name.removesuffix("_inc") in state
