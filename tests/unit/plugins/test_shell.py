"""The plugin ``shell``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import ActionFailed
from platypush.plugins.shell import ShellPlugin


def shell(*args: Any, **kwargs: Any) -> Any:
    return ShellPlugin().exec(*args, **kwargs).output


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except FileNotFoundError:
        return True


def until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.01)


def test_the_output_is_returned_as_it_is() -> None:
    assert shell("echo 123") == "123\n"
    assert shell("echo out; echo err >&2") == "out\nerr\n"


def test_a_list_runs_without_a_shell() -> None:
    assert shell(["echo", "$HOME; id"]) == "$HOME; id\n"


def test_bytes_that_are_no_text_do_not_break_the_answer() -> None:
    assert shell("printf '\\377ok'") == "\ufffdok"


def test_a_failure_says_exit_status_and_output() -> None:
    with pytest.raises(ActionFailed, match="exit status 3: no such lamp") as caught:
        shell("echo no such lamp; exit 3")
    assert caught.value.details == {"exit_status": 3}
    assert shell("echo x; exit 3", ignore_errors=True) == "x\n"


def test_a_command_killed_by_a_signal_says_so() -> None:
    with pytest.raises(ActionFailed, match="killed by signal 9"):
        shell("kill -9 $$")


def test_folder_environment_and_input_are_given_to_the_command(tmp_path: Path) -> None:
    plugin = ShellPlugin(cwd=tmp_path, env={"A": "1", "B": "1"})
    output = plugin.exec('pwd; echo "$A$B"; cat', env={"B": "2"}, input="in").output
    assert output == f"{tmp_path}\n12\nin"
    with pytest.raises(NotADirectoryError, match="does not exist"):
        plugin.exec("true", cwd=tmp_path / "none")


def test_a_command_over_its_time_is_killed_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(ActionFailed, match=r"killed after 0\.3 s. It printed: started"):
        shell(f"sleep 600 & echo $! > {pid}; echo started; wait", timeout=0.3)
    until(lambda: gone(int(pid.read_text())))


def test_a_command_that_closed_its_output_is_still_bound_by_its_time() -> None:
    with pytest.raises(ActionFailed, match="killed after"):
        shell("exec >&- 2>&-; sleep 600", timeout=0.3)


def test_a_command_that_prints_without_end_is_killed() -> None:
    with pytest.raises(ActionFailed, match="more than 1000 bytes"):
        ShellPlugin(max_output=1000).exec("yes")


def test_something_left_in_the_background_does_not_hold_up_the_answer(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    assert shell(f"sleep 600 & echo $! > {pid}; echo done") == "done\n"
    os.kill(int(pid.read_text()), 9)


def test_a_background_command_is_reaped(tmp_path: Path) -> None:
    made = tmp_path / "made"
    pid = shell(f"touch {made}", background=True)["pid"]
    until(lambda: made.exists() and not Path(f"/proc/{pid}").exists())


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        shell(["no-such-program-here"])
    with pytest.raises(ActionFailed, match="exit status 127"):
        shell("no-such-program-here")
    with pytest.raises(ValueError, match="cmd is empty"):
        shell("")


def test_which_finds_programs() -> None:
    assert ShellPlugin().which("sh").output.endswith("/sh")
    assert ShellPlugin().which("no-such-program-here").output is None
