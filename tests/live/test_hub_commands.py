"""The command line and the daemon's life: start, refusals, reload, stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.deaths import gone
from tests.running.hub import ROOT, Hub, hub_folder, running_daemon, running_hub

pytestmark = pytest.mark.live

HOOK = """
from platypush.event.hook import hook
from platypush.message.event.http.hook import WebhookEvent


@hook(WebhookEvent, hook='greet')
def greet(event):
    return {'greeting': '%s'}
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with one hook, on the built-in server, which starts fastest."""
    with running_hub(tmp_path / "hub", uwsgi_args=None, scripts={"hooks.py": HOOK % "hello"}) as running:
        yield running


def start(*argv: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to end by itself."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_status_tells_what_runs(hub: Hub) -> None:
    text = hub.command("status")
    assert f"http://127.0.0.1:{hub.port}/" in text
    assert "hooks: 1" in text
    assert "problems: none" in text
    assert json.loads(hub.command("status", "--json"))["plugins"]["utils"]["status"] == "loaded"


def test_call_runs_an_action_and_its_exit_status_tells_how_it_went(hub: Hub) -> None:
    assert json.loads(hub.command("call", "config.get_device_id")) == "tests"
    assert hub.command("call", "utils.sleep", "seconds:=0") == ""
    wrong = hub.run("call", "utils.sleep", "seconds=soon")
    assert wrong.returncode == 1
    assert "'seconds'" in wrong.stderr
    unknown = hub.run("call", "utils.slep", "seconds:=0")
    assert "sleep" in unknown.stderr


def test_a_reload_takes_changed_scripts_over_and_names_what_needs_a_restart(hub: Hub) -> None:
    scripts = hub.config.parent / "scripts"
    (scripts / "hooks.py").write_text(HOOK % "good morning")
    (scripts / "more.py").write_text(HOOK.replace("'greet'", "'wave'").replace("def greet", "def wave") % "bye")
    hub.config.write_text(hub.config.read_text().replace("device_id: tests", "device_id: other"))
    result = hub.run("reload")
    assert result.returncode == 0, result.stderr
    assert "hook more.wave added" in result.stdout
    assert "device_id" in result.stderr
    assert hub.request("GET", "/hook/greet").json() == {"greeting": "good morning"}
    assert hub.request("GET", "/hook/wave").json() == {"greeting": "bye"}


@pytest.mark.parametrize("broken", ["yaml", "section", "script", "log"])
def test_a_reload_of_something_broken_is_refused_with_its_place_and_nothing_changes(hub: Hub, broken: str) -> None:
    good = hub.config.read_text()
    if broken == "yaml":
        hub.config.write_text(good + "oops: [\n")
    elif broken == "section":
        hub.config.write_text(good.replace("  bind_address", "  bind_adress"))
    elif broken == "log":
        (hub.config.parent / "scripts" / "hooks.py").write_text(HOOK % "changed")
        hub.config.write_text(f"{good}logging: {{filename: {hub.config}/hub.log}}\n")
    else:
        (hub.config.parent / "scripts" / "hooks.py").write_text("def broken(:\n")
    result = hub.run("reload")
    assert result.returncode == 1
    assert {"script": "hooks.py:1", "log": "hub.log"}.get(broken, "config.yaml:") in result.stderr
    assert hub.request("GET", "/hook/greet").json() == {"greeting": "hello"}
    assert hub.command("status")


def test_a_hangup_signal_reloads_and_its_failure_is_in_the_log_only(hub: Hub) -> None:
    (hub.config.parent / "scripts" / "hooks.py").write_text(HOOK % "hup")
    os.kill(hub.pid, signal.SIGHUP)
    deadline = time.monotonic() + 20
    while hub.request("GET", "/hook/greet").json() != {"greeting": "hup"}:
        assert time.monotonic() < deadline, hub.log.read_text()


def test_a_second_daemon_on_the_same_folder_is_refused_with_the_pid_of_the_first(hub: Hub) -> None:
    second = hub.run("run")
    assert second.returncode == 1
    assert str(hub.pid) in second.stderr
    assert hub.request("GET", "/health").status == 200


def test_a_termination_signal_ends_everything_with_status_0(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        family = hub.pids()
        assert len(family) >= 4
        os.kill(hub.pid, signal.SIGTERM)
        assert os.waitpid(hub.pid, 0)[1] == 0
        assert all(gone(pid) for pid in family)
        assert not (hub.workdir / "run" / "bus.sock").exists()


def test_a_taken_port_stops_the_start_with_its_number_and_the_mend(hub: Hub, tmp_path: Path) -> None:
    other = hub_folder(tmp_path / "other", port=hub.port, user=False)
    result = start(*other.argv("run"))
    assert result.returncode == 1
    assert str(hub.port) in result.stderr
    assert "Traceback" not in result.stderr


def test_every_error_of_a_broken_configuration_is_told_at_once(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub", http="  prot: 1\n", config="limits:\n  calls: many\n", user=False)
    result = start(*folder.argv("run"))
    assert result.returncode == 1
    assert "Did you mean 'port'?" in result.stderr
    assert "limits.calls" in result.stderr
    assert "Traceback" not in result.stderr


def test_check_tells_errors_of_every_kind_and_ends_with_status_1(tmp_path: Path) -> None:
    folder = hub_folder(
        tmp_path / "hub",
        config="shel:\ncron.bad:\n  cron_expression: 'often'\n  actions:\n    - action: utils.sleep\n",
        scripts={"broken.py": "1/0\n"},
        user=False,
    )
    result = start(*folder.argv("check"))
    assert result.returncode == 1
    for expected in ("'shell'", "often", "broken.py:1", "ZeroDivisionError"):
        assert expected in result.stdout + result.stderr


def test_check_is_content_with_a_running_hub(hub: Hub) -> None:
    result = hub.run("check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_fails_beside_the_core_is_a_state_and_the_rest_runs(tmp_path: Path) -> None:
    config = "shel:\nbackend.nothing:\nbackend.http.port: 1\n"
    scripts = {"good.py": HOOK % "hello", "broken.py": "import nothing_of_that_name\n"}
    with running_hub(tmp_path / "hub", uwsgi_args=None, config=config, scripts=scripts) as hub:
        assert hub.request("GET", "/hook/greet").status == 200
        status = hub.run("status")
        assert status.returncode == 1
        for expected in ("shel", "nothing", "broken.py:1"):
            assert expected in status.stdout


def test_the_hub_refuses_to_run_without_assertions(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub", user=False)
    for argv, env in (([sys.executable, "-O"], {}), ([sys.executable], {"PYTHONOPTIMIZE": "1"})):
        result = start(*argv, *folder.argv("run")[1:], env=env)
        assert result.returncode == 1
        assert "assert" in result.stderr


def test_a_mistyped_command_gets_a_suggestion(tmp_path: Path) -> None:
    result = start(sys.executable, "-m", "platypush", "statsu")
    assert result.returncode == 2
    assert "'status'" in result.stderr


def test_without_a_hub_a_command_says_that_none_runs(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub", user=False)
    result = start(*folder.argv("status"))
    assert result.returncode == 1
    assert "The hub does not run" in result.stderr


def test_durable_webhooks_survive_the_daemon(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    script = (
        "import time\nfrom pathlib import Path\nfrom platypush.event.hook import hook\n"
        "from platypush.message.event.http.hook import WebhookEvent\n\n"
        "@hook(WebhookEvent, hook='later', durable=True)\ndef later(event):\n"
        f"    while not Path({str(tmp_path / 'go')!r}).exists():\n        time.sleep(0.05)\n"
        f"    with open({str(out)!r}, 'a') as file:\n        file.write(event.data + '\\n')\n"
    )
    with running_hub(tmp_path / "hub", uwsgi_args=None, scripts={"later.py": script}) as first:
        assert first.request("POST", "/hook/later", "once").status == 202
        os.kill(first.pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    folder = hub_folder(tmp_path / "hub", user=False, scripts={"later.py": script}, http="  run_externally: true\n")
    with running_daemon(folder):
        for _ in range(200):
            if out.exists():
                break
            start("sleep", "0.05")
    assert out.read_text() == "once\n"
