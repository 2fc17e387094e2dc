"""Playing a sound by whatever program is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from platypush.errors import ActionFailed

__all__ = ["Player", "find_player"]

_PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("mpv", "--no-video", "--really-quiet", "--no-config"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mplayer", "-really-quiet", "-noconsolecontrols"),
    ("play", "-q"),
)


@dataclass(frozen=True, slots=True)
class Player:
    """A program with its arguments; the file's path comes last."""

    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """The program's name."""
        return Path(self.command[0]).name

    def play(self, file: Path, started: Callable[[subprocess.Popen[bytes]], bool]) -> None:
        """Play ``file`` to its end.

        ``started`` is told the process, and answers whether it should go on; a process that is killed then ends this
        without an error. Raises ActionFailed with the program's words, OSError when it cannot be started.
        """
        with subprocess.Popen(
            [*self.command, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            if not started(process):
                process.kill()
            _, words = process.communicate()
        if process.returncode > 0:
            said = words.decode(errors="replace").strip().splitlines()
            raise ActionFailed(
                f"{self.name} could not play the sound: {said[-1] if said else f'exit status {process.returncode}'}. "
                "Is there a sound device, and may the hub's user use it?"
            )


def find_player(command: Sequence[str] | None = None) -> Player:
    """``command``, or the first player on the PATH. Raises ActionFailed that says what to do."""
    for candidate in (command,) if command else _PLAYERS:
        if program := shutil.which(candidate[0]):
            return Player((program, *candidate[1:]))
    if command:
        raise ActionFailed(f"The configured player {command[0]!r} is not on this machine.")
    raise ActionFailed(
        "This machine has no program that plays sound. Install one, for instance: apt install alsa-utils. "
        "Or give output_file to write a WAV file instead."
    )
