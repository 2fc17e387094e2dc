"""The daemon's log, as the configuration wants it."""

from __future__ import annotations

from platypush._lib import logs
from platypush.config.model import Config
from platypush.errors import ConfigurationError

__all__ = ["check_log", "open_log"]


def open_log(config: Config) -> None:
    """Log from now on where and how ``config`` says. Raises ConfigurationError when the file cannot be opened."""
    try:
        logs.configure(config.logging.level, config.logging.filename, config.logging.format)
    except OSError as error:
        raise _refusal(config, error) from error


def check_log(config: Config) -> None:
    """Raise ConfigurationError when ``open_log`` would; the log that is open goes on."""
    filename = config.logging.filename
    if filename is None:
        return
    try:
        filename.parent.mkdir(parents=True, exist_ok=True)
        with open(filename, "ab"):
            pass
    except OSError as error:
        raise _refusal(config, error) from error


def _refusal(config: Config, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The log file {config.logging.filename} cannot be opened: {error.strerror}. Correct 'logging.filename', "
        "or leave it out to log to standard error."
    )
