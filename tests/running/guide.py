"""The package that docs/plugins.md makes, as files."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["GUIDE", "guide_blocks", "guide_files", "write_guide_package"]

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text("utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def guide_blocks(language: str) -> list[str]:
    """The text of each block in a language."""
    return [text for found, text in _BLOCK.findall(GUIDE) if found == language]


def guide_files() -> dict[str, str]:
    """Every file of the package: its path, and the block after the paragraph that names it."""
    tree = re.search(r"^```\nkitchen/\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert tree, "the guide begins with the tree of its package"
    names = re.findall(r"[\w.]+\.(?:toml|py|json|js)\b", tree[1])
    files: dict[str, str] = {}
    for match in _BLOCK.finditer(GUIDE):
        paragraph = GUIDE[: match.start()].rstrip().rpartition("\n\n")[2]
        named = [path for path in re.findall(r"`([\w/.]+)`", paragraph) if Path(path).name in names]
        if named:
            files.setdefault(named[0], match[2])
    missing = set(names) - {Path(path).name for path in files}
    assert not missing, f"the guide shows no text for {missing}"
    return files


def write_guide_package(folder: Path) -> Path:
    """Write the package into ``folder``, which is returned."""
    for name, text in guide_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
