"""``deploy/run`` and ``deploy/test``: what they set up, when, and what they say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.conftest import Checkout

INSTALLED = ["venv", "pip uwsgi>=2"]


def editable(checkout: Checkout, extras: str = "all") -> str:
    return f"pip {checkout.path}[{extras}]"


def test_the_first_start_makes_the_environment_and_runs_the_hub_with_the_arguments(checkout: Checkout) -> None:
    result = checkout.run("-c", "my config.yaml")
    assert result.returncode == 0
    assert result.stdout == "hub: run|-c|my config.yaml\n"
    assert checkout.calls == [*INSTALLED, editable(checkout)]
    assert "Making a virtual environment with Python 3.12.1" in result.stderr
    assert "Compiling uWSGI" in result.stderr


def test_the_next_start_sets_nothing_up_and_says_nothing(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    result = checkout.run()
    assert (result.stdout, result.stderr) == ("hub: run\n", "")
    assert checkout.calls == []


def test_it_starts_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "hub").symlink_to(checkout.path / "deploy" / "run")
    (checkout.bin / "hub").symlink_to("../hub")
    result = subprocess.run([checkout.bin / "hub"], env=checkout.environ, capture_output=True, text=True, check=True)
    assert result.stdout == "hub: run\n"


def test_help_needs_no_setup(checkout: Checkout) -> None:
    result = checkout.run("-v", "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: deploy/run [OPTIONS]")
    assert not checkout.venv.exists()


def test_help_shows_the_options_of_the_hub_once_there_is_one(checkout: Checkout) -> None:
    checkout.run()
    assert checkout.run("-h").stdout.endswith("Options:\n  -c, --config PATH\n")


def test_a_changed_requirement_is_installed(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    setup = checkout.path / "setup.cfg"
    setup.write_text(setup.read_text().replace("flask", "flask\n    gevent"))
    checkout.run()
    assert checkout.calls == ["pip uwsgi>=2", editable(checkout)]


def test_a_changed_setting_of_another_tool_installs_nothing(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    setup = checkout.path / "setup.cfg"
    setup.write_text(setup.read_text().replace("strict = True", "strict = False"))
    checkout.run()
    assert checkout.calls == []


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    old, checkout.path = checkout.path, checkout.path.with_name("moved")
    shutil.move(old, checkout.path)
    result = checkout.run()
    assert result.stdout == "hub: run\n"
    assert f"was made in {old}/.venv" in result.stderr
    assert checkout.calls == [*INSTALLED, editable(checkout)]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    (checkout.venv / "bin" / "python").unlink()
    (checkout.venv / "bin" / "python").symlink_to("/usr/bin/python-that-was-removed")
    result = checkout.run()
    assert "python-that-was-removed, is gone" in result.stderr
    assert checkout.calls == [*INSTALLED, editable(checkout)]


def test_another_python_can_be_named_and_the_environment_follows(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    shutil.copy(checkout.bin / "python3", checkout.bin / "my python")
    result = checkout.run(PLATYPUSH_PYTHON="my python")
    assert "names another Python" in result.stderr
    assert checkout.calls == [*INSTALLED, editable(checkout)]
    checkout.forget_calls()
    assert checkout.run(PLATYPUSH_PYTHON="my python").stderr == ""
    assert checkout.calls == []


def test_an_environment_of_somebody_else_is_used_but_never_removed(checkout: Checkout) -> None:
    theirs = checkout.path / "theirs"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin" / "python").symlink_to(checkout.bin / "python3")
    (theirs / "precious").touch()
    assert checkout.run(PLATYPUSH_VENV=str(theirs)).stdout == "hub: run\n"
    assert checkout.calls == ["pip uwsgi>=2", editable(checkout)]
    (theirs / "bin" / "python").unlink()
    (theirs / "bin" / "python").symlink_to("/gone")
    result = checkout.run(PLATYPUSH_VENV=str(theirs))
    assert result.returncode == 1
    assert "left alone. Remove it, or set PLATYPUSH_VENV" in result.stderr
    assert (theirs / "precious").exists()


@pytest.mark.parametrize("step", ["venv", "pip"])
def test_an_interrupted_setup_ends_at_once_and_is_done_anew(checkout: Checkout, step: str) -> None:
    process = checkout.start(WAIT=step)
    checkout.wait_for_call("venv" if step == "venv" else "pip uwsgi>=2")
    checkout.interrupt(process)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert "Interrupted" in err
    checkout.forget_calls()
    result = checkout.run()
    assert result.stdout == "hub: run\n"
    assert "The last set-up was interrupted" in result.stderr
    assert checkout.calls == [*INSTALLED, editable(checkout)]


def test_an_interrupted_change_does_not_count_as_done_when_it_is_taken_back(checkout: Checkout) -> None:
    checkout.run()
    setup = checkout.path / "setup.cfg"
    before = setup.read_text()
    setup.write_text(before.replace("flask", "gevent"))
    checkout.forget_calls()
    process = checkout.start(WAIT="pip")
    checkout.wait_for_call("pip uwsgi>=2")
    checkout.interrupt(process)
    process.communicate(timeout=20)
    setup.write_text(before)
    assert "The last set-up was interrupted" in checkout.run().stderr


def test_a_failed_installation_shows_why_and_is_tried_again_in_the_same_environment(checkout: Checkout) -> None:
    result = checkout.run(FAIL="pip")
    assert result.returncode == 1
    assert "no room on the disk" in result.stderr
    assert str(checkout.venv / ".platypush" / "setup.log") in result.stderr
    checkout.forget_calls()
    assert checkout.run().stdout == "hub: run\n"
    assert checkout.calls == ["pip uwsgi>=2", editable(checkout)]


def test_two_starts_at_once_set_up_once(checkout: Checkout) -> None:
    first = checkout.start(WAIT="pip")
    checkout.wait_for_call("pip uwsgi>=2")
    second = checkout.start()
    assert second.stderr is not None
    assert "Waiting for another set-up" in second.stderr.readline()
    checkout.go()
    for process in (first, second):
        assert process.communicate(timeout=20)[0] == "hub: run\n"
    assert checkout.calls == [*INSTALLED, editable(checkout)]


def test_a_checkout_that_cannot_be_written_to_is_explained(checkout: Checkout) -> None:
    (checkout.path / ".venv").write_text("a file where the folder should be")
    result = checkout.run()
    assert result.returncode == 1
    assert "ann cannot write to" in result.stderr


def test_the_tests_get_their_arguments_and_run_in_the_checkout(checkout: Checkout) -> None:
    result = checkout.run("-k", "a b", script="test")
    assert result.stdout == f"pytest in {checkout.path}: -k a b\n"
    assert checkout.calls[-1] == editable(checkout, "all,test")


def test_what_was_installed_for_the_tests_is_enough_for_the_hub(checkout: Checkout) -> None:
    checkout.run(script="test")
    checkout.forget_calls()
    checkout.run()
    assert checkout.calls == []


def test_the_tests_need_more_than_the_hub(checkout: Checkout) -> None:
    checkout.run()
    checkout.forget_calls()
    checkout.run(script="test")
    assert checkout.calls == ["pip uwsgi>=2", editable(checkout, "all,test")]
