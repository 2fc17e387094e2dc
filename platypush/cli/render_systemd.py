"""``platypush render systemd``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from platypush._lib.originals import find_original
from platypush.cli.options import Options, installation_options
from platypush.cli.rendered import emit, output_option
from platypush.config.loader import load
from platypush.config.media import media_settings
from platypush.config.model import Config, HttpSettings
from platypush.config.paths import user_config
from platypush.render.installation import Installation, read_installation
from platypush.render.releases import through_current
from platypush.render.systemd import ORIGINALS, SystemdSite, render_systemd

__all__ = ["command", "read_originals", "site_of"]


@click.command("systemd")
@installation_options
@output_option
@click.option("--listen", help="Without nginx: where the web service listens.", metavar="HOST:PORT")
@click.option("--user", default="platypush", show_default=True, help="Who runs the hub; the group has the same name.")
@click.pass_context
def command(ctx: click.Context, output: Path | None, listen: str | None, user: str) -> int:
    """The units of the hub, with drop-ins for what this configuration asks for.

    Without nginx (LISTEN in /etc/platypush/install.env, or --listen) the sockets are TCP ports. Afterwards:
    systemctl daemon-reload.
    """
    options: Options = ctx.obj or Options()
    config = load(options.config, workdir=options.workdir, environ=os.environ)
    emit(render_systemd(site_of(config, read_installation(), listen, user), read_originals()), output)
    return 0


def site_of(config: Config, installation: Installation | None, listen: str | None, user: str) -> SystemdSite:
    """The site for a configuration on this machine, with what the installer was told."""
    http = config.http or HttpSettings()
    media = media_settings(config)
    if listen is None and installation is not None and not installation.nginx:
        listen = installation.listen or f"{http.bind_address}:{http.port}"
    host, colon, port = (listen or "").rpartition(":")
    # On the next port, as the installer says, unless the configuration wants another.
    chosen = http.websocket_port != HttpSettings().websocket_port or not port.isdecimal()
    websocket = f"{host}{colon}{http.websocket_port if chosen else int(port) + 1}"
    return SystemdSite(
        program=through_current(Path(sys.prefix, "bin", "platypush")),
        config=config.path or user_config(os.environ),
        user=user,
        group=user,
        workdir=config.workdir,
        listen=listen,
        listen_websocket=websocket if listen and not http.disable_websocket else None,
        graceful_stop=config.limits.graceful_stop,
        sections=tuple(sorted({*config.plugins, *config.backends})),
        readable=(*http.resource_dirs.values(), *(media.media_dirs if media else ())),
        writable=tuple(_writable(config)),
    )


def _writable(config: Config) -> list[Path]:
    found = [config.logging.filename.parent] if config.logging.filename else []
    database = make_url(config.database.reveal())
    if database.get_backend_name() == "sqlite" and database.database not in (None, "", ":memory:"):
        found.append(Path(config.workdir, str(database.database)).parent)
    sections: list[Any] = list(config.plugins.values())
    found += [Path(section["output_dir"]).expanduser() for section in sections if section.get("output_dir")]
    return [path for path in found if not path.is_relative_to(config.workdir)]


def read_originals() -> dict[str, str]:
    """The texts that ``render_systemd`` wants. Raises OSError."""
    folder = find_original("systemd")
    return {name: (folder / name).read_text() for name in ORIGINALS}
