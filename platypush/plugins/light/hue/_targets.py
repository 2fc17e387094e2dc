"""Which lights, groups and scenes are meant, and the fewest commands that reach them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest, NotFound
from platypush.plugins.light import Names

__all__ = ["ALL", "Command", "Things", "find", "find_scene", "listed", "plan", "visible"]

Things = Mapping[str, Mapping[str, Any]]
"""Lights, groups or scenes by id, as the bridge gives them."""

ALL = "0"
"""The group that has every light; the bridge does not list it."""
_MANY = 5
"""From more lights than this on, a group that has exactly them is told instead: one command, one radio message."""


@dataclass(frozen=True, slots=True)
class Command:
    """A light or group to be told something."""

    kind: str
    """``lights`` or ``groups``."""
    id: str

    @property
    def path(self) -> str:
        """Where the command goes."""
        return f"/{self.kind}/{self.id}/{'state' if self.kind == 'lights' else 'action'}"


def visible(things: Things) -> dict[str, dict[str, Any]]:
    """``things`` with their ids, without those that the bridge made for its own use."""
    return {key: {"id": key, **data} for key, data in things.items() if not data.get("recycle")}


def listed(names: Names) -> list[str]:
    """Names as callers give them, one by one. A text is kept whole here: a name may have a comma."""
    if names is None or names == "":
        return []
    return [str(name) for name in names] if isinstance(names, (list, tuple, set)) else [str(names)]


def find(names: Iterable[str], things: Things, what: str) -> list[str]:
    """The ids of ``things`` that are called ``names``, or have these ids; several names may stand in one text, with
    commas.

    Names are told apart by capitals only where that is needed. Raises NotFound with a did-you-mean, BadRequest for a
    name that several things have.
    """
    found: dict[str, None] = {}
    for name in names:
        whole = _ids(name, things)
        parts = [name] if whole or "," not in name else [part.strip() for part in name.split(",")]
        for part in parts:
            ids = _ids(part, things)
            if len(ids) > 1:
                raise BadRequest(f"There are {len(ids)} {what}s called {part!r}: use an id ({', '.join(ids)}).")
            if not ids:
                known = sorted(str(data.get("name", key)) for key, data in things.items())
                raise NotFound(
                    f"There is no {what} {part!r}.{did_you_mean(part, known)} There are: {', '.join(known) or 'none'}."
                )
            found[ids[0]] = None
    return list(found)


def plan(lights: Iterable[str], groups: Iterable[str], all_lights: Iterable[str], known: Things) -> list[Command]:
    """The commands that tell all of ``lights`` and ``groups`` (ids) the same. ``known`` are the groups there are."""
    wanted = set(lights)
    commands = [Command("groups", key) for key in groups]
    if len(wanted) > _MANY:
        if wanted == set(all_lights):
            return [*commands, Command("groups", ALL)]
        same = [key for key, group in known.items() if set(group.get("lights", ())) == wanted]
        if same:
            return [*commands, Command("groups", same[0])]
    return [*commands, *(Command("lights", key) for key in sorted(wanted, key=_order))]


def find_scene(name: str, groups: list[str], scenes: Things, known: Things) -> list[tuple[str, str]]:
    """Pairs of group and scene for the scene called ``name`` in ``groups`` (ids); without groups, where it belongs.

    Raises NotFound with a did-you-mean, BadRequest when there is a choice.
    """
    ids = [name] if name in scenes else _ids(name, {key: s for key, s in scenes.items() if not s.get("recycle")})
    if not ids:
        names = sorted({str(scene.get("name", key)) for key, scene in scenes.items() if not scene.get("recycle")})
        raise NotFound(
            f"There is no scene {name!r}.{did_you_mean(name, names)} There are: {', '.join(names) or 'none'}."
        )
    if not groups:
        if len(ids) > 1:
            places = ", ".join(_place(scenes[key], known) for key in ids)
            raise BadRequest(f"There are {len(ids)} scenes called {name!r} ({places}): say which with 'groups'.")
        return [(str(scenes[ids[0]].get("group", ALL)), ids[0])]
    pairs = []
    for group in groups:
        fitting = [key for key in ids if _belongs(scenes[key], group, known)]
        if not fitting:
            places = ", ".join(_place(scenes[key], known) for key in ids)
            raise NotFound(f"{_name(group, known)} has no scene {name!r}; it is one of {places}.")
        pairs.append((group, fitting[-1]))
    return pairs


def _ids(name: str, things: Things) -> list[str]:
    exact = [key for key, data in things.items() if data.get("name") == name]
    if exact or name in things:
        return exact or [name]
    return [key for key, data in things.items() if str(data.get("name", "")).casefold() == name.casefold()]


def _belongs(scene: Mapping[str, Any], group: str, known: Things) -> bool:
    if "group" in scene:
        return bool(scene["group"] == group)
    return group == ALL or bool(set(scene.get("lights", ())) & set(known.get(group, {}).get("lights", ())))


def _place(scene: Mapping[str, Any], known: Things) -> str:
    return _name(str(scene["group"]), known) if "group" in scene else "lights of several groups"


def _name(group: str, known: Things) -> str:
    return str(known.get(group, {}).get("name", f"group {group}"))


def _order(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() else (1 << 31, key)
