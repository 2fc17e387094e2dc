"""A small HTTP client over kept-alive connections in asyncio, for loads that wrk cannot describe."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

__all__ = ["Outcome", "Post", "post_forever", "post_once"]


@dataclass(frozen=True, slots=True)
class Post:
    """One request to send, as bytes."""

    port: int
    raw: bytes

    @classmethod
    def make(cls, port: int, body: str, headers: dict[str, str]) -> Post:
        """A POST of JSON to ``/execute``."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST /execute HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body.encode())}\r\n{lines}\r\n"
        )
        return cls(port, head.encode() + body.encode())


@dataclass(slots=True)
class Outcome:
    """What became of many requests: seconds of each good one, and why others failed."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The latency, in seconds, that ``share`` of the good requests did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    await reader.readexactly(length)
    return status, b"connection: close" not in head.lower()


async def post_once(post: Post, outcome: Outcome) -> None:
    """Send one request over a connection of its own and note what became of it."""
    started = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write(post.raw)
        status, _ = await _answer(reader)
        writer.close()
    except (OSError, EOFError, asyncio.IncompleteReadError) as error:
        outcome.failures.append(type(error).__name__)
        return
    if status == 200:
        outcome.seconds.append(time.monotonic() - started)
    else:
        outcome.failures.append(str(status))


async def post_forever(post: Post, outcome: Outcome, stop: asyncio.Event) -> None:
    """Send one request after the other over one connection, opened anew after a failure, until ``stop``."""
    writer: asyncio.StreamWriter | None = None
    reader: asyncio.StreamReader | None = None
    while not stop.is_set():
        started = time.monotonic()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
            writer.write(post.raw)
            status, kept = await _answer(reader)
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            outcome.failures.append(type(error).__name__)
            reader = writer = None
            await asyncio.sleep(0.01)
            continue
        if status == 200:
            outcome.seconds.append(time.monotonic() - started)
        else:
            outcome.failures.append(str(status))
        if not kept:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()
