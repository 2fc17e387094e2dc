"""The file system that test machines start from: a Debian 12, made once and kept between runs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["cache_folder", "debian_base", "kept", "mirror_of"]

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    # what boots
    *("systemd", "systemd-sysv", "dbus", "iproute2", "procps"),
    # what deploy/install needs: there is no network in the machine to get it from
    *("python3", "python3-venv", "python3-dev", "gcc", "libc6-dev", "libssl-dev", "libpcre2-dev", "libmagic1"),
    *("nginx", "openssl", "ca-certificates"),
    # what tests and operators ask with
    *("curl", "sqlite3"),
)
_UNUSED_SECONDS = 3 * 24 * 3600
_RECIPE = 1
"""One more for each change of how the system is made."""


def debian_base() -> Path:
    """The folder with the system; nobody writes to it. Made where it is missing, which takes two minutes.

    Raises RuntimeError with the end of debootstrap's output when that fails.
    """
    mirror = mirror_of(_apt_sources())
    return kept("debian", f"{_RECIPE} {SUITE} {' '.join(PACKAGES)}", lambda folder: _make(folder, mirror))


def cache_folder() -> Path:
    """Where things are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "platypush-tests")


def kept(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` fills, by an earlier run or by this one. Another ``recipe`` makes it anew.

    Two runs at once wait for each other; one that was interrupted leaves nothing that looks complete.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    with _locked(cache / f"{name}.lock"):
        if not folder.exists():
            for old in cache.glob(f"{name}-*"):
                # Not those that another run may be using.
                if time.time() - old.stat().st_mtime > _UNUSED_SECONDS:
                    shutil.rmtree(old)
            unfinished = cache / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
        os.utime(folder)
    return folder


def mirror_of(sources: str) -> str:
    """The address that ``sources`` (apt's, in either of its formats) have Debian 12 from, else Debian's own."""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"(?m)^\s*#.*\n?", "", sources)):
        fields: dict[str, str] = dict(re.findall(r"(?mi)^(uris|suites):\s*(.*)$", paragraph.lower()))
        if SUITE in fields.get("suites", "").split():
            return fields["uris"].split()[0]
    line = re.search(rf"(?m)^deb\s+(?:\[[^]]*]\s+)?(\S+)\s+{SUITE}\s", sources)
    return str(line[1]) if line else MIRROR


def _apt_sources() -> str:
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    return "\n\n".join(file.read_text() for file in files if file.suffix in (".list", ".sources") and file.is_file())


def _make(folder: Path, mirror: str) -> None:
    argv = ["debootstrap", "--variant=minbase", "--merged-usr", f"--include={','.join(PACKAGES)}"]
    done = subprocess.run([*argv, SUITE, folder, mirror], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"debootstrap failed for {mirror}:\n{(done.stdout + done.stderr)[-2000:]}")
    for package in folder.glob("var/cache/apt/archives/*.deb"):
        package.unlink()
    # Nothing of the machine that it was made on.
    (folder / "etc/resolv.conf").unlink(missing_ok=True)
    (folder / "etc/hostname").write_text("hub\n")
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 hub\n::1 localhost\n")
    (folder / "etc/machine-id").write_text("")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
