"""What a server does that is no good MPD, or an old one: a script on a socket."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from platypush.errors import ActionFailed, BadRequest, NotFound, TooLarge, Unavailable
from platypush.plugins.music.mpd import MusicMpdPlugin

Answer = Callable[[str], bytes | None]


@dataclass
class Script:
    """Answers each line with what ``answer`` gives (None: nothing, empty: the connection ends), and notes the lines."""

    answer: Answer
    hello: bytes = b"OK MPD 0.23.5\n"
    lines: list[str] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("r", encoding="utf-8", newline="\n") as reader:
            connection.sendall(self.hello)
            for line in reader:
                self.lines.append(line.rstrip("\n"))
                answer = self.answer(line.rstrip("\n"))
                if answer == b"":
                    return
                connection.sendall(answer or b"")


Make = Callable[..., tuple[MusicMpdPlugin, Script]]


@pytest.fixture
def make() -> Iterator[Make]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plugins: list[MusicMpdPlugin] = []

        def made(answer: Answer, hello: bytes = b"OK MPD 0.23.5\n", **options: Any) -> tuple[MusicMpdPlugin, Script]:
            script = Script(answer, hello)
            threading.Thread(target=script.serve, args=(listener,), daemon=True).start()
            plugin = MusicMpdPlugin(host="127.0.0.1", port=listener.getsockname()[1], timeout=1, **options)
            plugins.append(plugin)
            return plugin, script

        yield made
        for plugin in plugins:
            plugin.on_stop()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("hello", [b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe\n", b"OK"])
def test_a_server_that_is_no_mpd_is_away(make: Make, hello: bytes) -> None:
    plugin, _ = make(lambda _: b"OK\n", hello)
    with pytest.raises(Unavailable, match=r"MPD at 127\.0\.0\.1:\d+ cannot be reached: "):
        plugin.status()


@pytest.mark.parametrize("answer", [b"", b"no pair\nOK\n", b"state: \xff\nOK\n"])
def test_an_answer_that_breaks_off_or_makes_no_sense_ends_the_connection(make: Make, answer: bytes) -> None:
    plugin, _ = make(lambda _: answer)
    for _ in range(2):
        with pytest.raises(Unavailable, match="ended the connection"):
            plugin.status()


def test_a_connection_that_mpd_closed_meanwhile_is_not_used(make: Make) -> None:
    plugin, script = make(lambda line: b"OK\n" if line != "stats" else b"state: stop\nOK\n")
    plugin._mpd.run("ping")
    plugin._mpd._pool._idle[0].interrupt()
    plugin._mpd.run("ping")
    assert script.lines == ["ping", "ping"]


@pytest.mark.parametrize(
    ("ack", "error", "text"),
    [
        (b"ACK [2@0] {play} Bad song index\n", BadRequest, "refuses play: Bad song index"),
        (b"ACK [50@0] {play} No such song\n", NotFound, "refuses play: No such song"),
        (b"ACK [4@0] {play} you don't have permission\n", ActionFailed, "Set the password in the section music.mpd"),
        (b"ACK [5@0] {} unknown command\n", ActionFailed, "unknown command"),
        (b"ACK something else\n", ActionFailed, "something else"),
    ],
)
def test_a_refusal_says_what_mpd_said(make: Make, ack: bytes, error: type[Exception], text: str) -> None:
    plugin, _ = make(lambda _: ack)
    with pytest.raises(error, match=text):
        plugin.play()


def test_an_older_mpd_gets_what_it_knows_to_insert(make: Make) -> None:
    answers = {
        "status": b"playlistlength: 5\nstate: stop\nOK\n",
        "command_list_ok_begin": None,
        'add "a.flac"': None,
        "command_list_end": b"list_OK\nOK\n",
        'move "5:" "2"': b"OK\n",
    }
    plugin, script = make(answers.__getitem__, b"OK MPD 0.21.0\n")
    plugin.add("a.flac", position=2)
    assert script.lines == [
        "status",
        "command_list_ok_begin",
        'add "a.flac"',
        "command_list_end",
        'move "5:" "2"',
        "status",
    ]


def test_a_queue_that_becomes_shorter_while_it_is_read_ends_there(make: Make) -> None:
    answers = {
        "status": b"playlistlength: 4500\nOK\n",
        'playlistinfo "0:2000"': b"file: a\nfile: b\nOK\n",
        'playlistinfo "2000:4000"': b"ACK [2@0] {playlistinfo} Bad song index\n",
    }
    plugin, _ = make(answers.__getitem__)
    assert [track["file"] for track in plugin.get_tracks().output] == ["a", "b"]


def test_a_picture_that_is_too_large_is_not_read(make: Make) -> None:
    plugin, script = make(lambda _: b"size: 9999999\nbinary: 3\nabc\nOK\n", max_picture_size=1000)
    with pytest.raises(TooLarge, match=r"9999999 bytes.*max_picture_size"):
        plugin.album_art("a.flac")
    assert script.lines == ['readpicture "a.flac" "0"']


def test_a_picture_comes_in_parts_and_only_when_it_is_one(make: Make) -> None:
    parts = {"0": b"\xff\xd8\xff", "3": b"\xe0x"}

    def answer(line: str) -> bytes:
        command, _, offset = line.replace('"', "").split(" ")
        if command == "albumart":
            return b"ACK [50@0] {albumart} No file exists\n"
        part = parts[offset]
        return b"size: 5\ntype: text/html\nbinary: %d\n%s\nOK\n" % (len(part), part)

    plugin, _ = make(answer)
    art = plugin.album_art("a.flac").output
    assert (art["type"], art["size"]) == ("image/jpeg", 5)
    parts["0"] = b"<sc"
    assert plugin.album_art("a.flac").output is None


def test_no_secret_is_in_an_error_or_in_the_log(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    plugin, _ = make(lambda _: b"ACK [3@0] {password} incorrect password\n", password="pass-phrase")
    with pytest.raises(Unavailable, match="refuses the password") as caught:
        plugin.status()
    shown = f"{caught.value!r} {caught.value.__cause__!r} {plugin._mpd._address!r} {caplog.text}"
    assert "pass-phrase" not in shown


def test_commands_that_get_no_answer_leave_no_connection_behind(make: Make) -> None:
    plugin, script = make(lambda _: None)
    failures: list[str] = []

    def ask() -> None:
        try:
            plugin.status()
        except Unavailable as error:
            failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("did not answer within 1 s" in failure for failure in failures)
    assert len(failures) == len(script.lines) == 4
    assert plugin._mpd._pool._idle == []


def test_a_command_does_not_wait_for_ever_behind_others(make: Make) -> None:
    plugin, _ = make(lambda _: b"OK\n")
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(plugin._mpd._pool.connection())
        with pytest.raises(Unavailable, match="4 calls are waiting for its answers"):
            plugin.stop()
    assert plugin._mpd.run("ping") is None


@pytest.mark.parametrize("text", ["a\nkill", "\ud800", "x" * 9000])
def test_no_argument_can_become_a_command(make: Make, text: str) -> None:
    plugin, script = make(lambda _: b"OK\n")
    with pytest.raises(BadRequest):
        plugin._mpd.run("rm", text)
    assert script.lines == []
