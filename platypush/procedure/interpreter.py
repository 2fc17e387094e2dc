"""Runs the steps of the configuration."""

from __future__ import annotations

import logging
import threading
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from platypush._lib.calls import current_call
from platypush._lib.threads import map_in_threads
from platypush.config.model import Secret
from platypush.errors import ConfigurationError, StepsFailed, TimeLimit
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.procedure.expression import ExpressionFailed, expand_value
from platypush.procedure.sandbox import Sandbox
from platypush.procedure.steps import Action, Block, Break, Continue, If, Loop, Return, Set, Step, While, parse_steps

__all__ = ["MAX_DEPTH", "Interpreter", "Outcome", "Program", "RunRequest", "inherited_values"]

RunRequest = Callable[[Request], Response]
"""Runs an action or procedure in the calling thread. Failures are in ``errors``; never raises."""

MAX_DEPTH = 32
"""How deep procedures may call one another."""
_FORK_WORKERS = 8
_logger = logging.getLogger(__name__)


class _Signal(Enum):
    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"


@dataclass(slots=True)
class Outcome:
    """How a run ended: the value of ``return``, or what the last action gave."""

    output: Any = None
    errors: list[str] = field(default_factory=list)
    returned: bool = False
    """Whether a ``return`` with a value ended it."""


@dataclass(slots=True)
class _Frame:
    """The variables of one run. A name that somebody chose is never replaced by a key of an action's output."""

    inherited: Mapping[str, Any]
    constants: Mapping[str, Any]
    given: Mapping[str, Any]
    depth: int
    set: dict[str, Any] = field(default_factory=dict)
    spread: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    forked: bool = False

    def values(self) -> dict[str, Any]:
        """All variables by name."""
        last = {"output": self.outcome.output, "errors": self.outcome.errors}
        return dict(ChainMap(last, self.set, dict(self.given), dict(self.constants), self.spread, dict(self.inherited)))

    def branch(self) -> _Frame:
        """A frame for one turn of a ``fork``: it sees what is there and keeps what it sets to itself."""
        return replace(self, set=dict(self.set), spread=dict(self.spread), outcome=Outcome(), forked=True)


_current: ContextVar[_Frame | None] = ContextVar("platypush_procedure", default=None)


def inherited_values() -> dict[str, Any]:
    """The variables of the run that the calling code is part of; empty outside of one."""
    frame = _current.get()
    return frame.values() if frame is not None else {}


class Interpreter:
    """Compiles steps and runs them, calling actions by ``run_request``. Safe for many threads."""

    def __init__(self, run_request: RunRequest, constants: Mapping[str, Any] | None = None) -> None:
        self._run_request = run_request
        self._constants = {
            name: value.reveal() if isinstance(value, Secret) else value for name, value in (constants or {}).items()
        }
        self._sandbox = Sandbox()
        self._stopping = threading.Event()

    def compile(self, name: str, steps: Sequence[Any], source: str = "") -> Program:
        """Check and prepare ``steps``. ``name`` and ``source`` (``file:line``) are for messages.

        Raises ConfigurationError that names the section, its place and the step.
        """
        try:
            return Program(name, source, parse_steps(list(steps), self._sandbox), self)
        except ConfigurationError as error:
            raise ConfigurationError(f"{_place(name, source)}, {error.message}") from error

    def stop(self) -> None:
        """End all runs before their next step, for the hub's stop."""
        self._stopping.set()

    def run(self, program: Program, given: Mapping[str, Any], inherited: Mapping[str, Any]) -> Outcome:
        """Run ``program`` with the variables ``given``. Raises what ``Program.run`` says."""
        outer = _current.get()
        depth = outer.depth + 1 if outer is not None else 1
        if depth > MAX_DEPTH:
            raise StepsFailed(f"{program.place} is called more than {MAX_DEPTH} procedures deep: does it call itself?")
        frame = _Frame(inherited, self._constants, given, depth)
        token = _current.set(frame)
        try:
            self._block(program, program.steps, frame)
        finally:
            _current.reset(token)
        return frame.outcome

    def _block(self, program: Program, steps: Block, frame: _Frame) -> _Signal | None:
        for step in steps:
            self._check_time(program, step)
            try:
                signal = self._step(program, step, frame)
            except ExpressionFailed as error:
                raise StepsFailed(f"{program.place}, {step.where}: {error.message}") from error
            if signal is not None:
                return signal
        return None

    def _step(self, program: Program, step: Step, frame: _Frame) -> _Signal | None:
        match step:
            case Action():
                self._action(program, step, frame)
            case Set():
                for name, value in step.values.items():
                    frame.set[name] = expand_value(value, frame.values())
            case Return():
                if step.has_value:
                    frame.outcome = Outcome(expand_value(step.value, frame.values()), [], True)
                return _Signal.RETURN
            case Break():
                return _Signal.BREAK
            case Continue():
                return _Signal.CONTINUE
            case If():
                for branch in step.branches:
                    if branch.condition is None or branch.condition.evaluate(frame.values()):
                        return self._block(program, branch.body, frame)
            case While():
                return self._while(program, step, frame)
            case Loop():
                items = self._items(program, step, frame)
                if not step.parallel or frame.forked:
                    return self._for(program, step, items, frame)
                self._fork(program, step, items, frame)
        return None

    def _action(self, program: Program, step: Action, frame: _Frame) -> None:
        args = expand_value(step.args, frame.values())
        response = self._run_request(Request(action=step.action, args=args))
        frame.outcome = Outcome(response.output, list(response.errors))
        if response.errors:
            _logger.warning("%s, %s: %s failed: %s", program.place, step.where, step.action, "; ".join(response.errors))
        elif isinstance(response.output, Mapping):
            frame.spread.update((key, value) for key, value in response.output.items() if isinstance(key, str))

    def _while(self, program: Program, step: While, frame: _Frame) -> _Signal | None:
        while step.condition.evaluate(frame.values()):
            self._check_time(program, step)
            signal = self._block(program, step.body, frame)
            if signal is _Signal.BREAK:
                break
            if signal is _Signal.RETURN:
                return signal
        return None

    def _for(self, program: Program, step: Loop, items: Iterable[Any], frame: _Frame) -> _Signal | None:
        for item in items:
            self._check_time(program, step)
            frame.set[step.variable] = item
            signal = self._block(program, step.body, frame)
            if signal is _Signal.BREAK:
                break
            if signal is _Signal.RETURN:
                return signal
        return None

    def _fork(self, program: Program, step: Loop, items: Sequence[Any], frame: _Frame) -> None:
        """Run all turns side by side and wait for them; each has variables of its own."""

        def turn(item: Any) -> Outcome:
            branch = frame.branch()
            branch.set[step.variable] = item
            token = _current.set(branch)
            try:
                self._block(program, step.body, branch)
            finally:
                _current.reset(token)
            return branch.outcome

        outcomes = map_in_threads(turn, items, workers=_FORK_WORKERS, name="fork")
        frame.outcome = Outcome(
            [outcome.output for outcome in outcomes], [error for outcome in outcomes for error in outcome.errors]
        )

    @staticmethod
    def _items(program: Program, step: Loop, frame: _Frame) -> Sequence[Any]:
        items = step.items.evaluate(frame.values())
        if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
            kind = type(items).__name__
            raise StepsFailed(f"{program.place}, {step.where}: ${{{step.items.text}}} is a {kind}, not a list.")
        return list(items)

    def _check_time(self, program: Program, step: Step) -> None:
        if self._stopping.is_set():
            raise StepsFailed(f"{program.place}, {step.where}: the hub stops.")
        call = current_call()
        if call is not None and call.time_left() <= 0:
            raise TimeLimit(f"{program.place}, {step.where}: the time limit is over; the steps before have run.")


class Program:
    """Steps that are ready to run, any number of times and in many threads at once."""

    __slots__ = ("_interpreter", "name", "source", "steps")

    def __init__(self, name: str, source: str, steps: Block, interpreter: Interpreter) -> None:
        self.name = name
        self.source = source
        self.steps = steps
        self._interpreter = interpreter

    @property
    def place(self) -> str:
        """Name and ``file:line``, for messages."""
        return _place(self.name, self.source)

    def run(self, given: Mapping[str, Any], inherited: Mapping[str, Any] | None = None) -> Outcome:
        """Run the steps in the calling thread with the variables ``given``; of ``inherited`` those it lacks.

        An action that fails does not end the run: ``${errors}`` has its errors in the next step, and the outcome has
        those of the last one. Raises StepsFailed when an expression fails or procedures nest too deep, TimeLimit when
        the time of the present call is over; both name the step. Other PlatypushErrors pass through.
        """
        return self._interpreter.run(self, given, inherited or {})

    def run_or_raise(self, given: Mapping[str, Any]) -> Any:
        """``run``, and the value of ``return``, None without one. Raises StepsFailed when the last action failed."""
        outcome = self.run(given)
        if outcome.errors and not outcome.returned:
            raise StepsFailed(f"{self.place}: {'; '.join(outcome.errors)}")
        return outcome.output if outcome.returned else None


def _place(name: str, source: str) -> str:
    return f"{name} ({source})" if source else name
