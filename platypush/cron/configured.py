"""Crons of the configuration: ``cron.<name>`` with ``cron_expression`` and ``actions``."""

from __future__ import annotations

from collections.abc import Iterable

from platypush.config.model import CronSettings
from platypush.cron.schedule import Schedule
from platypush.cron.scheduler import CronJob
from platypush.errors import ConfigurationError
from platypush.procedure.interpreter import Interpreter, Program

__all__ = ["configured_crons"]


def configured_crons(
    settings: Iterable[CronSettings], interpreter: Interpreter
) -> tuple[list[CronJob], list[tuple[CronSettings, ConfigurationError]]]:
    """The crons of the configuration, and those that cannot be used with the reason."""
    jobs: list[CronJob] = []
    problems: list[tuple[CronSettings, ConfigurationError]] = []
    for item in settings:
        try:
            program = interpreter.compile(f"cron.{item.name}", item.steps, item.source)
            jobs.append(_job(item, Schedule(item.cron_expression), program))
        except ConfigurationError as error:
            problems.append((item, error))
    return jobs, problems


def _job(item: CronSettings, schedule: Schedule, program: Program) -> CronJob:
    return CronJob(name=item.name, schedule=schedule, run=lambda: program.run_or_raise({}), source=item.source)
