"""People's ways through the panel, in a real browser, against a real hub under uWSGI: directly, and behind nginx."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.webapp.conftest import Npm
from tests.webapp.stage import running_stage

pytestmark = [pytest.mark.live, pytest.mark.timeout(1500)]


@pytest.mark.parametrize("front", [False, True], ids=["direct", "nginx"])
def test_from_an_empty_database_through_every_page(npm: Npm, tmp_path: Path, front: bool) -> None:
    npm("playwright", "--version")
    with running_stage(tmp_path, front=front) as stage:
        stage.travel(tmp_path / "pictures")
