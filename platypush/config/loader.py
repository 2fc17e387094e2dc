"""Reads the configuration: found, parsed, merged, validated, frozen. Every error at once.

Only the daemon and the commands import this; workers get ``platypush.config.web``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.config.companions import companions
from platypush.config.core import Core
from platypush.config.default import default_text
from platypush.config.include import read_document
from platypush.config.model import Config, SectionProblem
from platypush.config.paths import (
    CONFIG_VARIABLE,
    WORKDIR_VARIABLE,
    find_config,
    named_path,
    runtime_dir,
    user_config,
    user_workdir,
)
from platypush.config.problem import Problem, dotted
from platypush.config.schema import RootSection
from platypush.config.secrets import protect, reveal
from platypush.config.sections import ROOT_KEYS, SWITCHES, Sections, is_core, sort_sections, switched_off
from platypush.config.yaml_source import Document, parse
from platypush.errors import ConfigurationError

__all__ = ["load"]


def load(path: Path | None = None, *, workdir: Path | None = None, environ: Mapping[str, str]) -> Config:
    """The configuration of this installation.

    ``path`` and ``workdir`` are those of the command line; without them ``environ`` and the usual places count
    (``platypush.config.paths.find_config``). With no file anywhere the built-in default is taken, with ``path`` None;
    ``platypush.config.default.ensure`` writes it. Reads files, creates nothing.

    Raises ConfigurationError with one problem for every error of the core. What is wrong in a section that the hub
    can run without is in ``Config.problems``.
    """
    found = find_config(path, environ)
    if found is None:
        home = user_config(environ)
        return _build(parse(default_text(uwsgi=False), home, environ), None, home.parent, workdir, environ)
    if _is_hidden(found):
        raise ConfigurationError(
            f"This user may not read {found}: there are secrets in it. Run the same command as root (sudo), or as the "
            "user that the hub runs as."
        )
    if not os.path.isfile(found):
        raise ConfigurationError(
            f"There is no configuration file {found} that this user can read. Correct the -c option or "
            f"{CONFIG_VARIABLE}; without either, Platypush looks in the usual places or writes a default one."
        )
    return _build(read_document(found, environ), found, found.parent, workdir, environ)


def _is_hidden(path: Path) -> bool:
    """Whether the file is out of this user's reach: it, or a folder above it, is closed."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return path.is_file() and not os.access(path, os.R_OK)


def _build(
    document: Document, path: Path | None, folder: Path, workdir: Path | None, environ: Mapping[str, str]
) -> Config:
    raw = protect(document.data)
    sources = {key: document.source((key,)) for key in document.data}
    problems: list[SectionProblem] = []
    disabled = _take_out_disabled(document, problems)
    others = _take_out_others(document, problems)
    core = Core(document, environ, folder)
    data = {key: value for key, value in document.data.items() if key in ROOT_KEYS and value is not None}
    root = core.section(RootSection, "", RootSection(), data)
    work = _workdir(root, core, workdir, environ)
    runtime = runtime_dir(work, environ)
    http = core.http() if "backend.http" in document.data else None
    settings: dict[str, Any] = {
        "token": core.token(root),
        "logging": core.logging(),
        "limits": core.limits(),
        "bus": core.bus(runtime),
        "database": core.database(work),
        "scripts_dir": core.path(root.scripts_dir, ("scripts_dir",)),
        "dashboards_dir": core.path(root.dashboards_dir, ("dashboards_dir",)),
    }
    sections = sort_sections(document, others)
    problems.extend(sections.problems)
    if document.errors:
        also = [Problem("config.section", p.section, p.reason, p.source) for p in problems]
        raise ConfigurationError(problems=_in_order(document.files, [*document.errors, *also]))
    return Config(
        path=path,
        files=tuple(document.files) if path else (),
        device_id=root.device_id or socket.gethostname() or "platypush",
        workdir=work,
        runtime_dir=runtime,
        environment=root.environment,
        constants=reveal(root.constants),
        http=http,
        disabled=disabled,
        problems=(*problems, *_warnings(document)),
        sources=sources,
        raw=raw,
        **settings,
        **_frozen(sections, disabled),
    )


def _take_out_disabled(document: Document, problems: list[SectionProblem]) -> frozenset[str]:
    """Remove the sections that are switched off, and the two switches from those that are not; return their names."""
    disabled = set()
    for key, value in list(document.data.items()):
        if key in ROOT_KEYS or not isinstance(value, dict):
            continue
        off, wrong = switched_off(value)
        document.data[key] = {name: item for name, item in value.items() if name not in SWITCHES}
        if wrong and is_core(key):
            document.add_error("config.value", (key,), wrong)
        elif wrong:
            problems.append(SectionProblem(section=key, reason=wrong, source=document.source((key,))))
            del document.data[key]
        elif off:
            disabled.add(key)
            del document.data[key]
    return frozenset(disabled)


def _take_out_others(document: Document, problems: list[SectionProblem]) -> dict[str, Any]:
    """Remove the sections that are not core and return those that have all their secrets."""
    broken = set()
    for path, reason in document.secret_errors:
        key = str(path[0])
        if key not in document.data:
            continue
        if is_core(key):
            document.add_error("config.secret", path, reason)
            continue
        broken.add(key)
        text = f"{dotted(path[1:])}: {reason}" if path[1:] else reason
        problems.append(SectionProblem(section=key, reason=text, source=document.source(path)))
    others = {key: document.data.pop(key) for key in list(document.data) if not is_core(key)}
    return {key: value for key, value in others.items() if key not in broken}


def _workdir(root: RootSection, core: Core, argument: Path | None, environ: Mapping[str, str]) -> Path:
    if argument is None and environ.get(WORKDIR_VARIABLE):
        argument = Path(environ[WORKDIR_VARIABLE])
    if argument is not None:
        return named_path(argument, environ)
    return core.path(root.workdir, ("workdir",)) if root.workdir else user_workdir(environ)


def _in_order(files: list[Path], problems: list[Problem]) -> tuple[str, ...]:
    """One text for each problem, in the order of the files and their lines."""
    order = {str(file): index for index, file in enumerate(files)}

    def place(problem: Problem) -> tuple[int, int]:
        file, _, line = problem.source.rpartition(":")
        return order.get(file, -1), int(line) if line.isdigit() else 0

    return tuple(str(problem) for problem in sorted(problems, key=place))


def _warnings(document: Document) -> list[SectionProblem]:
    return [
        SectionProblem(section=dotted(path), reason=reason, source=document.source(path), warning=True)
        for path, reason in document.warnings
    ]


def _frozen(sections: Sections, disabled: frozenset[str]) -> dict[str, Any]:
    return {
        "hooks": tuple(sections.hooks),
        "procedures": tuple(sections.procedures),
        "crons": tuple(sections.crons),
        "backends": sections.backends,
        "plugins": {**companions(sections.backends, disabled), **sections.plugins},
    }
