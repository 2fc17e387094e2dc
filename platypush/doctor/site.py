"""nginx's site and the units: what the configuration renders, what is on the disk, what runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["FileState", "SiteFacts", "gather", "judge"]

_RENDER_NGINX = "platypush render nginx --output / && nginx -t && systemctl reload nginx"
_RUNTIME = "/run/nginx-platypush"
_RENDER_UNITS = "platypush render systemd --output / && systemctl daemon-reload"


@dataclass(frozen=True, slots=True)
class FileState:
    """A rendered file that is not on the disk as it should be."""

    path: Path
    missing: bool
    nginx: bool


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is not as config.yaml has it."""

    files: tuple[FileState, ...]
    enabled: bool
    """Whether nginx reads the site (``sites-enabled``)."""
    refusal: str
    """nginx's reason not to take its files; empty when it does, or was not asked."""
    newer: Path | None
    """A file of the site that changed after nginx has read it."""
    daemon_reload: bool
    """Whether systemd runs on older units than those on the disk."""


def gather(patient: Patient) -> SiteFacts | None:
    """Compare what is rendered with what is there; None where nothing was installed."""
    if patient.installation is None or patient.rendered is None:
        return None
    nginx = patient.places.nginx
    files = []
    newest: tuple[float, Path] | None = None
    for name, text in sorted(patient.rendered().items()):
        path = Path("/", name)
        of_nginx = path.is_relative_to(nginx)
        try:
            changed = path.stat().st_mtime
            if path.read_text() != text:
                files.append(FileState(path, False, of_nginx))
        except FileNotFoundError:
            files.append(FileState(path, True, of_nginx))
            continue
        if of_nginx and (newest is None or changed > newest[0]):
            newest = changed, path
    since = _nginx_since(patient.places.proc) if patient.behind_nginx else None
    shown = patient.run(["systemctl", "show", "platypush.service", "--property=NeedDaemonReload", "--value"])
    return SiteFacts(
        files=tuple(files),
        enabled=not patient.behind_nginx or (nginx / "sites-enabled" / "platypush.conf").exists(),
        refusal=_refusal(patient),
        newer=newest[1] if newest and since is not None and newest[0] > since + 1 else None,
        daemon_reload=shown is not None and shown.text.strip() == "yes",
    )


def _refusal(patient: Patient) -> str:
    if not (patient.behind_nginx and patient.is_root):
        return ""
    tried = patient.run(["nginx", "-t"])
    if tried is None or tried.status == 0:
        return ""
    lines = [line for line in tried.errors.splitlines() if "[emerg]" in line] or tried.errors.splitlines()
    if any(_RUNTIME in line for line in lines):
        return ""  # a folder that its unit makes: nginx does not run, which is another finding
    return lines[0].partition("[emerg] ")[2] or lines[0] if lines else f"exit status {tried.status}"


def _nginx_since(proc: Path) -> float | None:
    """When the newest of nginx's workers was started, which is when nginx has read its files; None without any."""
    try:
        text = (proc / "stat").read_text()
        boot = next(float(line.split()[1]) for line in text.splitlines() if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    started = []
    for process in proc.iterdir():
        if not process.name.isdecimal():
            continue
        try:
            if (process / "comm").read_text().strip() != "nginx":
                continue
            started.append(int((process / "stat").read_text().rpartition(")")[2].split()[19]) / ticks + boot)
        except (OSError, ValueError, IndexError):
            continue
    return max(started, default=None)


def judge(facts: SiteFacts | None) -> Iterator[Finding]:
    """Where nginx or systemd do not do what the configuration says."""
    if facts is None:
        return
    for of_nginx, mend in ((True, _RENDER_NGINX), (False, _RENDER_UNITS)):
        wrong = [state for state in facts.files if state.nginx is of_nginx]
        if missing := [state.path for state in wrong if state.missing]:
            yield error("site.missing", f"{_named(missing)} should be there for this config.yaml.", mend)
        if differs := [state.path for state in wrong if not state.missing]:
            text = f"{_named(differs)} is not what config.yaml renders: it was edited, or config.yaml changed since."
            resources = [path for path in differs if "resources" in path.name]
            make = error if resources else warning
            yield make("site.differs", text, mend)
    if not facts.enabled:
        link = "ln -s ../sites-available/platypush.conf /etc/nginx/sites-enabled/ && systemctl reload nginx"
        yield error("site.disabled", "nginx does not read the hub's site: it is not in sites-enabled.", link)
    if facts.refusal:
        yield error("site.refused", f"nginx does not accept its files: {facts.refusal}.", "nginx -t")
    if facts.newer is not None:
        text = f"nginx runs on older files than those on the disk: {facts.newer} has changed since."
        yield warning("site.old", text, "nginx -t && systemctl reload nginx")
    if facts.daemon_reload:
        yield warning("units.old", "systemd runs on older units than those on the disk.", "systemctl daemon-reload")


def _named(paths: list[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{paths[0]} (and {len(paths) - 1} more)"
