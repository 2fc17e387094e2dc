"""``platypush token``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

from platypush.errors import BadRequest, NotFound
from platypush.message.envelope import Principal
from platypush.user.credentials import Credential
from platypush.user.service import UserSettings, open_users
from tests.unit.cli.conftest import Run


def fine(result: Result) -> str:
    assert result.exception is None, result.output
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def alice(run: Run) -> None:
    fine(run("user", "add", "alice", "--password-stdin", input="correct horse\n"))


def authenticate(tmp_path: Path, secret: str) -> Principal:
    users = open_users(UserSettings(url=f"sqlite:///{tmp_path}/work/main.db", workdir=tmp_path / "work"))
    try:
        return users.authenticate(Credential("token", secret, "authorization"), "")
    finally:
        users.close()


def test_a_token_is_printed_alone_so_that_scripts_can_take_it(run: Run, tmp_path: Path) -> None:
    secret = fine(run("token", "create", "phone", "--user", "alice"))
    assert secret.startswith("pp_")
    assert len(secret.split()) == 1
    assert authenticate(tmp_path, secret.strip()).user == "alice"


def test_a_token_is_restricted_by_patterns(run: Run, tmp_path: Path) -> None:
    secret = fine(
        run("token", "create", "lamp", "--user", "alice", "--scope", "light.*", "--scope", "events:light.*")
    ).strip()
    assert authenticate(tmp_path, secret).scopes == ("light.*", "events:light.*")


def test_a_pattern_that_cannot_be_granted_is_refused(run: Run) -> None:
    result = run("token", "create", "lamp", "--user", "alice", "--scope", "api:users")
    assert isinstance(result.exception, BadRequest)


def test_a_jwt_is_printed_alone(run: Run, tmp_path: Path) -> None:
    text = fine(run("token", "jwt", "--user", "alice", "--days", "0.5")).strip()
    assert authenticate(tmp_path, text).kind == "jwt"


def test_tokens_are_listed_without_secrets_and_revoked_by_their_id(run: Run) -> None:
    secret = fine(run("token", "create", "phone", "--user", "alice", "--days", "2")).strip()
    text = fine(run("token", "jwt", "--user", "alice")).strip()
    listed = fine(run("token", "list"))
    assert secret not in listed
    assert text not in listed
    ids = [line.split()[0] for line in listed.splitlines()[1:]]
    assert len(ids) == 2
    for number in ids:
        fine(run("token", "revoke", number))
    assert "no tokens" in run("token", "list").stderr


def test_the_list_can_be_of_one_user(run: Run) -> None:
    fine(run("token", "create", "phone", "--user", "alice"))
    assert "phone" in fine(run("token", "list", "--user", "alice"))
    assert fine(run("token", "list", "--user", "bob")) == ""


@pytest.mark.parametrize("arguments", [("create", "x", "--user", "bob"), ("jwt", "--user", "bob"), ("revoke", "99")])
def test_what_does_not_exist_is_named(run: Run, arguments: tuple[str, ...]) -> None:
    assert isinstance(run("token", *arguments).exception, NotFound)


def test_days_before_now_are_refused(run: Run) -> None:
    assert run("token", "jwt", "--user", "alice", "--days", "-1").exit_code == 2
