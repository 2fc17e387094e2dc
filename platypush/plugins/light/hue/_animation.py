"""Animations: what each light is told next, and the thread that tells it."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from platypush.errors import BadRequest, PlatypushError
from platypush.plugins.light.hue._state import MAX_BRI, MAX_HUE, MAX_SAT, State

__all__ = ["Animation", "Animator", "Kind", "Settings", "first", "following"]

Kind = Literal["color_transition", "blink"]
_AFTER_FAILURE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An animation as callers describe it; ranges are pairs, times seconds."""

    type: Kind
    duration: float | None
    hue_range: tuple[int, int]
    sat_range: tuple[int, int]
    bri_range: tuple[int, int]
    hue_step: int
    sat_step: int
    bri_step: int
    transition_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As callers see it."""
        return asdict(self)

    def check(self) -> None:
        """Raises BadRequest for a range that the lights have not, or a time that is none."""
        for name, (low, high), most in (
            ("hue_range", self.hue_range, MAX_HUE),
            ("sat_range", self.sat_range, 255),
            ("bri_range", self.bri_range, 255),
        ):
            if not 0 <= low <= high <= most:
                raise BadRequest(f"animate: {name!r} must be two integers of 0 to {most}, the lower one first.")
        if self.transition_seconds < 0 or (self.duration is not None and self.duration <= 0):
            raise BadRequest("animate: 'duration' and 'transition_seconds' are numbers of seconds above 0.")


@dataclass(frozen=True, slots=True)
class Animation:
    """One that runs. ``tell`` sends a state to the lights with these ids; it raises PlatypushError."""

    settings: Settings
    lights: Mapping[str, Mapping[str, Any]]
    groups: Sequence[str]
    tell: Callable[[Sequence[str], State], None]


def first(
    settings: Settings, lights: Mapping[str, Mapping[str, Any]], pick: Callable[[int, int], int]
) -> dict[str, State]:
    """What each light is told at first, of what it has: ``lights`` are their states."""
    if settings.type == "blink":
        return {light: {"on": True, "transitiontime": 0} for light in lights}
    ranges = _ranges(settings)
    return {
        light: {"on": True, **{key: pick(*limits) for key, (limits, _) in ranges.items() if key in state}}
        for light, state in lights.items()
    }


def following(settings: Settings, states: Mapping[str, State]) -> dict[str, State]:
    """What each light is told after ``states``."""
    if settings.type == "blink":
        return {light: {**state, "on": not state["on"]} for light, state in states.items()}
    ranges = _ranges(settings)
    return {
        light: {key: _step(value, *ranges[key]) for key, value in state.items() if key in ranges}
        for light, state in states.items()
    }


class Animator:
    """Runs one animation at a time in a thread of its own. Thread-safe."""

    def __init__(self, logger: logging.Logger, pick: Callable[[int, int], int] = random.randint) -> None:
        self._logger = logger
        self._pick = pick
        self._lock = threading.Lock()
        self._current: Animation | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def current(self) -> Animation | None:
        """The one that runs."""
        return self._current

    def start(self, animation: Animation, ended: Callable[[Animation], None]) -> None:
        """Run ``animation`` instead of what runs now; ``ended`` is called in its thread when it is over."""
        self.stop()
        with self._lock:
            # Whoever was started in between gives way, too.
            self._stop.set()
            self._current = animation
            self._stop = stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(animation, stop, ended), name="light.hue-animation", daemon=True
            )
            self._thread.start()

    def stop(self, grace: float = 1.5) -> bool:
        """Stop what runs, and wait up to ``grace`` seconds for its last command; whether something ran."""
        with self._lock:
            current, self._current = self._current, None
            self._stop.set()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(grace)
        return current is not None

    def _run(self, animation: Animation, stop: threading.Event, ended: Callable[[Animation], None]) -> None:
        settings = animation.settings
        end = None if settings.duration is None else time.monotonic() + settings.duration
        states = first(settings, {light: data.get("state", {}) for light, data in animation.lights.items()}, self._pick)
        failed = False
        while not stop.is_set() and (end is None or time.monotonic() < end):
            pause = settings.transition_seconds
            try:
                for lights, state in _alike(states):
                    if stop.is_set():
                        break
                    animation.tell(lights, state)
                failed = False
            except PlatypushError as error:
                if not failed:
                    self._logger.warning("The animation waits: %s", error)
                failed, pause = True, max(pause, _AFTER_FAILURE)
            left = pause if end is None else min(pause, end - time.monotonic())
            stop.wait(max(left, 0))
            states = following(settings, states)
        with self._lock:
            if self._current is animation:
                self._current = None
        ended(animation)


def _ranges(settings: Settings) -> dict[str, tuple[tuple[int, int], int]]:
    def within(limits: tuple[int, int], low: int, high: int) -> tuple[int, int]:
        return max(limits[0], low), max(min(limits[1], high), low)

    return {
        "hue": (settings.hue_range, settings.hue_step),
        "sat": (within(settings.sat_range, 0, MAX_SAT), settings.sat_step),
        "bri": (within(settings.bri_range, 1, MAX_BRI), settings.bri_step),
    }


def _step(value: int, limits: tuple[int, int], step: int) -> int:
    low, high = limits
    return low + (value - low + step) % (high - low + 1)


def _alike(states: Mapping[str, State]) -> list[tuple[list[str], State]]:
    """Lights that are told the same, together."""
    together: list[tuple[list[str], State]] = []
    for light, state in states.items():
        for ids, same in together:
            if same == state:
                ids.append(light)
                break
        else:
            together.append(([light], state))
    return together
