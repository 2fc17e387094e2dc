"""The pages of docs/integrations: as the code is, in the index, and with a configuration that can be pasted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import platypush.backend
from platypush.backend.registry import BackendRegistry
from platypush.config.loader import load
from platypush.plugins._discovery import Catalogue
from platypush.plugins._slot import constructor_arguments
from tests.reference import PAGES, configuration, documented, renewed

INDEX = PAGES / "README.md"
NAMES = sorted(page.stem for page in PAGES.glob("*.md") if page != INDEX)
BACKENDS = sorted(
    f"backend.{'.'.join(path.parent.relative_to(folder).parts)}"
    for folder in [Path(platypush.backend.__file__).parent]
    for path in folder.glob("*/**/__init__.py")
    if "http" not in path.parts[len(folder.parts) :] or path.parent.name == "poll"
    if "(Backend)" in path.read_text() or "(ServiceBackend)" in path.read_text()
)


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_a_page_are_those_of_the_code(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text()
    assert renewed(text) == text, "Bring it up to date: python -m tests.reference --write"


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_configuration_can_be_pasted(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(configuration(name))
    path.chmod(0o600)
    config = load(path, workdir=tmp_path / "work", environ={})
    assert not config.problems
    for section, values in config.plugins.items():
        _, _, remark = constructor_arguments(Catalogue(), section, values, "")
        assert not remark
    assert not BackendRegistry(config.backends).check()


@pytest.mark.parametrize("name", NAMES)
def test_the_index_leads_to_each_page(name: str) -> None:
    assert f"({name}.md)" in INDEX.read_text()


@pytest.mark.parametrize("name", BACKENDS)
def test_each_backend_has_a_page(name: str) -> None:
    assert name in documented()


def test_each_heading_of_the_index_is_a_page_that_is_there() -> None:
    linked = re.findall(r"\(([\w.-]+)\.md\)", INDEX.read_text())
    assert sorted(set(linked) & set(NAMES)) == NAMES
