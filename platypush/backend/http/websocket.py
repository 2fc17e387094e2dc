"""The websocket server of the daemon: events to clients, requests from them, on one port beside the web server.

A thread of its own runs an asyncio loop. Passwords, SQL and actions run in other threads, in bounded numbers, so that
the loop only ever moves bytes. ``docs/websocket.md`` describes what clients see.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from platypush._lib.ids import new_id
from platypush._lib.threads import WorkerPool
from platypush.backend.http.websocket_client import Limits, WebClient
from platypush.backend.http.websocket_events import View, event_frame, patterns_of_query
from platypush.backend.http.websocket_fanout import FanOut
from platypush.backend.http.websocket_handshake import Resolver, check_origin, read_opening, refusal
from platypush.backend.http.websocket_requests import Authenticate, Exchange, Handle, answer, error_message
from platypush.backend.http.websocket_watch import Watch
from platypush.errors import Busy, NotAuthenticated, PlatypushError, TimeLimit, Unavailable
from platypush.message.event import Event

__all__ = ["WebsocketServer", "WebsocketSettings", "WebsocketStatus"]

T = TypeVar("T")

_logger = logging.getLogger(__name__)
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_CLOSE_SECONDS = 3.0
_UNIX_PEER = "unix"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsocketSettings:
    """Where to listen and how much to take on; times in seconds, sizes in bytes."""

    host: str = "0.0.0.0"  # noqa: S104 - the default of the specification
    port: int = 8009
    sock: socket.socket | None = None
    """A bound socket to listen on in place of ``host`` and ``port``."""
    ssl_context: ssl.SSLContext | None = None
    allowed_hosts: frozenset[str] = frozenset()
    """Host names, beside the one that a request names, whose pages may use a session cookie."""
    request_body: int = 16 * 1024 * 1024
    """The largest message that a client may send."""
    action_time: float = 60
    workers: int = 64
    """Requests of all clients together that run at once; more of them wait."""
    client_requests: int = 16
    """Requests of one client that are unanswered at once; one more is refused."""
    max_clients: int = 10_000
    client_limits: Limits = Limits()  # noqa: RUF009 - frozen
    ping_interval: float = 20
    ping_timeout: float = 20
    backlog: int = 1024


@dataclass(frozen=True, slots=True)
class WebsocketStatus:
    """Figures since the start: ``sent`` counts deliveries, ``dropped`` clients that were too slow, ``lost`` events."""

    clients: int
    sent: int
    dropped: int
    refused: int
    lost: int


class WebsocketServer:
    """Serves websocket clients from ``start`` to ``stop``.

    Args:
        settings: where to listen, and limits.
        authenticate: whose a credential is; raises PlatypushError subclasses. Called in threads, may block.
        handle: authorises and runs a request or event; the dispatcher's ``handle``. Called in threads, may block.
        generation: the installation's counter of revocations; cheap.
        resolve: finds the client behind trusted proxies; None believes no forwarding header.
        revalidate: ``authenticate`` for connections that are open; by default the same.
    """

    def __init__(
        self,
        settings: WebsocketSettings,
        *,
        authenticate: Authenticate,
        handle: Handle,
        generation: Callable[[], int],
        resolve: Resolver | None = None,
        revalidate: Authenticate | None = None,
    ) -> None:
        self._settings = settings
        self._authenticate = authenticate
        self._revalidate = revalidate or authenticate
        self._handle = handle
        self._generation = generation
        self._resolve = resolve
        self._clients: set[WebClient] = set()
        self._connected: set[WebClient] = set()
        self._present = 0
        self._refused = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fan_out: FanOut | None = None
        self._watch: Watch | None = None
        self._ending: asyncio.Event | None = None
        self._port = settings.port
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._checks = WorkerPool("websocket-auth", 4)
        self._calls = WorkerPool("websocket-call", settings.workers)

    @property
    def port(self) -> int:
        """The port it listens on; the real one where 0 was asked for."""
        return self._port

    def start(self) -> None:
        """Listen and serve in threads of its own, once. Raises OSError when it cannot listen."""
        self._thread = threading.Thread(target=self._run, name="websocket", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise Unavailable("The websocket server did not start in time.")
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Close all connections with code 1001 and end. From any thread but the loop's; a second time does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._ending is not None and thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
        thread.join(_STOP_SECONDS)
        self._checks.stop(0)
        self._calls.stop(0)

    def notify(self, event: Event) -> None:
        """Hand ``event`` to every client that may see it and asked for it. From any thread; returns at once.

        It is encoded here, once. Events that are kept off the websocket are skipped.
        """
        if self._present and self._fan_out is not None and not event.disable_web_clients_notification:
            try:
                self._fan_out.post(event_frame(event))
            except RuntimeError:  # the loop is closed: the server stopped meanwhile
                return

    def status(self) -> WebsocketStatus:
        """Figures for metrics and for the status command. From any thread."""
        out = self._fan_out
        counts = (out.sent, out.dropped, out.lost) if out else (0, 0, 0)
        return WebsocketStatus(len(self._clients), counts[0], counts[1], self._refused, counts[2])

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as error:  # boundary: the top of the thread hands it to start()
            self._failure = error
            if self._ready.is_set():
                _logger.exception("The websocket server ended")
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        self._fan_out = FanOut(self._loop, self._clients)
        self._watch = Watch(self._clients, self._generation, self._revalidate, partial(self._in_thread, self._checks))
        server = await self._listen()
        background = [asyncio.create_task(self._fan_out.run()), asyncio.create_task(self._watch.run())]
        ending = asyncio.create_task(self._ending.wait())
        self._ready.set()
        try:
            # Neither task ends by itself: if one fails the server fails, rather than go on half alive.
            done, _ = await asyncio.wait((ending, *background), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (ending, *background):
                task.cancel()
            await self._close(server)

    async def _listen(self) -> Server:
        settings = self._settings
        where = {"sock": settings.sock} if settings.sock is not None else {"host": settings.host, "port": settings.port}
        server = await serve(
            self._serve,
            **where,
            ssl=settings.ssl_context,
            process_request=self._open,
            create_connection=cast(type[ServerConnection], partial(WebClient, self._connected)),
            compression=None,  # one encoding for all clients, and no memory for a window of each
            server_header=None,
            max_size=settings.request_body,
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            close_timeout=2,
            backlog=settings.backlog,
            logger=logging.getLogger("websockets.server"),
        )
        address = next(iter(server.sockets)).getsockname()
        self._port = address[1] if isinstance(address, tuple) else 0
        return server

    async def _close(self, server: Server) -> None:
        server.close(code=1001)
        for client in tuple(self._connected):
            if client in self._clients:
                client.end(1001, "the hub stops")
            else:
                client.cut()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await server.wait_closed()
        except TimeoutError:
            # What is left when this coroutine ends is cancelled with the loop.
            for client in tuple(self._connected):
                client.cut()

    async def _open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Authenticate a handshake: None lets it go on."""
        request_id = new_id()
        try:
            await self._admit(_client(connection), request)
        except PlatypushError as error:
            self._refused += 1
            _logger.info("Refused a websocket client (request %s): %s", request_id, error.code)
            return refusal(error, request_id)
        # Counted before the client knows, so that no event is skipped that is posted as soon as it does.
        self._present += 1
        connection.connection_lost_waiter.add_done_callback(self._left)
        return None

    async def _admit(self, client: WebClient, request: Request) -> None:
        if self._present >= self._settings.max_clients:
            raise Busy("The hub has as many websocket clients as it takes. Try again later.", retry_after=5)
        peer = client.remote_address
        address = peer[0] if isinstance(peer, tuple) else _UNIX_PEER
        secure = self._settings.ssl_context is not None
        opening = read_opening(request, address, secure=secure, resolve=self._resolve)
        check_origin(opening, self._settings.allowed_hosts)
        patterns = patterns_of_query(opening.query)
        generation = self._generation()
        credential = opening.credential
        # Also for None: without any user the answer is another one.
        principal = await self._in_thread(self._checks, lambda: self._authenticate(credential, opening.address))
        if credential is None:
            raise NotAuthenticated
        client.credential = credential
        client.principal = principal
        client.address = opening.address
        client.view = View(patterns, principal.scopes)
        client.limits = self._settings.client_limits
        client.generation = generation

    def _left(self, _: object) -> None:
        self._present -= 1

    async def _serve(self, connection: ServerConnection) -> None:
        """Serve one client from the end of its handshake to the end of its connection."""
        client = _client(connection)
        self._clients.add(client)
        if self._watch is not None:
            self._watch.joined(client.generation)
        try:
            async for message in client:
                if client.in_flight >= self._settings.client_requests:
                    refused = Busy("Too many requests of this connection are unanswered. This one did not run.")
                    await client.reply(error_message(refused, self._exchange(client, message)))
                    continue
                client.in_flight += 1
                task = asyncio.create_task(self._answer(client, self._exchange(client, message)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except ConnectionClosed:
            return
        finally:
            self._clients.discard(client)

    def _exchange(self, client: WebClient, message: str | bytes) -> Exchange:
        deadline = time.monotonic() + self._settings.action_time
        return Exchange(message, client.credential, client.address, deadline, lambda: client.is_open, client.subscribe)

    async def _answer(self, client: WebClient, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(self._settings.action_time):
                data = await self._in_thread(self._calls, lambda: answer(exchange, self._revalidate, self._handle))
        except TimeoutError:
            data = error_message(TimeLimit(), exchange)
        except Exception:  # boundary: what a request breaks must reach its sender as an answer
            _logger.exception("A message of a websocket client failed (request %s)", exchange.request_id)
            data = error_message(PlatypushError(), exchange)
        finally:
            client.in_flight -= 1
        if data is not None:
            await client.reply(data)

    async def _in_thread(self, pool: WorkerPool, function: Callable[[], T]) -> T:
        """Run ``function`` in ``pool``; cancelled, it runs on and nobody gets its result."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def job() -> None:
            try:
                outcome: tuple[T | None, BaseException | None] = (function(), None)
            except Exception as error:  # noqa: BLE001 - handed to the coroutine that waits
                outcome = (None, error)
            try:
                loop.call_soon_threadsafe(settle, *outcome)
            except RuntimeError:  # the loop is closed: the server stopped meanwhile
                return

        if not pool.submit(job):
            raise Unavailable("The hub stops. The request did not run.")
        return await future


def _client(connection: ServerConnection) -> WebClient:
    # What create_connection made, which the library's types do not tell.
    return cast(WebClient, connection)
