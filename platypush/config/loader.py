"""Reads the configuration: found, parsed, merged, validated, frozen. Every error at once.

Only the daemon and the commands import this; workers get ``platypush.config.web``.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.config.core import Core
from platypush.config.default import default_text
from platypush.config.include import read_document
from platypush.config.model import Config, SectionProblem
from platypush.config.paths import (
    CONFIG_VARIABLE,
    WORKDIR_VARIABLE,
    find_config,
    resolve_path,
    runtime_dir,
    user_config,
    user_workdir,
)
from platypush.config.problem import Problem, dotted
from platypush.config.schema import RootSection
from platypush.config.secrets import protect, reveal
from platypush.config.sections import ROOT_KEYS, Sections, is_core, sort_sections, switched_off
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
    if not found.is_file():
        named = "-c" if path is not None else CONFIG_VARIABLE
        raise ConfigurationError(f"There is no configuration file {found}, which {named} names. Correct or remove it.")
    return _build(read_document(found, environ), found, found.parent, workdir, environ)


def _build(
    document: Document, path: Path | None, folder: Path, workdir: Path | None, environ: Mapping[str, str]
) -> Config:
    disabled, others, problems = _split(document)
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
        disabled=frozenset(disabled),
        problems=(*problems, *_warnings(document)),
        sources={key: document.source((key,)) for key in document.data},
        raw=protect(document.data),
        **settings,
        **_frozen(sections),
    )


def _split(document: Document) -> tuple[set[str], dict[str, Any], list[SectionProblem]]:
    """Take out what is switched off or lacks a secret; return the names of the former and the sections that stay."""
    disabled: set[str] = set()
    others: dict[str, Any] = {}
    problems: list[SectionProblem] = []
    broken = _broken_by_secrets(document, problems)
    for key, value in list(document.data.items()):
        off, reason = (False, None) if key in {"constants", "environment"} else switched_off(value)
        if reason and is_core(key):
            document.add_error("config.value", (key,), reason)
        elif reason:
            problems.append(SectionProblem(section=key, reason=reason, source=document.source((key,))))
        elif off:
            disabled.add(key)
        if off:
            del document.data[key]
        elif is_core(key):
            if isinstance(value, dict) and key not in ROOT_KEYS:
                document.data[key] = {name: item for name, item in value.items() if name not in {"enabled", "disabled"}}
        elif key not in broken:
            others[key] = value
    return disabled, others, problems


def _broken_by_secrets(document: Document, problems: list[SectionProblem]) -> set[str]:
    broken = set()
    for path, reason in document.secret_errors:
        key = str(path[0])
        if is_core(key):
            document.add_error("config.secret", path, reason)
        else:
            broken.add(key)
            text = f"{dotted(path[1:])}: {reason}" if path[1:] else reason
            problems.append(SectionProblem(section=key, reason=text, source=document.source(path)))
    return broken


def _workdir(root: RootSection, core: Core, argument: Path | None, environ: Mapping[str, str]) -> Path:
    named = str(argument) if argument is not None else environ.get(WORKDIR_VARIABLE)
    if named:
        try:
            return resolve_path(named, Path.cwd(), environ)
        except ValueError as error:
            raise ConfigurationError(f"The working directory cannot be used: {error}") from error
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


def _frozen(sections: Sections) -> dict[str, Any]:
    return {
        "hooks": tuple(sections.hooks),
        "procedures": tuple(sections.procedures),
        "crons": tuple(sections.crons),
        "backends": sections.backends,
        "plugins": sections.plugins,
    }
