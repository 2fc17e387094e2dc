"""Sorts the sections of a document: hooks, procedures, crons, backends and plugins; says which cannot be used. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from platypush._lib.suggest import did_you_mean
from platypush.config.explain import known_keys, validate
from platypush.config.model import CronSettings, HookSettings, ProcedureSettings, SectionProblem
from platypush.config.problem import dotted
from platypush.config.schema import CronSection, HookSection, RootSection, Section
from platypush.config.secrets import protect, reveal
from platypush.config.yaml_source import Document

__all__ = ["CORE_SECTIONS", "ROOT_KEYS", "SWITCHES", "Sections", "is_core", "sort_sections", "switched_off"]

S = TypeVar("S", bound=Section)

CORE_SECTIONS = frozenset({"backend.http", "bus", "limits", "logging", "main.db"})
"""Sections without which there is no hub: an error in one stops the start."""

ROOT_KEYS = frozenset(known_keys(RootSection))

SWITCHES = ("enabled", "disabled")
_PROCEDURE = re.compile(r"procedure\.(?:(async|sync)\.)?([A-Za-z_][\w.-]*)\s*(?:\((.*)\))?")
_CONTROL = frozenset({"if", "elif", "else", "for", "fork", "while", "break", "continue", "return", "set"})
_STEPS = ("action", *sorted(_CONTROL))
_CRON = re.compile(r"@\w+|\S+(\s+\S+){4,5}")
_NESTED = {
    "backend": "backend.http:",
    "event": "event.hook.lights:",
    "event.hook": "event.hook.lights:",
    "cron": "cron.nightly:",
    "procedure": "procedure.good_night:",
    "main": "main.db:",
}


def is_core(key: str) -> bool:
    """Whether the root key ``key`` belongs to the hub itself, so that an error in it stops the start."""
    return key in ROOT_KEYS or key in CORE_SECTIONS


def switched_off(section: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether ``enabled: false`` or ``disabled: true`` switches ``section`` off, and what is wrong with these keys."""
    for switch in SWITCHES:
        if switch in section and not isinstance(section[switch], bool):
            return True, f"{switch} takes true or false, without quotes."
    off = {switch: section[switch] is (switch == "disabled") for switch in SWITCHES if switch in section}
    if len(set(off.values())) > 1:
        return True, "enabled and disabled contradict each other. Keep one of them."
    return any(off.values()), None


@dataclass(slots=True)
class Sections:
    """The sections that are not core, sorted."""

    hooks: list[HookSettings] = field(default_factory=list)
    procedures: list[ProcedureSettings] = field(default_factory=list)
    crons: list[CronSettings] = field(default_factory=list)
    backends: dict[str, dict[str, Any]] = field(default_factory=dict)
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[SectionProblem] = field(default_factory=list)


class _Sorter:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.result = Sections()

    def problem(self, key: str, reason: str, *inside: str | int) -> None:
        path = (key, *inside)
        self.result.problems.append(
            SectionProblem(section=key, reason=_located(inside, reason), source=self._document.source(path))
        )

    def sort(self, key: str, value: Any) -> None:
        if key in _NESTED:
            self.problem(key, f"sections are not nested: write the whole name as the key, {_NESTED[key]!r}")
        elif key.startswith("event.hook."):
            self._hook(key, value)
        elif key.startswith("cron."):
            self._cron(key, value)
        elif key.startswith("procedure."):
            self._procedure(key, value)
        else:
            self._component(key, value)

    def _hook(self, key: str, value: Any) -> None:
        section = self._validated(HookSection, key, value)
        if section is None:
            return
        event_type = section.condition.get("type")
        if not isinstance(event_type, str) or not event_type:
            self.problem(key, "the type of the event is missing, such as platypush.message.event.CustomEvent.", "if")
        elif self._steps_fit(key, "then", section.then):
            self.result.hooks.append(
                HookSettings(
                    name=key.removeprefix("event.hook."),
                    condition=reveal(section.condition),
                    then=tuple(reveal(section.then)),
                    priority=section.priority,
                    source=self._document.source((key,)),
                )
            )

    def _cron(self, key: str, value: Any) -> None:
        section = self._validated(CronSection, key, value)
        if section is None:
            return
        if not _CRON.fullmatch(section.cron_expression.strip()):
            reason = f"{section.cron_expression!r} is no schedule: five fields are expected, or six with seconds last."
            self.problem(key, reason, "cron_expression")
        elif self._steps_fit(key, "actions", section.actions):
            self.result.crons.append(
                CronSettings(
                    name=key.removeprefix("cron."),
                    cron_expression=section.cron_expression.strip(),
                    steps=tuple(reveal(section.actions)),
                    source=self._document.source((key,)),
                )
            )

    def _procedure(self, key: str, value: Any) -> None:
        match = _PROCEDURE.fullmatch(key.strip())
        if match is None:
            self.problem(key, "a procedure's key is procedure.NAME, procedure.async.NAME or procedure.NAME(arg, arg).")
            return
        args = [arg.strip() for arg in (match[3] or "").split(",") if arg.strip()]
        wrong = [arg for arg in args if not arg.isidentifier()]
        if wrong or len(set(args)) != len(args):
            self.problem(key, "its arguments have to be different names, such as (room, level).")
            return
        if any(match[2] == procedure.name for procedure in self.result.procedures):
            self.problem(key, f"there is another procedure named {match[2]!r}.")
            return
        steps = [value] if isinstance(value, dict | str) else value
        if not isinstance(steps, list) or not steps:
            self.problem(key, "a list of steps is expected, such as '- action: light.hue.on'.")
        elif self._steps_fit(key, None, steps):
            self.result.procedures.append(
                ProcedureSettings(
                    name=match[2],
                    args=tuple(args),
                    is_async=match[1] == "async",
                    steps=tuple(reveal(steps)),
                    source=self._document.source((key,)),
                )
            )

    def _component(self, key: str, value: Any) -> None:
        if value is None or isinstance(value, dict):
            name = key.removeprefix("backend.")
            target = self.result.plugins if name == key else self.result.backends
            if misplaced := _misplaced(key, value or {}):
                self.problem(key, misplaced)
            elif not name:
                self.problem(key, "the name of the section is missing.")
            else:
                target[name] = protect(value or {})
            return
        known = [*ROOT_KEYS, *CORE_SECTIONS]
        self.problem(key, f"unknown key, or a section without keys of its own.{did_you_mean(key, known)}")

    def _validated(self, schema: type[S], key: str, value: Any) -> S | None:
        if not isinstance(value, dict):
            self.problem(key, f"keys with values are expected: {', '.join(known_keys(schema))}.")
            return None
        section, reasons = validate(schema, value)
        for path, reason in reasons:
            self.problem(key, reason, *path)
        return section

    def _steps_fit(self, key: str, inside: str | None, steps: Iterable[Any]) -> bool:
        before = len(self.result.problems)
        for index, step in enumerate(steps):
            if reason := _step_problem(step):
                self.problem(key, reason, *([inside] if inside else []), index)
        return len(self.result.problems) == before


def sort_sections(document: Document, sections: Mapping[str, Any]) -> Sections:
    """Sort ``sections`` (root keys that are not core, switched-off ones left out) of ``document``."""
    sorter = _Sorter(document)
    for key, value in sections.items():
        sorter.sort(key, value)
    return sorter.result


def _located(inside: tuple[str | int, ...], reason: str) -> str:
    return f"{dotted(inside)}: {reason}" if inside else reason


def _misplaced(key: str, value: Mapping[str, Any]) -> str | None:
    name = key.rpartition(".")[2]
    if {"if", "then"} <= value.keys():
        return f"this looks like a hook: its key would be 'event.hook.{name}'."
    if "cron_expression" in value:
        return f"this looks like a cron: its key would be 'cron.{name}'."
    return None


def _step_problem(step: Any) -> str | None:
    keys = [step] if isinstance(step, str) else list(step) if isinstance(step, dict) else []
    if isinstance(step, dict) and "action" in step:
        return None if isinstance(step["action"], str) and step["action"] else "action takes the name of an action."
    word = (keys[0].split() or [""])[0] if keys else ""
    if word in _CONTROL:
        return None
    names = ", ".join(sorted(_CONTROL))
    return f"a step has an action ('action: light.hue.on') or is one of {names}.{did_you_mean(word, _STEPS)}"
