"""Messages: pure data and its JSON form. The wire format is fixed by ``docs/messages.md``."""

from platypush.message.base import Message
from platypush.message.codec import decode, encode

__all__ = ["Message", "decode", "encode"]
