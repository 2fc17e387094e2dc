"""Hooks, procedures and crons, from the configuration and from user scripts, ready to be put in force together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platypush.cron.configured import configured_crons
from platypush.event.configured import configured_hooks
from platypush.procedure.registry import configured_procedures
from platypush.scripts import load_scripts

if TYPE_CHECKING:
    from platypush.config.model import Config
    from platypush.cron.scheduler import CronJob
    from platypush.errors import ConfigurationError
    from platypush.event.registered import Hook
    from platypush.event.types import EventTypes
    from platypush.procedure.interpreter import Interpreter
    from platypush.procedure.registry import Procedure

__all__ = ["Automation", "load_automation"]


@dataclass(frozen=True, slots=True)
class Automation:
    """What runs by itself or by name. ``problems`` are the parts that cannot, one text each."""

    hooks: tuple[Hook, ...]
    procedures: tuple[Procedure, ...]
    jobs: tuple[CronJob, ...]
    problems: tuple[str, ...]


def load_automation(config: Config, types: EventTypes, interpreter: Interpreter) -> Automation:
    """Compile the configuration's parts and import the scripts anew. A part that fails stops no other.

    Runs the user's module code; for one thread at a time.
    """
    hooks, bad_hooks = configured_hooks(config.hooks, types, interpreter)
    procedures, bad_procedures = configured_procedures(config.procedures, interpreter)
    jobs, bad_crons = configured_crons(config.crons, interpreter)
    scripts = load_scripts(config.scripts_dir, types)
    return Automation(
        hooks=(*hooks, *scripts.hooks),
        procedures=(*procedures, *scripts.procedures),
        jobs=(*jobs, *scripts.crons),
        problems=(*_reasons(bad_hooks, bad_procedures, bad_crons), *map(str, scripts.problems)),
    )


def _reasons(*groups: Iterable[tuple[Any, ConfigurationError]]) -> Iterable[str]:
    for group in groups:
        yield from (error.message for _, error in group)
