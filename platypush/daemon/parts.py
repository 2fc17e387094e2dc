"""The parts of a daemon, made from a configuration and not started yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platypush.backend.registry import BackendRegistry
from platypush.backend.services import BackendServices
from platypush.bus import BusServer
from platypush.bus.redis import open_redis_server
from platypush.bus.several import SeveralBuses
from platypush.bus.unix import UnixBusServer
from platypush.config.model import Config
from platypush.cron.scheduler import CronScheduler
from platypush.daemon.hub import Hub
from platypush.daemon.metrics import DaemonMetrics
from platypush.dashboards.rights import expander
from platypush.dispatch import ControlOperation, Dispatcher
from platypush.errors import NotFound, UnknownAction
from platypush.event.durable import DurableWebhooks
from platypush.event.processor import EventProcessor
from platypush.event.types import EventTypes
from platypush.plugins.registry import PluginRegistry
from platypush.plugins.services import PluginServices
from platypush.procedure.interpreter import Interpreter
from platypush.procedure.registry import ProcedureRegistry
from platypush.streams import socket_beside
from platypush.streams.server import StreamServer
from platypush.user.keys import bus_key
from platypush.user.policy import authorise
from platypush.user.service import Users, UserSettings, open_users

if TYPE_CHECKING:
    from platypush.backend.http import HttpBackend
    from platypush.backend.http.websocket import WebsocketServer
    from platypush.daemon.automation import Automation

__all__ = ["Parts", "make_parts", "open_bus_server", "open_user_store"]


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything that the daemon starts, stops and reloads."""

    users: Users
    hub: Hub
    interpreter: Interpreter
    crons: CronScheduler
    services: PluginServices
    backend_services: BackendServices
    dispatcher: Dispatcher
    bus: BusServer
    streams: StreamServer
    metrics: DaemonMetrics
    http: HttpBackend | None = None
    websocket: WebsocketServer | None = None
    problems: tuple[str, ...] = ()
    """What of the configuration's automation and of the scripts cannot be used, one text each."""

    def renew(self, config: Config) -> None:
        """Have plugins and backends see a changed configuration and the user store at their next call."""
        self.services.config = self.backend_services.config = config
        self.services.users = self.backend_services.users = self.users

    def put_in_force(self, automation: Automation) -> None:
        """Replace hooks, procedures and crons. What runs goes on to its end."""
        self.hub.procedures.set_procedures(automation.procedures)
        self.hub.events.set_hooks(automation.hooks)
        self.crons.set_jobs(automation.jobs)
        self.problems = automation.problems


def make_parts(config: Config, users: Users, control: Mapping[str, ControlOperation]) -> Parts:
    """Make the parts; nothing listens, runs or loads yet. ``control`` is what the operator's tools may ask for.

    Raises ConfigurationError.
    """
    metrics = DaemonMetrics()
    plugins = PluginRegistry(
        config.plugins,
        config.disabled,
        sources=config.sources,
        device_id=config.device_id,
        on_action=metrics.action_ended,
    )
    procedures = ProcedureRegistry(device_id=config.device_id, on_procedure=metrics.procedure_ended)
    events = EventProcessor(
        kept=config.limits.events_kept, metrics=metrics, store=DurableWebhooks(config.workdir / "webhooks")
    )
    backends = BackendRegistry(config.backends, config.disabled, sources=config.sources)
    hub = Hub(plugins=plugins, procedures=procedures, events=events, event_types=EventTypes(), backends=backends)
    streams = StreamServer(
        socket_beside(config.bus.path), authorise=authorise, missing=lambda name: _find_plugin(plugins, name)
    )
    services = PluginServices(
        config=config,
        registry=plugins,
        users=users,
        procedures=procedures.describe,
        backends=backends.describe,
        streams=streams,
    )
    plugins.bind(services)
    dispatcher = Dispatcher(hub, control, device_id=config.device_id)
    backend_services = BackendServices(config=config, users=users, handle=dispatcher.handle, listen=events.listen)
    backends.bind(backend_services)
    bus = open_bus_server(config)
    parts = Parts(
        users=users,
        hub=hub,
        interpreter=Interpreter(hub.run_request, config.constants),
        crons=CronScheduler(metrics=metrics),
        services=services,
        backend_services=backend_services,
        dispatcher=dispatcher,
        bus=bus,
        streams=streams,
        metrics=metrics,
    )
    metrics.watch(
        lambda: {
            "bus_calls": ("Calls that run now", bus.calls),
            "bus_connections": ("Connections of workers to the bus", bus.connections),
            "event_backlog": ("Events and hooks that wait to be started", events.backlog()),
            "stream_viewers": ("Viewers of cameras and other streams", streams.viewers),
        }
    )
    return parts


def _find_plugin(plugins: PluginRegistry, name: str) -> None:
    """Raise the reason for which the plugin ``name`` cannot be used, if there is one: why it offers no stream."""
    try:
        plugins.get(name)
    except UnknownAction as error:
        raise NotFound(error.message) from error


def open_bus_server(config: Config) -> BusServer:
    """The unix socket, for the command line at least, and the bus over Redis where it is configured.

    Raises ConfigurationError.
    """
    bus, limits = config.bus, config.limits
    unix = UnixBusServer(bus.path, max_calls=limits.calls, max_frame=limits.bus_frame)
    if bus.url is None:
        return unix
    key = bus_key(config.workdir, bus.secret.reveal() if bus.secret else None)
    redis = open_redis_server(bus.url.reveal(), key, max_calls=limits.calls, max_frame=limits.bus_frame)
    return SeveralBuses(unix, redis)


def open_user_store(config: Config) -> Users:
    """The users of the installation, migrated to this version. Raises ConfigurationError."""
    return open_users(
        UserSettings(
            url=config.database.reveal(),
            workdir=config.workdir,
            global_token=config.token.reveal() if config.token else None,
            session_days=config.limits.session_days,
            remembered_session_days=config.limits.remembered_session_days,
            audit_days=config.limits.audit_days,
            expand=expander(config.dashboards_dir, config.http.resource_dirs if config.http else {}),
        ),
        migrate=True,
    )
