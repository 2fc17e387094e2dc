"""Speech by espeak-ng, or by espeak where only that is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from platypush.errors import ActionFailed, BadRequest

__all__ = ["Espeak", "Voice"]

_PROGRAMS = ("espeak-ng", "espeak")
_SECONDS = 30
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*)*")


@dataclass(frozen=True, slots=True)
class Voice:
    """How to say something; None leaves it to the engine."""

    language: str | None = None
    voice: str | None = None
    speed: int | None = None
    volume: int | None = None

    def __post_init__(self) -> None:
        for key, value in (("language", self.language), ("voice", self.voice)):
            if value is not None and not _NAME.fullmatch(value):
                raise BadRequest(f"{value!r} is no {key}: letters, digits, '-', '_' and '+' only, such as 'en-gb'.")
        if self.speed is not None and not 80 <= self.speed <= 450:
            raise BadRequest(f"speed is in words a minute, from 80 to 450, not {self.speed}.")
        if self.volume is not None and not 0 <= self.volume <= 200:
            raise BadRequest(f"volume is from 0 to 200, with 100 for normal, not {self.volume}.")

    def with_changes(self, language: str | None, voice: str | None, speed: int | None, volume: int | None) -> Voice:
        """This voice, with what is given instead. A language puts a default voice out of use."""
        return Voice(
            language=language or self.language,
            voice=voice or (None if language else self.voice),
            speed=self.speed if speed is None else speed,
            volume=self.volume if volume is None else volume,
        )

    def arguments(self) -> list[str]:
        """The options of espeak-ng."""
        name = self.voice or (self.language.lower().replace("_", "-") if self.language else None)
        options = (("-v", name), ("-s", self.speed), ("-a", self.volume))
        return [part for option, value in options if value is not None for part in (option, str(value))]


@dataclass(frozen=True, slots=True)
class Espeak:
    """The program that was found."""

    name: str
    program: str

    @classmethod
    def find(cls) -> Espeak:
        """The first engine on the PATH. Raises ActionFailed that says how to install one."""
        for name in _PROGRAMS:
            if program := shutil.which(name):
                return cls(name, program)
        raise ActionFailed("There is no speech engine. Install espeak-ng, for instance: apt install espeak-ng")

    def synthesize(self, text: str, voice: Voice, file: Path) -> None:
        """Write ``text`` as a WAV file. Raises ActionFailed with the engine's words."""
        # The text goes in by standard input: as an argument it could be taken for an option.
        self._run([*voice.arguments(), "-b", "1", "--stdin", "-w", str(file)], text.replace("\0", " "))
        if not file.exists() or file.stat().st_size == 0:
            raise ActionFailed(f"{self.name} wrote no sound.")

    def voices(self, language: str | None = None) -> list[dict[str, str]]:
        """The voices there are, for one language or all. Raises ActionFailed."""
        wanted = Voice(language).language
        lines = self._run([f"--voices={wanted}" if wanted else "--voices"], "").splitlines()[1:]
        found = []
        for line in lines:
            columns = line.split()
            if len(columns) >= 4:
                found.append({"name": columns[4] if len(columns) > 4 else columns[3], "language": columns[1]})
                found[-1]["gender"] = columns[2].rpartition("/")[2]
        return found

    def languages(self) -> list[dict[str, str]]:
        """The languages there are, each with the name of its first voice. Raises ActionFailed."""
        names: dict[str, str] = {}
        for line in self._run(["--voices"], "").splitlines()[1:]:
            columns = line.split()
            if len(columns) >= 4:
                names.setdefault(columns[1], columns[3].replace("_", " "))
        return [{"language": language, "name": name} for language, name in sorted(names.items())]

    def _run(self, arguments: list[str], text: str) -> str:
        try:
            done = subprocess.run(
                [self.program, *arguments],
                input=text.encode("utf-8", "replace"),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ActionFailed(f"{self.name} took more than {_SECONDS} s.") from error
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
            raise ActionFailed(f"{self.name} failed: {reason}")
        return done.stdout.decode(errors="replace")
