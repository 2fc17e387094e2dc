"""A real broker: Mosquitto, with passwords, TLS and restarts."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.running.certificates import Certificate
from tests.running.processes import free_port, run_group
from tests.running.waiting import until

__all__ = ["Mosquitto", "mosquitto"]


@dataclass
class Mosquitto:
    """A broker that can be stopped and started again on the same port."""

    folder: Path
    port: int
    settings: str
    ca: Path | None = None
    _running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers when this returns."""
        path = self.folder / "mosquitto.conf"
        path.write_text(f"listener {self.port} 127.0.0.1\n{self.settings}")
        argv = ["mosquitto", "-c", str(path)]
        # Debian has it where only root looks.
        env = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        self._process = self._running.enter_context(run_group(argv, env=env, log=self.folder / "mosquitto.log"))
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "mosquitto.log").read_text()) from None
                time.sleep(0.01)

    def stop(self) -> None:
        """Stop it."""
        self._running.close()

    def kill(self) -> None:
        """Let it die on the spot, also while it hangs."""
        self._signal(signal.SIGKILL)
        self.stop()

    def freeze(self) -> None:
        """Let it hang: connections stay, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The opposite."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def publish(self, topic: str, message: str | bytes, *options: str) -> None:
        """Publish with Mosquitto's own client."""
        raw = message.encode() if isinstance(message, str) else message
        self._run("mosquitto_pub", "-t", topic, "-s" if raw else "-n", *options, data=raw)

    def heard(self, condition: Callable[[], object], *messages: tuple[str, str], seconds: float = 10) -> float:
        """Publish ``messages`` again and again until they have had the effect of ``condition``; the seconds it took."""

        def tried() -> object:
            for topic, message in messages:
                self.publish(topic, message)
            return condition()

        return until(tried, seconds)

    @contextlib.contextmanager
    def listening(
        self, *topics: str, count: int = 1, options: tuple[str, ...] = ()
    ) -> Iterator[Callable[[], list[str]]]:
        """Mosquitto's own client, subscribed to ``topics``. What it gives waits for ``count`` messages: their topic,
        retain flag and text."""
        name = f"listening-{secrets.token_hex(4)}"
        arguments = [item for topic in topics for item in ("-t", topic)]
        shape = ("-i", name, "-F", "GOT %t %r %p", "-C", str(count), "-W", "20")
        argv = ["mosquitto_sub", *self._common(), *arguments, *shape, *options]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:

            def messages() -> list[str]:
                output, _ = process.communicate(timeout=30)
                return [line.removeprefix("GOT ") for line in output.decode().splitlines() if line.startswith("GOT ")]

            try:
                until(lambda: f"Sending SUBACK to {name}" in (self.folder / "mosquitto.log").read_text())
                yield messages
            finally:
                process.terminate()

    def _common(self) -> list[str]:
        tls = [] if self.ca is None else ["--cafile", str(self.ca)]
        return ["-h", "localhost" if self.ca else "127.0.0.1", "-p", str(self.port), *tls]

    def _run(self, program: str, *arguments: str, data: bytes) -> None:
        subprocess.run([program, *self._common(), *arguments], input=data, check=True, timeout=20)


@contextlib.contextmanager
def mosquitto(
    folder: Path,
    *,
    port: int | None = None,
    passwords: dict[str, str] | None = None,
    certificate: Certificate | None = None,
    ca: Path | None = None,
    settings: str = "",
) -> Iterator[Mosquitto]:
    """A running broker; with ``passwords`` by user, and with TLS where there is a ``certificate``, signed by ``ca``."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["allow_anonymous " + ("false" if passwords else "true"), "log_type all", settings]
    if os.geteuid() == 0:
        # It would become another user, who may not read this folder.
        lines.append("user root")
    if passwords:
        path = folder / "passwords"
        path.touch(0o600)
        for user, password in passwords.items():
            subprocess.run(["mosquitto_passwd", "-b", str(path), user, password], check=True, capture_output=True)
        lines.append(f"password_file {path}")
    if certificate is not None:
        lines += [f"certfile {certificate.cert}", f"keyfile {certificate.key}"]
    broker = Mosquitto(folder, port or free_port(), "\n".join(lines) + "\n", ca)
    broker.start()
    try:
        yield broker
    finally:
        with contextlib.suppress(ProcessLookupError):
            broker.thaw()
        broker.stop()
