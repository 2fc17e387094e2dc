"""A checkout whose scripts run with programs of ours in the place of Python, apt and the rest of the system."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["ROOT", "Checkout"]

ROOT = Path(__file__).resolve().parents[2]
REAL = (
    *("bash", "env", "cat", "cp", "dirname", "readlink", "awk", "sha256sum", "flock", "mkdir", "rm", "ln", "touch"),
    *("tail", "sed", "sleep", "chmod"),
)

# What deploy/test looks for, but what only root uses.
PROGRAMS = (
    *("espeak-ng", "openssl", "curl", "nginx", "wrk", "shellcheck", "testssl", "apache2"),
    *("ffmpeg", "mopidy", "mosquitto", "mpd", "redis-server", "node", "npm", "chromium"),
)

PYTHON = r"""#!/bin/bash
# What the scripts ask of Python. KIND is what it is good for; WAIT and FAIL name a step of the installation.
# It does not wait for ever: a test that was interrupted takes its folder, and the list of calls in it, away.
me=$(readlink -f "$0")
step() {
    echo "$*" >>"$CALLS"
    while [ "${WAIT:-}" = "$1" ] && [ -e "$CALLS" ] && ! [ -e "$GO" ]; do sleep 0.05; done
    if [ "${FAIL:-}" = "$1" ]; then echo "no room on the disk"; exit 1; fi
}
case "$1 ${2:-}" in
    "--version ") echo "Python 3.12.1" ;;
    "-c "*) [[ $2 != *magic* ]] || exit "${NO_MAGIC:-0}"; echo "$me" ;;
    "- ") cat >/dev/null; echo "${KIND-complete}" ;;
    "- "*) cat >/dev/null; echo "uwsgi>=2" ;;
    "-m venv") step venv; mkdir -p "$3/bin"; ln -s "$me" "$3/bin/python" ;;
    "-m pip")
        [ "$3" != --version ] || exit 0
        step pip "${@: -1}"
        bin=$(dirname "$0")
        case "${@: -1}" in
            uwsgi*) cp "$ECHO" "$bin/uwsgi" ;;
            *) cp "$ECHO" "$bin/platypush" ;;
        esac ;;
    "-m pytest") echo "pytest in $PWD:" "${@:3}" ;;
esac
"""
ECHO = """#!/bin/bash
if [ "$*" = "run --help" ]; then printf 'Usage: platypush run\\n\\nOptions:\\n  -c, --config PATH\\n'; exit; fi
IFS='|'; echo "hub: $*"
"""
SETUP = """[options]
install_requires =
    flask

[mypy]
strict = True
"""


@dataclass
class Checkout:
    """A checkout in ``path``; ``bin`` has the programs that the scripts find, ``calls`` what was asked of them."""

    path: Path
    bin: Path
    environ: dict[str, str]

    @property
    def venv(self) -> Path:
        return self.path / ".venv"

    @property
    def calls(self) -> list[str]:
        file = Path(self.environ["CALLS"])
        return file.read_text().splitlines() if file.exists() else []

    def forget_calls(self) -> None:
        Path(self.environ["CALLS"]).unlink(missing_ok=True)

    def program(self, name: str, script: str = "exit 0") -> None:
        """A program on PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{script}\n" if not script.startswith("#!") else script)
        path.chmod(0o755)

    def without(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink()

    def start(self, *argv: str, script: str = "run", **environ: str) -> subprocess.Popen[str]:
        """Start a script, as a process group of its own."""
        return subprocess.Popen(
            [str(self.path / "deploy" / script), *argv],
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            start_new_session=True,
        )

    def run(self, *argv: str, script: str = "run", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        process = self.start(*argv, script=script, **environ)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def wait_for_call(self, call: str) -> None:
        deadline = time.monotonic() + 20
        while call not in self.calls:
            assert time.monotonic() < deadline, f"{call!r} was not among {self.calls}"
            threading.Event().wait(0.02)

    def go(self) -> None:
        """Let the step go on that ``WAIT`` holds up."""
        Path(self.environ["GO"]).touch()

    @staticmethod
    def interrupt(process: subprocess.Popen[str]) -> None:
        """What Ctrl-C does."""
        os.killpg(process.pid, signal.SIGINT)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """One that nothing was set up in, of an ordinary user, on a system that has all packages."""
    path = tmp_path / "my hub"
    shutil.copytree(ROOT / "deploy", path / "deploy")
    (path / "setup.cfg").write_text(SETUP)
    (path / "pyproject.toml").write_text("[build-system]\nrequires = []\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in REAL:
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    echo = tmp_path / "echo"
    echo.write_text(ECHO)
    echo.chmod(0o755)
    environ = {
        "PATH": str(programs),
        "HOME": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
        "GO": str(tmp_path / "go"),
        "ECHO": str(echo),
    }
    made = Checkout(path, programs, environ)
    made.program("python3", PYTHON)
    made.program("cc")
    made.program("id", 'case "$1" in -u) echo 1000 ;; *) echo ann ;; esac')
    made.program("sudo")
    made.program("apt-get", 'echo "apt-get $*" >>"$CALLS"')
    made.program("dpkg")
    for name in PROGRAMS:
        made.program(name)
    return made
