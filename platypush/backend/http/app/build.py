"""Putting a worker together from its environment: settings, log, users, bus, application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from platypush._lib import logs
from platypush._lib.log_stream import log_stream
from platypush.backend.http.app.access_log import configure as configure_access_log
from platypush.backend.http.app.factory import create_app
from platypush.backend.http.app.proxies import WorkerRuntime
from platypush.backend.http.app.settings import load_settings
from platypush.backend.http.app.state import web_of
from platypush.bus.redis import open_redis_client
from platypush.bus.unix import UnixBusClient
from platypush.context import clear_runtime, set_runtime
from platypush.dashboards.rights import expander
from platypush.errors import ConfigurationError
from platypush.user.keys import bus_key
from platypush.user.service import Users, open_users
from platypush.user.settings import UserSettings

if TYPE_CHECKING:
    from flask import Flask

    from platypush.bus import BusClient
    from platypush.config.web import WebSettings

__all__ = ["build_from_environment", "discard", "open_bus", "open_user_store"]


def build_from_environment(environ: Mapping[str, str]) -> Flask:
    """The application of this worker process, with its log and its ``get_plugin`` installed.

    Nothing is connected yet: the bus and the database are reached by the first request, after any fork. Raises
    ConfigurationError, OSError.
    """
    settings = load_settings(environ)
    stream = log_stream(environ)
    logs.configure(settings.log_level, style=settings.log_format, stream=stream)
    configure_access_log(all_requests=settings.log_access, stream=stream)
    app = create_app(settings, open_bus(settings), open_user_store(settings))
    clear_runtime()
    set_runtime(WorkerRuntime(web_of(app).gateway))
    return app


def discard(app: Flask) -> None:
    """Let go of what ``app`` holds, in a process forked from the one that made it."""
    web = web_of(app)
    web.gateway.close()
    web.users.close()
    web.metrics.close()


def open_bus(settings: WebSettings) -> BusClient:
    """The client of the configured bus, not connected yet. Raises ConfigurationError, also for an unknown one."""
    wait, max_frame = settings.limits.bus_wait, settings.limits.bus_frame
    if settings.bus_type == "unix":
        return UnixBusClient(settings.bus_path, wait=wait, max_frame=max_frame)
    if settings.bus_type == "redis" and settings.bus_url is not None:
        key = bus_key(settings.workdir, settings.bus_secret)
        return open_redis_client(settings.bus_url, key, wait=wait, max_frame=max_frame)
    raise ConfigurationError(f"bus.type is {settings.bus_type!r}, which this version does not have: unix or redis.")


def open_user_store(settings: WebSettings) -> Users:
    """The users of the installation. The daemon migrates the database, workers only use it."""
    limits = settings.limits
    return open_users(
        UserSettings(
            url=settings.database,
            workdir=settings.workdir,
            global_token=settings.global_token,
            session_days=limits.session_days,
            remembered_session_days=limits.remembered_session_days,
            audit_days=limits.audit_days,
            expand=expander(settings.dashboards_dir, settings.resource_dirs),
        ),
        migrate=False,
    )
