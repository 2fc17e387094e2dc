"""How commands open the user store."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from platypush._lib.owner import as_owner
from platypush.cli.store import table, when


class Account:
    """What the process would be after the calls that change it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, user: int, owner: int) -> None:
        self.calls: list[tuple[str, int]] = []
        status = SimpleNamespace(st_uid=owner, st_gid=owner, st_mode=0o040700)
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setattr(os, "seteuid", lambda number: self.calls.append(("user", number)))
        monkeypatch.setattr(os, "setegid", lambda number: self.calls.append(("group", number)))
        monkeypatch.setattr(Path, "stat", lambda path, **options: status)


def test_root_acts_as_the_owner_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch, user=0, owner=1000)
    seen: list[tuple[str, int]] = []

    def act() -> None:
        with as_owner(tmp_path):
            seen.extend(account.calls)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    # The group first: a process that is no longer root could not change it.
    assert seen == [("group", 1000), ("user", 1000)]
    assert account.calls[2:] == [("user", 0), ("group", 0)]


@pytest.mark.parametrize(("user", "owner"), [(1000, 1000), (1000, 0), (0, 0)])
def test_anybody_else_acts_as_who_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, owner: int
) -> None:
    account = Account(monkeypatch, user=user, owner=owner)
    with as_owner(tmp_path):
        assert account.calls == []


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("ID", "NAME"), [("1", "a"), ("100", "")]) == "ID   NAME\n1    a\n100"


def test_a_missing_time_has_a_word_of_its_own() -> None:
    assert when(None, otherwise="never") == "never"
    assert len(when(0.0, otherwise="never")) == 16
