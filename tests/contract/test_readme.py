"""README and docs keep their promises."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from platypush import __version__

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert not [target for target in targets if not (page.parent / target).exists()]


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, todo = set(), [README]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
        todo += [(page.parent / target).resolve() for target in targets]
    assert set(PAGES) <= reached


def test_the_commands_of_the_readme_are_there() -> None:
    for command in re.findall(r"^(deploy/\w+)", README.read_text(), re.MULTILINE):
        assert os.access(ROOT / command, os.X_OK), command


def test_the_hook_of_the_readme_is_that_of_the_specification() -> None:
    sample = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)[0]
    specified = ast.parse((ROOT / "tests" / "fixtures" / "spec" / "hooks.py").read_text())
    names = {node.name for node in ast.parse(sample).body if isinstance(node, ast.FunctionDef)}
    assert names == {node.name for node in specified.body if isinstance(node, ast.FunctionDef)}
    for line in ast.unparse(ast.parse(sample)).splitlines():
        if "get_plugin('light.hue')" not in line:
            assert line in ast.unparse(specified), line


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
