"""What is rendered names the release in use, not one version."""

from __future__ import annotations

from pathlib import Path

from platypush.render.releases import through_current


def test_each_release_is_named_by_way_of_the_one_in_use(tmp_path: Path) -> None:
    for version in ("2.0.0", "2.1.0"):
        (tmp_path / "releases" / version / "bin").mkdir(parents=True)
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "2.0.0")
    for version in ("2.0.0", "2.1.0"):
        program = tmp_path / "releases" / version / "bin" / "platypush"
        assert through_current(program) == tmp_path / "current" / "bin" / "platypush"


def test_other_paths_are_as_they_are(tmp_path: Path) -> None:
    assert through_current(tmp_path / "bin" / "x") == tmp_path / "bin" / "x"
    assert through_current(tmp_path / "releases" / "1" / "x") == tmp_path / "releases" / "1" / "x"
