"""An operating system that only writes down what it is asked, and whose processes end when the test says so."""

from __future__ import annotations

from collections.abc import Collection

from platypush.process import Command

__all__ = ["RecordingSystem"]


class RecordingSystem:
    """Processes have the pids 1, 2, 3…; ``calls`` holds what was done, as tuples."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.commands: list[Command] = []
        self.exits: dict[int, int] = {}
        self.spawn_error: OSError | None = None
        self.closed = False
        self._pids = 0

    def spawn(self, command: Command) -> int:
        if self.spawn_error is not None:
            raise self.spawn_error
        self._pids += 1
        self.commands.append(command)
        self.calls.append(("spawn", self._pids))
        return self._pids

    def end(self, pid: int, code: int) -> None:
        """Let a process end; the next ``poll`` tells."""
        self.exits[pid] = code

    def poll(self, pid: int) -> int | None:
        return self.exits.get(pid)

    def reap(self, pid: int) -> None:
        self.calls.append(("reap", pid))

    def kill(self, pid: int, signum: int) -> None:
        self.calls.append(("kill", pid, int(signum)))

    def kill_group(self, pid: int, signum: int) -> None:
        self.calls.append(("kill_group", pid, int(signum)))

    def wait(self, pids: Collection[int], timeout: float | None) -> None:
        self.calls.append(("wait", tuple(pids), timeout))

    def wake(self) -> None:
        self.calls.append(("wake",))

    def close(self) -> None:
        self.closed = True

    def done(self, what: str) -> list[tuple[object, ...]]:
        """The calls of one kind."""
        return [call for call in self.calls if call[0] == what]
