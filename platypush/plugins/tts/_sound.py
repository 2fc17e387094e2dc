"""MP3 as a sound that every player plays, at the loudness that is wanted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from platypush.errors import ActionFailed

__all__ = ["write_sound"]

_SECONDS = 30
_MPG123_NORMAL = 32_768


def write_sound(mp3: bytes, file: Path, volume: int | None) -> None:
    """Write ``mp3`` to ``file``: as it is when the name ends in ``.mp3`` and the volume is normal, else decoded.

    Raises ActionFailed that says what to install.
    """
    normal = volume in (None, 100)
    if file.suffix.lower() == ".mp3" and normal:
        file.write_bytes(mp3)
        return
    command = _command(file, 100 if volume is None else volume)
    try:
        done = subprocess.run(command, input=mp3, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ActionFailed(f"{Path(command[0]).name} took more than {_SECONDS} s to decode the sound.") from error
    if done.returncode or not file.exists() or not file.stat().st_size:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise ActionFailed(f"{Path(command[0]).name} could not decode the sound: {words[-1] if words else 'no reason'}")


def _command(file: Path, volume: int) -> list[str]:
    form = "mp3" if file.suffix.lower() == ".mp3" else "wav"
    if program := shutil.which("ffmpeg"):
        loudness = ["-af", f"volume={volume / 100:g}"] if volume != 100 else []
        # The format is named: what comes from elsewhere must not choose a demuxer that opens other files.
        source = ["-protocol_whitelist", "pipe", "-f", "mp3", "-i", "pipe:0"]
        return [program, "-v", "error", "-nostdin", "-y", *source, *loudness, "-f", form, f"file:{file}"]
    if form == "wav" and (program := shutil.which("mpg123")):
        return [program, "-q", "-f", str(_MPG123_NORMAL * volume // 100), "-w", str(file), "-"]
    raise ActionFailed("This machine has no program that decodes MP3. Install one, for instance: apt install ffmpeg")
