"""A machine that boots: systemd as process 1 of a container, on top of a file system that it cannot change."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["Machine", "running_machine"]

# Mounts are made in a namespace of the container's own: they go with it, whatever ends it. Where folders cannot be
# overlaid (an overlay on an overlay, as in some CI), the system is copied. The kernel is not the machine's own, so
# it sets none of its variables.
BOOT = r"""
set -eu
folder=$1 layers=$2 first=$3 name=$4
shift 4
if [ -e "$folder/copied" ] || ! mount -t overlay overlay \
    -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$folder/root" 2>/dev/null; then
    if ! [ -e "$folder/copied" ]; then
        cp -a --reflink=auto "$first/." "$folder/root/"
        touch "$folder/copied"
    fi
fi
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
exec setpriv --pdeathsig TERM systemd-nspawn --boot --directory="$folder/root" --machine="$name" --hostname=hub \
    --console=pipe --register=no --keep-unit --private-network "$@" systemd.mask=systemd-sysctl.service
"""
NETWORKS = range(256)
_BOOT_SECONDS = 60
_OFF_SECONDS = 30


class Machine:
    """One machine; ``boot`` it first. What it writes is in ``folder`` and is there again when it boots again."""

    def __init__(self, layers: Sequence[Path], folder: Path, binds: Sequence[str] = ()) -> None:
        """``layers`` are the folders of its file system, the uppermost first; ``binds`` arguments of nspawn."""
        self.layers = tuple(layers)
        self.folder = folder
        self.address = ""
        """Where it can be reached from outside."""
        self.gateway = ""
        """The other end: as whom the machine sees us."""
        self._binds = tuple(binds)
        self._process: subprocess.Popen[bytes] | None = None
        self.init = 0
        """The process id of its process 1."""
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            # Whoever's umask this runs under: it is the machine's "/".
            (folder / name).chmod(0o755)

    @property
    def root(self) -> Path:
        """Its file system while it runs, seen from outside."""
        return Path(f"/proc/{self.init}/root")

    @property
    def runs(self) -> bool:
        """Whether it is switched on."""
        return self._process is not None and self._process.poll() is None

    def boot(self) -> None:
        """Switch it on; returns when systemd has started everything. Raises RuntimeError with the console's text."""
        self.switch_on()
        state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
        if state != "running":
            failed = self.run("systemctl", "--failed", "--no-pager", check=False).stdout
            raise RuntimeError(f"The machine is {state}:\n{failed}\n{self.console()}")

    def switch_on(self) -> None:
        """Switch it on; returns when its systemd can be asked."""
        with (self.folder / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [
                    *("unshare", "--mount", "--propagation", "private", "sh", "-c", BOOT, "boot"),
                    *(self.folder, ":".join(map(str, self.layers)), self.layers[0], f"pp-{os.getpid()}-{id(self)}"),
                    *self._binds,
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                # Ctrl-C is for pytest, which switches the machine off.
                start_new_session=True,
            )
        deadline = time.monotonic() + _BOOT_SECONDS
        self.init = self._find_init(deadline)
        self._connect()
        while self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("", "offline", "unknown"):
            self._wait_or_fail(deadline)

    def _find_init(self, deadline: float) -> int:
        assert self._process is not None
        nspawn = self._process.pid
        while True:
            with contextlib.suppress(OSError, IndexError):
                child = int(Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text().split()[0])
                # Before that, nspawn is still making the room that systemd will be in.
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
            self._wait_or_fail(deadline)

    def _wait_or_fail(self, deadline: float) -> None:
        if not self.runs or time.monotonic() > deadline:
            raise RuntimeError(f"The machine does not boot:\n{self.console()}")
        time.sleep(0.02)

    def console(self) -> str:
        """The end of what it wrote to its console."""
        return (self.folder / "console.log").read_text(errors="replace")[-3000:]

    def _connect(self) -> None:
        """A cable between it and us, with a network of its own (RFC 2544 keeps these addresses free for tests)."""
        for number in NETWORKS:
            name = f"pp-machine-{number}"
            made = subprocess.run(
                ["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.init)],
                capture_output=True,
                check=False,
            )
            if made.returncode == 0:
                break
        else:
            raise RuntimeError(f"The machine gets no network: {made.stderr.decode()}")
        self.gateway, self.address = f"198.18.{number}.1", f"198.18.{number}.2"
        for command in (f"ip addr add {self.gateway}/30 dev {name}", f"ip link set {name} up"):
            subprocess.run(command.split(), check=True)
        self.shell(f"ip addr add {self.address}/30 dev eth0; ip link set eth0 up; ip link set lo up")

    def run(
        self,
        *argv: str | Path,
        check: bool = True,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 120,
        folder: str = "/root",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it as root, with ``text`` as its input.

        Raises AssertionError with the command's output when ``check`` is on and it fails.
        """
        variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        words = [f"{name}={value}" for name, value in {**variables, "LC_ALL": "C.UTF-8", **(env or {})}.items()]
        enter = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "--wd=" + str(self.root) + folder]
        done = subprocess.run(
            [*enter, "env", "-i", *words, *argv],
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and done.returncode:
            command = shlex.join(str(word) for word in argv)
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def shell(self, script: str, **options: object) -> str:
        """Run lines of sh in it as ``run`` does, and give what they print."""
        return self.run("sh", "-ec", script, **options).stdout.strip()  # type: ignore[arg-type]

    def put_files(self, source: Path, files: Sequence[str], target: str) -> None:
        """Copy ``files`` of the folder ``source`` to the folder ``target`` of the machine, owned by its root."""

        def owned(info: tarfile.TarInfo) -> tarfile.TarInfo:
            info.uid = info.gid = 0
            info.uname = info.gname = "root"
            return info

        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for name in files:
                archive.add(source / name, arcname=name, recursive=False, filter=owned)
        folder = self.root / target.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-x", "-C", folder], input=data.getvalue(), check=True)

    def power_off(self) -> None:
        """Switch it off as ``poweroff`` does; by force when that takes too long."""
        if self._process is None:
            return
        if self.runs:
            self.run("systemctl", "poweroff", check=False)
            try:
                self._process.wait(_OFF_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """Pull the plug: every process in it is gone at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.init or self._process.pid, signal.SIGKILL)
            self._process.wait(_OFF_SECONDS)
            self._process = None

    def freeze(self) -> tuple[Path, ...]:
        """The layers for machines that start where this one is. Switch it off, and do not boot it again."""
        self.power_off()
        return (self.folder / "root",) if (self.folder / "copied").exists() else (self.folder / "upper", *self.layers)


@contextlib.contextmanager
def running_machine(layers: Sequence[Path], folder: Path, binds: Sequence[str] = ()) -> Iterator[Machine]:
    """A machine for the time of the block, booted; nothing of it is left afterwards."""
    machine = Machine(layers, folder, binds)
    try:
        machine.boot()
        yield machine
    finally:
        machine.power_off()
        shutil.rmtree(folder, ignore_errors=True)
