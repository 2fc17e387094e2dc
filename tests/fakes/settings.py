"""Settings of a worker for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platypush.config.web import WebSettings

__all__ = ["web_settings"]


def web_settings(workdir: Path, **changes: Any) -> WebSettings:
    """Settings of an installation in ``workdir``."""
    run = workdir / "run"
    values: dict[str, Any] = {
        "device_id": "test",
        "workdir": workdir,
        "runtime_dir": run,
        "database": f"sqlite:///{workdir}/main.db",
        "bus_path": run / "bus.sock",
        "metrics_dir": run / "metrics",
        "stats_socket": run / "uwsgi-stats.sock",
    }
    return WebSettings(**{**values, **changes})
