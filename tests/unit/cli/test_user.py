"""``platypush user``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

from platypush.errors import BadRequest, Conflict, NotAuthenticated, NotFound
from platypush.user.service import UserSettings, open_users
from tests.unit.cli.conftest import Run

PASSWORD = "correct horse"


def fine(result: Result) -> str:
    assert result.exception is None, result.output
    assert result.exit_code == 0, result.output
    return result.stdout


def add(run: Run, name: str = "alice") -> None:
    fine(run("user", "add", name, "--password-stdin", input=f"{PASSWORD}\n"))


def sign_in(tmp_path: Path, name: str, password: str) -> None:
    users = open_users(UserSettings(url=f"sqlite:///{tmp_path}/work/main.db", workdir=tmp_path / "work"))
    try:
        users.sign_in(name, password, "")
    finally:
        users.close()


def test_a_user_is_added_and_can_sign_in(run: Run, tmp_path: Path) -> None:
    add(run)
    sign_in(tmp_path, "alice", PASSWORD)


def test_the_password_is_typed_twice_and_not_shown(run: Run, tmp_path: Path) -> None:
    result = run("user", "add", "alice", input=f"{PASSWORD}\n{PASSWORD}\n")
    fine(result)
    assert PASSWORD not in result.output
    sign_in(tmp_path, "alice", PASSWORD)


def test_there_is_no_option_that_would_show_a_password_to_other_users(run: Run) -> None:
    assert run("user", "add", "alice", "--password", PASSWORD).exit_code == 2


def test_an_empty_standard_input_is_no_password(run: Run) -> None:
    result = run("user", "add", "alice", "--password-stdin", input="")
    assert result.exit_code == 2
    assert "standard input" in result.stderr


@pytest.mark.parametrize(("name", "password"), [("alice", "short"), ("a:b", PASSWORD)])
def test_what_is_not_accepted_adds_nobody(run: Run, name: str, password: str) -> None:
    result = run("user", "add", name, "--password-stdin", input=f"{password}\n")
    assert isinstance(result.exception, BadRequest)
    assert "There is no user yet" in run("user", "list").stderr


def test_a_second_user_is_added_and_a_name_is_taken_once(run: Run) -> None:
    add(run)
    add(run, "bob")
    result = run("user", "add", "bob", "--password-stdin", input=f"{PASSWORD}\n")
    assert isinstance(result.exception, Conflict)


def test_the_first_user_uses_the_registration_code_up(run: Run, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "registration.code").write_text("ABCD-EFGH-JKLM\n")
    add(run)
    assert not (tmp_path / "work" / "registration.code").exists()


def test_users_are_listed(run: Run) -> None:
    add(run, "bob")
    add(run)
    lines = fine(run("user", "list")).splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "alice", "bob"]


def test_a_forgotten_password_is_replaced(run: Run, tmp_path: Path) -> None:
    add(run)
    fine(run("user", "password", "alice", "--password-stdin", input="battery staple\n"))
    sign_in(tmp_path, "alice", "battery staple")
    with pytest.raises(NotAuthenticated):
        sign_in(tmp_path, "alice", PASSWORD)


@pytest.mark.parametrize("command", ["password", "delete"])
def test_an_unknown_name_is_answered_with_those_that_there_are(run: Run, command: str) -> None:
    add(run)
    result = run("user", command, "bob")
    assert isinstance(result.exception, NotFound)
    assert "alice" in str(result.exception)


def test_a_user_is_removed_after_a_question_that_names_the_consequence(run: Run) -> None:
    add(run)
    refused = run("user", "delete", "alice", input="n\n")
    assert refused.exit_code == 1
    assert "last user" in refused.stderr
    assert "alice" in fine(run("user", "list"))
    fine(run("user", "delete", "alice", input="y\n"))
    assert fine(run("user", "list")) == ""


def test_a_script_removes_a_user_without_the_question(run: Run) -> None:
    add(run)
    fine(run("user", "delete", "alice", "--yes"))


def test_the_options_of_the_installation_may_follow_the_command(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    fine(run("user", "add", "carol", "--password-stdin", "-w", str(other), input=f"{PASSWORD}\n"))
    assert (other / "main.db").exists()
    assert not (tmp_path / "work" / "main.db").exists()
