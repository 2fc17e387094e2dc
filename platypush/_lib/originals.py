"""Where the files are that come with the package without being part of it: uwsgi.ini, ``nginx/``, ``systemd/``."""

from __future__ import annotations

import sysconfig
from pathlib import Path

__all__ = ["find_original", "original_folders"]

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def original_folders() -> tuple[Path, ...]:
    """The folders that may hold them, in the order in which they count.

    A checkout has them at its top, beside the package; a wheel puts them among the environment's data.
    """
    return (_PACKAGE_ROOT, Path(sysconfig.get_path("data"), "share", "platypush"))


def find_original(name: str) -> Path:
    """The file or folder ``name`` (``"uwsgi.ini"``, ``"nginx/snippets"``).

    Raises FileNotFoundError that lists where it was looked for.
    """
    candidates = [folder / name for folder in original_folders()]
    found = next((candidate for candidate in candidates if candidate.exists()), None)
    if found is None:
        looked = ", ".join(str(candidate) for candidate in candidates)
        raise FileNotFoundError(
            f"{name}, which belongs to this installation of Platypush, is missing. Looked for: {looked}. Reinstall it."
        )
    return found
