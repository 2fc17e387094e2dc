"""A patient in a folder of its own, with programs that answer what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from platypush.config.loader import load
from platypush.doctor.patient import Output, Patient, Places
from platypush.render.installation import Installation

NOW = 1_800_000_000.0

MakePatient = Callable[..., Patient]


@pytest.fixture
def make_patient(tmp_path: Path) -> MakePatient:
    def make(
        config: str = "backend.http:\n",
        *,
        programs: Mapping[str, str] | None = None,
        installation: Mapping[str, str] | None = None,
        status: Mapping[str, Any] | None = None,
        now: float = NOW,
    ) -> Patient:
        """``programs`` maps the start of a command line to what it prints."""
        path = tmp_path / "config.yaml"
        path.write_text(config)
        path.chmod(0o600)

        def run(argv: Sequence[str]) -> Output | None:
            line = " ".join(argv)
            text = next((text for start, text in (programs or {}).items() if line.startswith(start)), None)
            return None if text is None else Output(0, text)

        return Patient(
            config=load(path, workdir=tmp_path / "work", environ={"HOME": str(tmp_path)}),
            installation=None if installation is None else Installation(installation),
            status=status,
            silence="nobody listens there.",
            places=Places(
                nginx=tmp_path / "nginx",
                releases=tmp_path / "opt",
                backups=tmp_path / "backups",
                tls=tmp_path / "tls",
                letsencrypt=tmp_path / "letsencrypt",
                web_sockets=tmp_path / "web",
            ),
            run=run,
            now=now,
        )

    return make
