"""What stands in the way of a start is told in a sentence, not in a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running.hub import ROOT, HubFolder, hub_folder

pytestmark = pytest.mark.live


def command(folder: HubFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``platypush`` without a terminal on an installation that is not to come up."""
    argv = [sys.executable, "-m", "platypush", "-c", str(folder.config), *arguments]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("arguments", "config", "named"),
    [
        (("-w", "{file}", "run"), "", "{file}"),
        (("-w", "{file}/below", "run"), "", "{file}/below"),
        (("-w", "{folder}", "-P", "{file}/pid", "run"), "", "{file}/pid"),
        (("-w", "{folder}", "run"), "logging: {filename: '{file}/hub.log'}\n", "{file}/hub.log"),
        (("-w", "{file}", "user", "list"), "", "{file}"),
        (("-w", "{file}", "status"), "", "{file}"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], config: str, named: str
) -> None:
    places = {"{file}": str(tmp_path / "file"), "{folder}": str(tmp_path / "work")}
    (tmp_path / "file").write_text("in the way")

    def filled(text: str) -> str:
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    folder = hub_folder(tmp_path / "hub", user=False, config=filled(config))
    result = command(folder, *map(filled, arguments))
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("platypush: ")
    assert filled(named) in result.stderr


def test_a_question_that_nobody_can_answer_says_which_option_answers_it(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub")
    workdir = ("-w", str(folder.workdir))
    deletion = command(folder, *workdir, "user", "delete", "owner")
    assert (deletion.returncode, "--yes" in deletion.stderr) == (2, True)
    password = command(folder, *workdir, "user", "password", "owner")
    assert (password.returncode, "--password-stdin" in password.stderr) == (2, True)
    assert "Warning" not in password.stderr


def test_check_knows_the_backends(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub", user=False, config="backend.htp: {}\n")
    result = command(folder, "-w", str(folder.workdir), "check")
    assert result.returncode == 1
    assert "backend.htp: There is no backend 'htp'. Did you mean 'http'?" in result.stderr
    assert "1 error, 0 warnings" in result.stdout
