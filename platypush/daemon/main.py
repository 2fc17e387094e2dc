"""``platypush run``: from the command line's options to a daemon that serves until it is told to stop."""

from __future__ import annotations

import faulthandler
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from platypush import __version__
from platypush._lib.files import private_dir
from platypush._lib.sdnotify import Notifier
from platypush.config.default import ensure
from platypush.config.loader import load
from platypush.config.model import Config
from platypush.daemon.daemon import Daemon
from platypush.daemon.lock import InstanceLock
from platypush.daemon.log import open_log
from platypush.daemon.watchdog import Watchdog
from platypush.errors import ConfigurationError, PlatypushError
from platypush.process import SignalQueue, raise_open_files
from platypush.user.registration import ensure_code

__all__ = ["run"]

_logger = logging.getLogger("platypush")
_SERVING = f"Serving, version {__version__}"
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(
    *, config_path: Path | None = None, workdir: Path | None = None, verbose: bool = False, pidfile: Path | None = None
) -> int:
    """Run the hub in this process, in the foreground, until SIGTERM or SIGINT; SIGHUP reloads. Main thread only.

    Returns the exit status. Raises ConfigurationError with every error found when the core cannot run.
    """
    if not __debug__:
        raise ConfigurationError(
            "The hub does not run under -O or PYTHONOPTIMIZE: an 'assert' in a hook is its authentication, and Python "
            "would leave it out."
        )
    path, written = ensure(config_path, os.environ)

    def read_config() -> Config:
        config = load(path, workdir=workdir, environ=os.environ)
        return replace(config, logging=replace(config.logging, level="DEBUG")) if verbose else config

    config = read_config()
    open_log(config)
    if written:
        _logger.info("There was no configuration, so a default one was written to %s", path)
    # What a hub that systemd's watchdog ends (SIGABRT) was doing: the stacks of all threads, in the journal.
    faulthandler.enable()
    raise_open_files()
    _make_folder(config.workdir, "Make it writable for this user, or choose another 'workdir' (or -w).")
    _make_folder(config.runtime_dir, "Make it writable for this user, or set RUNTIME_DIRECTORY to another one.")
    lock = InstanceLock(config.workdir, pidfile)
    lock.acquire()
    try:
        return _serve(config, read_config)
    finally:
        lock.release()


def _make_folder(path: Path, mend: str) -> None:
    try:
        private_dir(path)
    except OSError as error:
        raise ConfigurationError(f"The folder {path} cannot be made: {error.strerror}. {mend}") from error


def _serve(config: Config, read_config: Callable[[], Config]) -> int:
    # Open until the process ends: threads that wake the main loop may come late.
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signals = SignalQueue(lambda: _wake(wake_write), wake_write)
    signals.install(_SIGNALS)
    notifier = Notifier()
    stopping = threading.Event()

    def request_stop() -> None:
        stopping.set()
        _wake(wake_write)

    daemon = Daemon(config, read_config, request_stop)
    watchdog = Watchdog(notifier, daemon.probe, _SERVING)
    failed = False
    try:
        daemon.start()
        _forget_systemd()
        outcome = _watch_ready(daemon, wake_write)
        while not stopping.is_set():
            select.select([wake_read], [], [])
            os.read(wake_read, 1024)
            if outcome:
                ready = outcome.pop()
                _announce(daemon, ready)
                if ready:
                    notifier.ready(_SERVING)
                    watchdog.start()
                elif notifier.listening:
                    # Whoever waits for this start has to learn that it failed, and the next try is systemd's.
                    failed = True
                    break
            for received in signals.take():
                if received is signal.SIGHUP:
                    # Not here: a signal to stop must not wait for it.
                    threading.Thread(target=_reload, args=(daemon, notifier), name="reload", daemon=True).start()
                else:
                    _logger.info("Got %s: stopping", received.name)
                    stopping.set()
        notifier.stopping("Stopping")
    finally:
        watchdog.stop()
        daemon.stop()
        signals.restore()
    _logger.info("Stopped")
    return 1 if failed else 0


def _forget_systemd() -> None:
    """Take what systemd said to this process alone out of the environment of the programs that plugins start."""
    for name in [name for name in os.environ if name.startswith(("NOTIFY_", "WATCHDOG_", "LISTEN_"))]:
        del os.environ[name]


def _watch_ready(daemon: Daemon, wake_write: int) -> list[bool]:
    """The list that will hold whether the web server answers, with a wake-up then. Signals count meanwhile."""
    outcome: list[bool] = []

    def wait() -> None:
        outcome.append(daemon.wait_ready())
        _wake(wake_write)

    threading.Thread(target=wait, name="wait-ready", daemon=True).start()
    return outcome


def _wake(descriptor: int) -> None:
    try:
        os.write(descriptor, b"\0")
    except BlockingIOError:
        return  # the pipe is full of wake-ups already


def _reload(daemon: Daemon, notifier: Notifier) -> None:
    notifier.reloading("Reloading")
    try:
        daemon.reload()
    except PlatypushError as error:
        _logger.error("%s", error)
    except Exception:  # boundary: a signal must not end a hub that serves
        _logger.exception("The reload failed")
    finally:
        notifier.ready(_SERVING)


def _announce(daemon: Daemon, ready: bool) -> None:
    """Tell whoever started it where to go."""
    http = daemon.parts.http
    if http is None:
        _logger.info("Platypush runs. There is no web service: the configuration has no backend.http section")
        return
    if not ready:
        _logger.error("The web server does not answer yet; the lines above say why")
    urls = http.urls()
    lines = ["", "  Platypush is ready." if ready else "  Platypush runs, but its web server does not answer yet."]
    lines += [f"  Open {url}" for url in urls]
    if not daemon.parts.users.accounts.exists():
        lines.append("  No user is registered yet: register the first one there.")
        lines.append(f"  From another machine this one-time code is asked for: {ensure_code(daemon.config.workdir)}")
    # Not the log: the code is for whoever sees the terminal or the journal of this start, and for nobody else.
    sys.stderr.write("\n".join([*lines, "", ""]))
    sys.stderr.flush()
