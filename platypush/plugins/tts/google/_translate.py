"""Speech from Google Translate. What is sent and how it is split is gtts's; the request itself is the hub's own:
gtts would look at no certificate, and go wherever the environment's proxies lead."""

from __future__ import annotations

import base64
import binascii
import re

from gtts import gTTS
from gtts.lang import tts_langs

from platypush._lib.suggest import did_you_mean
from platypush.errors import ActionFailed, BadRequest
from platypush.outgoing.exchange import Exchange

__all__ = ["Translate", "language_code", "languages"]

_PATH = "/_/TranslateWebserverUi/data/batchexecute"
_SOUND = re.compile(r'jQ1olc","\[\\"([A-Za-z0-9+/=]*)\\"\]')


class Translate:
    """Google Translate at ``base_url``. Thread-safe."""

    def __init__(self, exchange: Exchange, base_url: str) -> None:
        self._exchange = exchange
        self._url = base_url.rstrip("/") + _PATH

    def speech(self, text: str, language: str, *, slow: bool) -> bytes:
        """``text`` as MP3. Raises like ``Exchange.request``, and ActionFailed for an answer without sound."""
        spoken = gTTS(text, lang=language, slow=slow, lang_check=False)
        try:
            bodies = spoken.get_bodies()
        except AssertionError as error:
            raise BadRequest("There is nothing in the text that could be said.") from error
        return b"".join(self._part(body) for body in bodies)

    def _part(self, body: str | bytes) -> bytes:
        answer = self._exchange.request("POST", self._url, data=body, headers=dict(gTTS.GOOGLE_TTS_HEADERS))
        found = _SOUND.search(answer.body.decode("utf-8", "replace"))
        try:
            sound = base64.b64decode(found[1], validate=True) if found else b""
        except binascii.Error:
            sound = b""
        if not sound:
            raise ActionFailed(
                "Google Translate answered without sound. It may have changed, or refuse so many texts: try later, or "
                "upgrade gtts."
            )
        return sound


def languages() -> dict[str, str]:
    """The languages by their codes."""
    return dict(tts_langs())


def language_code(name: str) -> str:
    """The code by which Google knows a language, written like ``de``, ``de-AT`` or ``pt_pt``. Raises BadRequest."""
    known = {code.lower(): code for code in languages()}
    wanted = name.strip().lower().replace("_", "-")
    code = known.get(wanted) or known.get(wanted.partition("-")[0])
    if code is None:
        close = did_you_mean(wanted, known)
        raise BadRequest(f"Google has no language {name!r}.{close} tts.google.get_languages lists them.")
    return code
