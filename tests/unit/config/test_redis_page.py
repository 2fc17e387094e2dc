"""The configurations of docs/integrations/redis.md that stand further down on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from platypush.backend.registry import BackendRegistry
from platypush.config.loader import load

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "integrations" / "redis.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_each_block_is_a_configuration_without_a_problem(number: int, tmp_path: Path) -> None:
    for name, text in (("config.yaml", BLOCKS[number]), ("bus.secret", "0123456789abcdef\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    config = load(tmp_path / "config.yaml", workdir=tmp_path / "work", environ={})
    assert not config.problems
    assert not BackendRegistry(config.backends).check()


def test_the_workers_configuration_names_a_secret() -> None:
    assert sum("secret: !file" in block for block in BLOCKS) == 1
