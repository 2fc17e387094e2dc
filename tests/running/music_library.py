"""A small library of tagged audio files, made by ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["ALBUM", "COVER", "LOOSE", "QUOTED", "SECONDS", "TRACKS", "make_library"]

SECONDS = 30
ALBUM = "Elbow/Asleep in the Back"
COVER = f"{ALBUM}/cover.jpg"
QUOTED = 'Björk + 東京/It\'s "quoted" \\ & 100% #1?.flac'
LOOSE = "loose.flac"
TRACKS: dict[str, dict[str, str]] = {
    f"{ALBUM}/01 Any Day Now.flac": {
        "title": "Any Day Now",
        "artist": "Elbow",
        "album": "Asleep in the Back",
        "album_artist": "Elbow",
        "track": "1",
        "date": "2001",
        "genre": "Rock",
    },
    f"{ALBUM}/02 Red.flac": {
        "title": "Red",
        "artist": "Elbow",
        "album": "Asleep in the Back",
        "album_artist": "Elbow",
        "track": "2",
        "date": "2001",
        "genre": "Rock",
    },
    QUOTED: {"title": 'Jóga "it\'s" 東京', "artist": "Björk", "album": "Homogenic", "track": "2", "date": "1997"},
    LOOSE: {},
}


def make_library(folder: Path) -> Path:
    """Write the files below ``folder``: sounds of ``SECONDS``, the first track with a picture in it, its album with a
    ``cover.jpg``."""
    cover = folder / COVER
    cover.parent.mkdir(parents=True)
    _ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", str(cover))
    for number, (name, tags) in enumerate(TRACKS.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = ["-f", "lavfi", "-i", f"sine=frequency={300 + 100 * number}:sample_rate=8000:duration={SECONDS}"]
        picture = ["-i", str(cover), "-map", "0", "-map", "1", "-disposition:v", "attached_pic"] if number == 0 else []
        written = [part for key, value in tags.items() for part in ("-metadata", f"{key}={value}")]
        _ffmpeg(*sound, *picture, "-c:v", "copy", *written, str(path))
    return folder


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)
