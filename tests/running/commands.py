"""Commands run in this process, with what they print kept apart."""

from __future__ import annotations

import inspect
from typing import Any

from click.testing import CliRunner

__all__ = ["command_runner"]


def command_runner() -> CliRunner:
    """A runner whose results have ``stdout`` and ``stderr`` apart, as from click 8.2 on."""
    apart: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    return CliRunner(**apart)
