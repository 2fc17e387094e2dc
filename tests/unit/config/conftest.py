"""A configuration folder and a loader that reads from it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from platypush.config.loader import load
from platypush.config.model import Config
from platypush.errors import ConfigurationError

Write = Callable[..., Path]
Load = Callable[..., Config]
Problems = Callable[..., tuple[str, ...]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write ``text`` to ``name`` in the configuration's folder."""

    def write_file(text: str, name: str = "config.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def load_text(write: Write, tmp_path: Path) -> Load:
    """The configuration of ``text``, in an environment of nothing but ``environ``."""

    def load_it(text: str, environ: Mapping[str, str] | None = None, workdir: Path | None = None) -> Config:
        usual = {"HOME": str(tmp_path / "home"), "RUNTIME_DIRECTORY": "/run/hub"}
        return load(write(text), workdir=workdir, environ={**usual, **(environ or {})})

    return load_it


@pytest.fixture
def problems_of(load_text: Load, tmp_path: Path) -> Problems:
    """The problems of a configuration that must be refused, without the folder in front of them."""

    def refused(text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(ConfigurationError) as caught:
            load_text(text, environ)
        return tuple(problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems)

    return refused
