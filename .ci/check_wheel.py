"""Builds a wheel and compares it with the last commit: every file of the package has to be in it, and the originals of
what is rendered."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEBAPP = "platypush/backend/http/webapp"
ORIGINALS = ("uwsgi.ini", "nginx", "systemd", "deploy/renew-hook")


def main() -> int:
    """Exit status: 0 when nothing is missing and nothing is there that should not be."""
    wanted = {*filter(packaged, tracked("platypush")), *(f"share/platypush/{name}" for name in tracked(*ORIGINALS))}
    with tempfile.TemporaryDirectory() as folder:
        # From a copy, as a build leaves files behind.
        source = Path(folder, "source")
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, source], check=True)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--wheel-dir", folder, source], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = {name.partition(".data/data/")[2] or name for name in archive.namelist()}
    found = {name for name in names if ".dist-info/" not in name}
    for name in sorted(wanted - found):
        print(f"{name} is missing in the wheel")
    for name in sorted(found - wanted):
        print(f"{name} is in the wheel, but not in the repository")
    return int(wanted != found)


def packaged(name: str) -> bool:
    """Whether a file belongs into the wheel: of the web panel what is built, and not what it is built from."""
    return not name.startswith(f"{WEBAPP}/") or name.startswith(f"{WEBAPP}/dist/")


def tracked(*paths: str) -> list[str]:
    """The files below these paths in the last commit."""
    command = ["git", "ls-files", *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
