"""The procedures of a running hub, by name."""

from __future__ import annotations

import inspect
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from platypush._lib.calling import CallPlan, where_defined
from platypush._lib.suggest import did_you_mean
from platypush._lib.threads import WorkerPool
from platypush.config.model import ProcedureSettings
from platypush.errors import ArgumentError, ConfigurationError, PlatypushError, Unavailable, UnknownAction
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.procedure.interpreter import Interpreter, Program, inherited_values

__all__ = [
    "PREFIX",
    "ConfiguredProcedure",
    "FunctionProcedure",
    "Procedure",
    "ProcedureRegistry",
    "configured_procedures",
]

PREFIX = "procedure."
_logger = logging.getLogger(__name__)

OnProcedure = Callable[[str, float, bool], None]
"""Called after each run with the procedure's name, the seconds it took and whether it went well."""


class Procedure(Protocol):
    """Something that is called as ``procedure.<name>``."""

    @property
    def name(self) -> str:
        """Its name, without ``procedure.``."""

    @property
    def source(self) -> str:
        """``file:line``."""

    @property
    def is_async(self) -> bool:
        """Whether it runs in the background while the caller goes on."""

    def describe(self) -> dict[str, Any]:
        """Its documentation and arguments, as JSON."""

    def bind(self, args: Mapping[str, Any] | list[Any]) -> dict[str, Any]:
        """The arguments by name. Raises ArgumentError."""

    def run(self, values: Mapping[str, Any], inherited: Mapping[str, Any]) -> Response:
        """Run it in the calling thread. May raise anything."""


class ConfiguredProcedure:
    """A procedure of the configuration."""

    def __init__(self, settings: ProcedureSettings, interpreter: Interpreter) -> None:
        """Raises ConfigurationError when the steps cannot be used."""
        self.name = settings.name
        self.source = settings.source
        self.is_async = settings.is_async
        self._args = settings.args
        self._program: Program = interpreter.compile(PREFIX + settings.name, settings.steps, settings.source)

    def describe(self) -> dict[str, Any]:
        """Its arguments; the configuration has no place for documentation."""
        args = {name: {"required": True} for name in self._args}
        return {"name": self.name, "type": "config", "source": self.source, "doc": "", "args": args}

    def bind(self, args: Mapping[str, Any] | list[Any]) -> dict[str, Any]:
        """Those named in ``procedure.name(a, b)``, by position or name; any names when it declares none."""
        inherited = inherited_values()
        if isinstance(args, list):
            if len(args) > len(self._args):
                raise ArgumentError(
                    f"{PREFIX}{self.name} takes {len(self._args)} arguments, and {len(args)} were given."
                )
            args = dict(zip(self._args, args, strict=False))
        missing = [name for name in self._args if name not in args and name not in inherited]
        unknown = [name for name in args if self._args and name not in self._args]
        if unknown:
            raise ArgumentError(
                f"{PREFIX}{self.name} has no argument {unknown[0]!r}.{did_you_mean(unknown[0], self._args)}",
                details=dict.fromkeys(unknown, "unknown"),
            )
        if missing:
            raise ArgumentError(
                f"{PREFIX}{self.name} needs the argument {missing[0]!r}.", details=dict.fromkeys(missing, "missing")
            )
        return dict(args)

    def run(self, values: Mapping[str, Any], inherited: Mapping[str, Any]) -> Response:
        """Run the steps; the caller's variables are seen where it has none of its own."""
        outcome = self._program.run(values, inherited)
        return Response(output=outcome.output, errors=outcome.errors)


class FunctionProcedure:
    """A function of a user script that is marked with ``@procedure``."""

    is_async = False

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.source = where_defined(function)
        self._function = function
        self._signature = inspect.signature(function)
        self._plan = CallPlan(function)

    def describe(self) -> dict[str, Any]:
        """Its docstring and the arguments of its signature."""
        args = {
            parameter.name: {"required": parameter.default is parameter.empty}
            for parameter in self._signature.parameters.values()
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        }
        doc = inspect.getdoc(self._function) or ""
        return {"name": self.name, "type": "python", "source": self.source, "doc": doc, "args": args}

    def bind(self, args: Mapping[str, Any] | list[Any]) -> dict[str, Any]:
        """The arguments as the signature wants them."""
        parameters = self._signature.parameters
        try:
            bound = self._signature.bind(*args) if isinstance(args, list) else self._signature.bind(**args)
        except TypeError as error:
            unknown = [name for name in args if isinstance(args, Mapping) and name not in parameters]
            close = did_you_mean(unknown[0], parameters) if unknown else ""
            raise ArgumentError(f"{PREFIX}{self.name}: {error}.{close}") from error
        return {"args": bound.args, "kwargs": bound.kwargs}

    def run(self, values: Mapping[str, Any], inherited: Mapping[str, Any]) -> Response:  # noqa: ARG002 - as the others
        """Call the function. A ``Response`` that it returns stands for itself."""
        result = self._plan.call(*values["args"], **values["kwargs"])
        return (
            Response(output=result.output, errors=list(result.errors))
            if isinstance(result, Response)
            else Response(output=result)
        )


class ProcedureRegistry:
    """Finds and runs procedures. Safe for many threads.

    A procedure of a script is known as ``<script>.<function>`` and by the function's name alone where no other
    procedure has it; one of the configuration by its name.
    """

    def __init__(
        self, *, workers: int = 8, on_procedure: OnProcedure | None = None, device_id: str | None = None
    ) -> None:
        self._procedures: dict[str, Procedure] = {}
        self._short: dict[str, Procedure] = {}
        self._pool = WorkerPool("procedure", workers)
        self._on_procedure = on_procedure
        self._device_id = device_id

    def set_procedures(self, procedures: Iterable[Procedure]) -> None:
        """Replace all procedures, at start and for a reload. Those that run go on to their end."""
        known = {procedure.name: procedure for procedure in procedures}
        endings = Counter(name.rpartition(".")[2] for name in known)
        self._short = {
            name.rpartition(".")[2]: procedure
            for name, procedure in known.items()
            if endings[name.rpartition(".")[2]] == 1
        }
        self._procedures = known

    def names(self) -> list[str]:
        """The full names of all procedures, without ``procedure.``."""
        return sorted(self._procedures)

    def describe(self) -> dict[str, Any]:
        """Every procedure by name: documentation, arguments and source, as JSON."""
        return {name: self._procedures[name].describe() for name in self.names()}

    def run_request(self, request: Request) -> Response:
        """``run`` for a request whose action is ``procedure.<name>``."""
        response = self.run(request.action, request.args)
        response.id, response.target, response.origin = request.id, request.origin, self._device_id
        return response

    def run(self, name: str, args: Mapping[str, Any] | list[Any] | None = None) -> Response:
        """Run a procedure, with or without ``procedure.`` before its name, in the calling thread.

        Never raises for what goes wrong: ``errors`` says it and the log has the traceback. A procedure of
        the kind ``async`` is started in the background: its response is empty and comes at once.
        """
        started = time.perf_counter()
        procedure: Procedure | None = None
        try:
            procedure = self._find(name.removeprefix(PREFIX))
            values = procedure.bind(args if args is not None else {})
            inherited = inherited_values()
            if procedure.is_async:
                self._start(procedure, values, inherited)
                response = Response()
            else:
                response = procedure.run(values, inherited)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a procedure's failure is the caller's answer
            response = Response(errors=[_text(error)])
            _log_failure(name, procedure, error)
        if self._on_procedure is not None and procedure is not None:
            self._on_procedure(procedure.name, time.perf_counter() - started, not response.errors)
        return response

    def stop(self, grace: float) -> bool:
        """Wait up to ``grace`` seconds for procedures in the background. Whether all ended."""
        return self._pool.stop(grace)

    def _find(self, name: str) -> Procedure:
        procedure = self._procedures.get(name) or self._short.get(name)
        if procedure is None:
            known = [*self._procedures, *self._short]
            raise UnknownAction(f"There is no procedure {name!r}.{did_you_mean(name, known)}")
        return procedure

    def _start(self, procedure: Procedure, values: Mapping[str, Any], inherited: Mapping[str, Any]) -> None:
        def run() -> None:
            try:
                procedure.run(values, inherited)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - nobody waits for it: the log has it
                _log_failure(procedure.name, procedure, error)

        if not self._pool.submit(run):
            raise Unavailable("The hub stops: nothing new is started.")


def configured_procedures(
    settings: Iterable[ProcedureSettings], interpreter: Interpreter
) -> tuple[list[Procedure], list[tuple[ProcedureSettings, ConfigurationError]]]:
    """The procedures of the configuration, and those that cannot be used with the reason."""
    procedures: list[Procedure] = []
    problems: list[tuple[ProcedureSettings, ConfigurationError]] = []
    for item in settings:
        try:
            procedures.append(ConfiguredProcedure(item, interpreter))
        except ConfigurationError as error:
            problems.append((item, error))
    return procedures, problems


def _log_failure(name: str, procedure: Procedure | None, error: BaseException) -> None:
    if isinstance(error, PlatypushError):
        _logger.warning("%s failed: %s", name, error)
    else:
        source = procedure.source if procedure is not None else "?"
        _logger.error("Procedure %s (%s) failed", name, source, exc_info=error)


def _text(error: BaseException) -> str:
    """What the caller is told: the error's own text, with its class where the text alone says too little."""
    text = str(error)
    if isinstance(error, PlatypushError) or (text and not isinstance(error, (LookupError, SystemExit))):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
