"""Libraries that a part of the configuration needs and that are not installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.config.default import uwsgi_available
from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["Extra", "gather", "judge"]


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of the package that ``part`` needs; ``essential`` when the hub does not work without."""

    name: str
    part: str
    essential: bool
    installed: bool
    pip: Path


def gather(patient: Patient) -> tuple[Extra, ...]:
    """What the configuration asks for, and whether it is there."""
    config, pip = patient.config, Path(sys.prefix, "bin", "pip")
    http = config.http
    found = []
    if http is not None and http.run_externally and http.uwsgi_args:
        found.append(Extra("uwsgi", "backend.http.uwsgi_args", True, uwsgi_available(), pip))
    if config.database.reveal().startswith("postgres"):
        found.append(Extra("postgres", "main.db", True, _is_there("psycopg"), pip))
    if "qrcode" not in config.disabled:
        found.append(Extra("qrcode", "qrcode", "qrcode" in config.plugins, _is_there("qrcode"), pip))
    return tuple(found)


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def judge(extras: tuple[Extra, ...]) -> Iterator[Finding]:
    """Those that are missing."""
    for extra in extras:
        if not extra.installed:
            make = error if extra.essential else warning
            text = f"{extra.part} needs the extra '{extra.name}', which is not installed."
            yield make("extra.missing", text, f"{extra.pip} install 'platypush[{extra.name}]'")
