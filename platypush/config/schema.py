"""What each section of the configuration may hold. Importing this costs pydantic: workers take ``model`` instead.

Defaults are those of ``platypush.config.model``, so that they are said once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from platypush.config.model import HttpSettings, Limits, LoggingSettings
from platypush.config.types import (
    Arguments,
    Count,
    Days,
    Environment,
    Flag,
    Hours,
    LevelName,
    Networks,
    Port,
    PublicUrl,
    ResourceDirs,
    Seconds,
    SecretText,
    Size,
    Text,
    WholeSeconds,
)

__all__ = [
    "SECTIONS",
    "BusSection",
    "CronSection",
    "DatabaseSection",
    "HookSection",
    "HttpSection",
    "LimitsSection",
    "LoggingSection",
    "RootSection",
    "Section",
]

_HTTP = HttpSettings()
_LIMITS = Limits()
_LOGGING = LoggingSettings()


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Steps = Annotated[list[Any], Field(min_length=1), BeforeValidator(_one_or_more)]


class Section(BaseModel):
    """Base of all sections: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)


class RootSection(Section):
    """The keys at the root that are no sections of their own."""

    include: list[str] | str = []
    device_id: Text | None = None
    workdir: Text | None = None
    token: SecretText | None = None
    token_file: Text | None = None
    scripts_dir: Text = "scripts"
    dashboards_dir: Text = "dashboards"
    environment: Environment = {}
    constants: dict[str, Any] = {}


class HttpSection(Section):
    """``backend.http``."""

    unused: ClassVar[Mapping[str, str]] = {
        "logging": "it has no effect here: the root's 'logging' counts for the whole hub.",
        "filename": "it has no effect here: the root's 'logging' counts for the whole hub.",
    }
    """Keys of earlier versions, accepted and named."""

    port: Port = _HTTP.port
    websocket_port: Port = _HTTP.websocket_port
    bind_address: Text = _HTTP.bind_address
    disable_websocket: Flag = _HTTP.disable_websocket
    resource_dirs: ResourceDirs = {}
    ssl_cert: Text | None = None
    ssl_key: Text | None = None
    ssl_cafile: Text | None = None
    ssl_capath: Text | None = None
    maps: dict[str, Any] | None = None
    run_externally: Flag = _HTTP.run_externally
    uwsgi_args: Arguments | None = None
    trusted_proxies: Networks = []
    public_url: PublicUrl | None = None
    accel_redirect: Flag = _HTTP.accel_redirect


class LoggingSection(Section):
    """``logging``."""

    level: LevelName = _LOGGING.level
    filename: Text | None = None
    format: Text = _LOGGING.format
    access: Flag = _LOGGING.access


class BusSection(Section):
    """``bus``."""

    type: Literal["unix", "redis"] = "unix"
    path: Text | None = None
    url: SecretText | None = None
    secret: SecretText | None = None


class DatabaseSection(Section):
    """``main.db`` as a mapping; alone, the URL is enough."""

    engine: SecretText


class LimitsSection(Section):
    """``limits``."""

    request_body: Size = _LIMITS.request_body
    bus_frame: Size = _LIMITS.bus_frame
    action_time: Seconds = _LIMITS.action_time
    bus_wait: Seconds = _LIMITS.bus_wait
    calls: Count = _LIMITS.calls
    harakiri: WholeSeconds = _LIMITS.harakiri
    nginx_read_timeout: WholeSeconds = _LIMITS.nginx_read_timeout
    graceful_stop: Seconds = _LIMITS.graceful_stop
    listen_backlog: Count = _LIMITS.listen_backlog
    session_days: Days = _LIMITS.session_days
    remembered_session_days: Days = _LIMITS.remembered_session_days
    signed_url_hours: Hours = _LIMITS.signed_url_hours
    events_kept: Count = _LIMITS.events_kept
    audit_days: Count = _LIMITS.audit_days
    feed_entries: Count = _LIMITS.feed_entries


class HookSection(Section):
    """``event.hook.<name>``."""

    condition: dict[str, Any] = Field(alias="if")
    then: Steps
    priority: int = Field(default=0, strict=True)


class CronSection(Section):
    """``cron.<name>``."""

    cron_expression: Text
    actions: Steps


SECTIONS: Mapping[str, type[Section]] = {
    "": RootSection,
    "backend.http": HttpSection,
    "logging": LoggingSection,
    "bus": BusSection,
    "main.db": DatabaseSection,
    "limits": LimitsSection,
    "event.hook.<name>": HookSection,
    "cron.<name>": CronSection,
}
"""Every section with a schema, by the name that the documentation gives it."""
