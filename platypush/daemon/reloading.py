"""A reload: everything is tried first, then put in force; what is broken is refused as a whole."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platypush.config.changes import restart_keys
from platypush.config.web import WebSettings
from platypush.daemon.automation import Automation, load_automation
from platypush.daemon.log import check_log, open_log
from platypush.daemon.parts import open_user_store
from platypush.errors import ConfigurationError
from platypush.procedure.interpreter import Interpreter

if TYPE_CHECKING:
    from platypush.config.model import Config, SectionProblem
    from platypush.daemon.parts import Parts

__all__ = ["Reload", "Reloaded", "section_text"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload did."""

    config: Config
    changes: tuple[str, ...]
    restart_needed: tuple[str, ...]


def section_text(problem: SectionProblem) -> str:
    """A problem of a section in one line: where, what, why."""
    return f"{problem.source or 'configuration'}: {problem.section}: {problem.reason}"


class Reload:
    """One reload from ``config`` to another configuration. For one thread at a time."""

    def __init__(self, config: Config, parts: Parts, start_id: str) -> None:
        self._old = config
        self._parts = parts
        self._start_id = start_id

    def run(self, new: Config) -> Reloaded:
        """Try ``new``, then put it in force. Raises ConfigurationError when it is refused: nothing has changed then."""
        parts = self._parts
        interpreter = Interpreter(parts.hub.run_request, new.constants)
        automation = load_automation(new, parts.hub.event_types, interpreter)
        self._refuse_new_problems(new, automation)
        check_log(new)
        if parts.http is not None and new.http is not None:
            # Imports the application with the new settings in a process of its own before a worker is touched. A worker
            # finishes what it does before it is replaced, and streams do not finish by themselves.
            with parts.streams.sending_away():
                parts.http.reload(WebSettings.from_config(new, start_id=self._start_id))
        changes = self._describe(automation)
        parts.interpreter = interpreter
        parts.put_in_force(automation)
        os.environ.update(new.environment)
        if new.logging != self._old.logging:
            open_log(new)
            changes.append("logging")
        if self._user_settings(new) != self._user_settings(self._old):
            self._renew_users(new)
            changes.append("users")
        parts.renew(new)
        report = parts.hub.plugins.reload(new.plugins, new.disabled, sources=new.sources)
        for verb, names in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
            changes += [f"plugin {name} {verb}" for name in names]
        changes += parts.hub.backends.reload(new.backends, new.disabled, sources=new.sources)
        return Reloaded(new, tuple(changes), tuple(restart_keys(self._old, new)))

    def _refuse_new_problems(self, new: Config, automation: Automation) -> None:
        known = {*self._parts.problems, *map(section_text, self._old.problems)}
        found = [*automation.problems, *(section_text(problem) for problem in new.problems if not problem.warning)]
        fresh = [problem for problem in found if problem not in known]
        if fresh:
            raise ConfigurationError(
                "The reload was refused, and the running version goes on. Mend this and reload again:",
                problems=tuple(fresh),
            )

    def _describe(self, automation: Automation) -> list[str]:
        hub = self._parts.hub
        changes = []
        before = {hook.name for hook in hub.events.hooks}, set(hub.procedures.names())
        after = {hook.name for hook in automation.hooks}, {procedure.name for procedure in automation.procedures}
        for kind, old, fresh in zip(("hook", "procedure"), before, after, strict=True):
            changes += [f"{kind} {name} added" for name in sorted(fresh - old)]
            changes += [f"{kind} {name} removed" for name in sorted(old - fresh)]
        old_jobs = {job.name for job in self._parts.crons.status()}
        jobs = {job.name for job in automation.jobs}
        changes += [f"cron {name} added" for name in sorted(jobs - old_jobs)]
        changes += [f"cron {name} removed" for name in sorted(old_jobs - jobs)]
        return changes

    @staticmethod
    def _user_settings(config: Config) -> tuple[object, ...]:
        limits = config.limits
        return config.token, limits.session_days, limits.remembered_session_days, limits.audit_days

    def _renew_users(self, new: Config) -> None:
        old = self._parts.users
        self._parts.users = open_user_store(new)
        # Whoever holds a connection open authenticates anew: the global token may be another one.
        self._parts.users.generation.increment()
        old.close()
