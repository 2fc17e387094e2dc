"""Loads the user's scripts and collects what they mark: hooks, procedures and crons. In the daemon only.

The folder of scripts becomes the package ``scripts``, so that they import one another as ``from scripts.lights import
…``. Nothing is cached on disk and ``assert`` always counts: both a fresh look at each file's text and the
assertions are what hooks' authentication rests on.
"""

from __future__ import annotations

import importlib
import linecache
import logging
import os
import stat
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from platypush._lib.calling import CallPlan, where_defined
from platypush.cron import cron_marks
from platypush.cron.schedule import Schedule
from platypush.cron.scheduler import CronJob
from platypush.errors import PlatypushError
from platypush.event.hook import hook_marks
from platypush.event.registered import Hook, hook_of_function
from platypush.event.types import EventTypes
from platypush.procedure import procedure_mark
from platypush.procedure.registry import FunctionProcedure

__all__ = ["PACKAGE", "LoadedScripts", "ScriptProblem", "load_scripts"]

PACKAGE = "scripts"
"""The name of the package that the folder of scripts becomes."""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScriptProblem:
    """A script, or a function in it, that cannot be used, while all others run."""

    path: Path
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.reason}"


@dataclass(slots=True)
class LoadedScripts:
    """What the scripts of a folder define."""

    hooks: list[Hook] = field(default_factory=list)
    procedures: list[FunctionProcedure] = field(default_factory=list)
    crons: list[CronJob] = field(default_factory=list)
    problems: list[ScriptProblem] = field(default_factory=list)
    warnings: list[ScriptProblem] = field(default_factory=list)
    """What works but should be mended."""
    files: list[Path] = field(default_factory=list)
    """The scripts that were loaded."""


def load_scripts(folder: Path, types: EventTypes) -> LoadedScripts:
    """Load every ``*.py`` file and package in ``folder`` anew and collect what they mark.

    Names that begin with ``_`` or ``.`` are not loaded by themselves, but other scripts may import them. A script that
    fails becomes a problem with file and line. A missing folder is an empty one. For one thread at a time.
    """
    loaded = LoadedScripts()
    names = list(_scripts_in(folder))
    _forget()
    _install(folder)
    if names:
        loaded.warnings.extend(_writable_by_others(folder))
    seen: set[int] = set()
    modules: list[tuple[str, Path, ModuleType]] = []
    for name, path in names:
        loaded.warnings.extend(_writable_by_others(path))
        module = _load(name, path, folder, loaded.problems)
        if module is not None:
            loaded.files.append(path)
            modules.append((name, path, module))
    # What a script defines itself goes before what it imported, so that each function is named after its home.
    for own in (True, False):
        for name, path, module in modules:
            for function_name, value in list(vars(module).items()):
                if not callable(value) or isinstance(value, type) or id(value) in seen:
                    continue
                if (getattr(value, "__module__", None) == module.__name__) is own:
                    seen.add(id(value))
                    _collect(value, f"{name}.{function_name}", path, types, loaded)
    for warning in loaded.warnings:
        _logger.warning("Script %s", warning)
    return loaded


def _collect(function: Any, name: str, path: Path, types: EventTypes, loaded: LoadedScripts) -> None:
    try:
        for mark in hook_marks(function):
            named = mark.event_type
            event_type = types.resolve(named) if isinstance(named, str) else named
            loaded.hooks.append(hook_of_function(function, mark, event_type, name))
        mark_of_procedure = procedure_mark(function)
        if mark_of_procedure is not None:
            called = name
            if mark_of_procedure.name:
                called = f"{name.rpartition('.')[0]}.{mark_of_procedure.name}"
            loaded.procedures.append(FunctionProcedure(called, function))
        for number, expression in enumerate(cron_marks(function), 1):
            plan = CallPlan(function)
            loaded.crons.append(
                CronJob(
                    name=name if number == 1 else f"{name}#{number}",
                    schedule=Schedule(expression),
                    run=lambda plan=plan: plan({}),  # type: ignore[misc]
                    source=where_defined(function),
                )
            )
    except (PlatypushError, TypeError, ValueError) as error:
        code = getattr(function, "__code__", None)
        loaded.problems.append(ScriptProblem(path, code.co_firstlineno if code else None, f"{name}: {error}"))


def _scripts_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """The dotted name below ``scripts`` and the file of each script, packages with all their modules."""
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith(("_", ".")):
            continue
        if entry.suffix == ".py" and entry.is_file():
            yield entry.stem, entry
        elif (entry / "__init__.py").is_file():
            yield entry.name, entry / "__init__.py"
            for name, path in _scripts_in(entry):
                yield f"{entry.name}.{name}", path


def _load(name: str, path: Path, folder: Path, problems: list[ScriptProblem]) -> ModuleType | None:
    if not all(part.isidentifier() for part in name.split(".")):
        reason = "the name of a script is made of letters, digits and underscores: rename the file"
        problems.append(ScriptProblem(path, None, reason))
        return None
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except SyntaxError as error:
        problems.append(ScriptProblem(Path(error.filename or path), error.lineno, f"SyntaxError: {error.msg}"))
    except (Exception, SystemExit) as error:  # boundary: people's own code; its failure is its own
        line = _line_of(error, folder, path)
        problems.append(ScriptProblem(*line, f"{type(error).__name__}: {error}"))
        _logger.debug("The script %s failed to load", path, exc_info=error)
    return None


def _line_of(error: BaseException, folder: Path, default: Path) -> tuple[Path, int | None]:
    """The innermost place of the traceback that lies in the folder of scripts."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if folder in path.parents:
            return path, frame.lineno
    return default, None


def _writable_by_others(path: Path) -> list[ScriptProblem]:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return []
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return [ScriptProblem(path, None, f"everybody on this machine may change it: chmod o-w {path}")]
    return []


class _FreshLoader(SourceFileLoader):
    """Compiles the file's present text: a cached version of the same second and size would hide a change."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        # optimize=0 keeps assertions whatever the interpreter was told: they are how hooks refuse strangers.
        return compile(self.get_data(path), path, "exec", dont_inherit=True, optimize=0)


class _Finder(MetaPathFinder):
    """Finds the modules of the package of scripts, and nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - protocol
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(PACKAGE + "."):
            return None
        for entry in path:
            spec = FileFinder(entry, (_FreshLoader, [".py"])).find_spec(fullname)
            if spec is not None:
                return spec
        return None


def _install(folder: Path) -> None:
    package = ModuleType(PACKAGE, "The user's scripts.")
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    sys.meta_path.insert(0, _Finder())
    linecache.checkcache()


def _forget() -> None:
    modules: Mapping[str, ModuleType] = dict(sys.modules)
    for name in modules:
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            del sys.modules[name]
