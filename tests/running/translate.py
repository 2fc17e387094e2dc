"""A stand-in of Google Translate's speech: answers as it does, with a sound of the test's own."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.running.web import Asked, Page, Web, running_web

__all__ = ["PATH", "Translator", "running_translator"]

PATH = "/_/TranslateWebserverUi/data/batchexecute"


@dataclass
class Translator:
    """The stand-in. ``said`` has text, language and slowness of each part that was asked for."""

    web: Web
    sound: bytes
    said: list[tuple[str, str, bool | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """For ``base_url``."""
        return self.web.url

    def answer(self, asked: Asked) -> Page:
        """What Google answers to ``asked``: a guard line, then chunks of JSON with the sound in Base64."""
        ((name, inner, *_),) = json.loads(parse_qs(asked.body.decode())["f.req"][0])[0]
        text, language, slow, _ = json.loads(inner)
        self.said.append((text, language, slow))
        sound = base64.b64encode(self.sound).decode()
        chunk = json.dumps(
            [["wrb.fr", name, json.dumps([sound]), None, None, None, "generic"], ["di", 59]], separators=(",", ":")
        )
        return Page(f')]}}\'\n\n{len(chunk)}\n{chunk}\n25\n[["e",4,null,null,140]]\n', conditional=False)


@contextlib.contextmanager
def running_translator(before: Translator | None = None) -> Iterator[Translator]:
    """The stand-in on a free port, or where that of ``before`` was."""
    with running_web(before.web if before else None) as web:
        translator = before or Translator(web, _tone())
        web.pages[PATH] = translator.answer
        yield translator


def _tone() -> bytes:
    """A third of a second of 440 Hz, as MP3."""
    source = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.3"]
    command = ["ffmpeg", "-v", "error", "-nostdin", *source, "-f", "mp3", "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True).stdout
