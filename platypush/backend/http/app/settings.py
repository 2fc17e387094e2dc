"""Where a worker's settings come from: the daemon's file, or a throw-away process that reads the configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from platypush.config.web import SETTINGS_VARIABLE, WebSettings
from platypush.errors import ConfigurationError

__all__ = ["find_interpreter", "load_settings"]

_EXPORT_SECONDS = 60
_PACKAGE_ROOT = Path(__file__).resolve().parents[4]


def load_settings(environ: Mapping[str, str]) -> WebSettings:
    """The settings for this worker.

    Read from the file that the daemon names in ``PLATYPUSH_WEB_SETTINGS``. Without that variable (a uWSGI that the
    operator runs) another process validates the configuration, so that its libraries do not stay in this
    one's memory. Raises ConfigurationError with all problems found.
    """
    path = environ.get(SETTINGS_VARIABLE)
    data = _read(Path(path)) if path else _export(environ)
    try:
        return WebSettings.from_json(data)
    except (ValueError, KeyError, TypeError) as error:
        source = path or "platypush.config.export"
        raise ConfigurationError(
            f"{source} gave no settings that this version understands ({error!r}). Restart the daemon, so that it "
            "writes them anew."
        ) from error


def find_interpreter(executable: str | None, prefix: str, version: tuple[int, int]) -> str:
    """The Python interpreter of this process; under uWSGI ``sys.executable`` is uWSGI itself.

    Raises ConfigurationError when there is none.
    """
    for candidate in _interpreters(executable, prefix, version):
        if os.access(candidate, os.X_OK):
            return candidate
    raise ConfigurationError(
        f"No Python interpreter under {prefix}/bin to read the configuration with. "
        "Start uWSGI with the 'home' option set to the virtual environment of Platypush."
    )


def _interpreters(executable: str | None, prefix: str, version: tuple[int, int]) -> Iterator[str]:
    if executable and Path(executable).name.startswith("python"):
        yield executable
    folder = Path(prefix) / "bin"
    for name in (f"python{version[0]}.{version[1]}", "python3", "python"):
        yield str(folder / name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The settings of the web workers cannot be read: {error}. The daemon writes that file when it starts."
        ) from error


def _export(environ: Mapping[str, str]) -> bytes:
    interpreter = find_interpreter(sys.executable, sys.prefix, sys.version_info[:2])
    paths = [str(_PACKAGE_ROOT), *filter(None, [environ.get("PYTHONPATH")])]
    try:
        result = subprocess.run(
            [interpreter, "-m", "platypush.config.export"],
            env={**environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_EXPORT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"The configuration cannot be read by {interpreter}: {error}") from error
    if result.returncode:
        reason = result.stderr.decode(errors="replace").strip()
        raise ConfigurationError(reason or f"{interpreter} -m platypush.config.export failed ({result.returncode}).")
    return result.stdout
