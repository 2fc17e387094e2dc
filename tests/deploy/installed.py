"""A machine in a folder with an installed hub, whose programs are stand-ins that write down what was asked of them.

What a release is good for is in its version: see ``FAULTS``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.conftest import ROOT

__all__ = ["FAULTS", "Installed"]

FAULTS = {
    "2.1": "import",  # cannot be imported
    "2.2": "check",  # refuses the configuration
    "2.3": "migrate",  # cannot migrate the database
    "2.4": "start",  # does not start
    "2.5": "answer",  # starts, and does not answer
    "2.6": "nginx",  # renders a site that nginx refuses
}

# In every place: Python, and what is in the bin folder of a release. The name says what it is.
PROGRAM = """#!{python}
import os, pathlib, re, sys, zipfile
FAULTS = {faults!r}
machine, calls = pathlib.Path({machine!r}), pathlib.Path({calls!r})
me, words = pathlib.Path(sys.argv[0]), sys.argv[1:]
version = me.parent.parent.name.split("-")[0]
current = (machine / "opt/platypush/current").resolve().name.split("-")[0]
fault = FAULTS.get(version)

def TEXT(version):
    return "site of 1.0" if version in ("1.0", "2.7") else f"site of {{version}}"

def call(text, fails=False, says=""):
    with calls.open("a") as file:
        file.write(text + "\\n")
    if says:
        print(says)
    if fails:
        sys.exit(1)

def copy(*names):
    for path in names:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(me.read_text())
        path.chmod(0o755)

if me.name == "platypush":
    command = next(word for word in words if word in ("check", "backup", "restore", "render"))
    if command == "check":
        call(f"{{version}} check", fault == "check", "config.yaml:3: unknown key")
    elif command == "backup":
        folder = pathlib.Path(words[words.index("--output") + 1])
        archive = folder / "backup.tar.gz"
        import tarfile
        with tarfile.open(archive, "w:gz") as tar:
            info = tarfile.TarInfo("database/main.db")
            tar.addfile(info)
        call(f"{{version}} backup", (machine / f"no-backup-{{version}}").exists(), archive)
    elif command == "restore":
        fails = "good" not in words[-1]
        call(f"{{version}} " + " ".join(words[2:-1]), fails)
    elif command == "render":
        file = pathlib.Path(words[words.index("--output") + 1]) / "etc/nginx/sites-available/platypush.conf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXT(version))
elif me.name == "uwsgi":
    call(f"{{version}} uwsgi")
elif words[:2] == ["-m", "venv"]:
    copy(pathlib.Path(words[-1]) / "bin/python")
elif words[:2] == ["-m", "pip"] and words[2] == "--version":
    pass
elif words[:2] == ["-m", "pip"]:
    target = words[-1]
    if words[2] == "wheel":
        source = pathlib.Path(target) / "platypush/__init__.py"
        made = re.search('"(.*)"', source.read_text())[1] if source.exists() else target.partition("==")[2]
        wheel = pathlib.Path(words[words.index("--wheel-dir") + 1]) / f"platypush-{{made}}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("platypush.dist-info/RECORD", made)
    else:
        call(f"install {{me.parent.parent.name}}", (machine / "no-index").exists(), "no such package")
        copy(me.parent / "platypush", me.parent / "uwsgi")
        unit = me.parent.parent / "share/platypush/systemd/platypush.service"
        unit.parent.mkdir(parents=True)
        unit.write_text(TEXT(version))
elif words[:2] == ["-P", "-c"] and "open_users" in words[2]:
    assert (pathlib.Path(words[3]) / "main.db").exists()
    call(f"{{version}} migrate", fault == "migrate", "no such column")
elif words[:2] == ["-P", "-c"]:
    call(f"{{version}} import", fault == "import", "ModuleNotFoundError: No module named 'orjson'")
elif words[0] == "-" and words[1].endswith(".whl"):
    with zipfile.ZipFile(words[1]) as file:
        print(file.read("platypush.dist-info/RECORD").decode())
elif words[0] == "-":
    sys.stdin.read()
    call(f"probe {{words[1].removeprefix(str(machine))}}", FAULTS.get(current) == "answer")
elif me.name == "systemctl" and words[0] == "show":
    pid = machine / "pid"
    print(pid.read_text() if pid.exists() else 0)
elif me.name == "systemctl":
    call("systemctl " + " ".join(words), words[0] in ("restart", "start") and FAULTS.get(current) == "start")
elif me.name == "nginx":
    site = (machine / "etc/nginx/sites-available/platypush.conf").read_text()
    call("nginx -t", FAULTS.get(site.split()[-1]) == "nginx", "unknown directive")
elif me.name == "runuser":
    os.execvp(words[3], [words[3], *words[4:]])
elif me.name == "journalctl":
    print("Traceback: the last words")
"""
NAMES = ("python3", "systemctl", "nginx", "runuser", "journalctl")


class Installed:
    """The machine in ``folder``, with release 1.0 installed and running."""

    def __init__(self, folder: Path) -> None:
        self.machine = folder / "machine"
        self.calls_file = folder / "calls"
        self.bin = folder / "bin"
        self.folder = folder
        opt = self.machine / "opt/platypush"
        self.releases = opt / "releases"
        text = PROGRAM.format(
            python=sys.executable, faults=FAULTS, machine=str(self.machine), calls=str(self.calls_file)
        )
        self.program_text = text
        self.bin.mkdir()
        for name in NAMES:
            self._program(self.bin / name)
        self.release("1.0")
        (opt / "current").symlink_to(self.releases / "1.0")
        for name, content in {
            "etc/platypush/config.yaml": "workdir: /var/lib/platypush\n",
            "etc/nginx/sites-available/platypush.conf": "site of 1.0",
            "etc/systemd/system/platypush.service": "site of 1.0",
            "var/lib/platypush/main.db": "the database",
        }.items():
            path = self.machine / name
            path.parent.mkdir(parents=True)
            path.write_text(content)

    def release(self, version: str) -> Path:
        """An installed release."""
        release = self.releases / version
        for name in ("python", "platypush", "uwsgi"):
            self._program(release / "bin" / name)
        (release / ".complete").write_text(version)
        unit = release / "share/platypush/systemd/platypush.service"
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(f"site of {version}")
        return release

    def _program(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.program_text)
        path.chmod(0o755)

    def wheel(self, version: str) -> Path:
        path = self.folder / f"platypush-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("platypush.dist-info/RECORD", version)
        return path

    def checkout(self, version: str) -> Path:
        path = self.folder / f"checkout {version}"
        (path / "platypush").mkdir(parents=True)
        (path / "platypush/__init__.py").write_text(f'__version__ = "{version}"\n')
        return path

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    @property
    def current(self) -> str:
        return os.readlink(self.machine / "opt/platypush/current").rpartition("/")[2]

    @property
    def previous(self) -> str | None:
        link = self.machine / "opt/platypush/previous"
        return os.readlink(link).rpartition("/")[2] if link.is_symlink() else None

    @property
    def installed(self) -> set[str]:
        return {path.name for path in self.releases.iterdir()}

    def run(self, script: str, *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "deploy" / script), *map(str, arguments)],
            env={
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "PLATYPUSH_ROOT": str(self.machine),
                "PLATYPUSH_PYTHON": str(self.bin / "python3"),
                "PLATYPUSH_HEALTH_SECONDS": "0",
                **environ,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=ROOT,
        )

    @contextmanager
    def serving(self, version: str) -> Iterator[None]:
        """The service's main process is one of this version."""
        program = str(self.releases / version / "bin/python")
        with subprocess.Popen([program], executable=shutil.which("cat"), stdin=subprocess.PIPE) as process:
            (self.machine / "pid").write_text(str(process.pid))
            yield
            process.communicate()

    def remove(self) -> None:
        shutil.rmtree(self.machine / "opt")
