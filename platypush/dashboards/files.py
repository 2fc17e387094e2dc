"""Reading dashboards from their folder, by safe names only."""

from __future__ import annotations

import re
from pathlib import Path

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest, NotFound, TooLarge

__all__ = ["dashboard_names", "read_dashboard"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]{0,99}")
_LARGEST = 1024 * 1024


def dashboard_names(folder: Path) -> list[str]:
    """The names of all dashboards, sorted; empty when there is no such folder."""
    try:
        files = [path for path in folder.iterdir() if path.suffix == ".xml" and path.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(path.stem for path in files if _NAME.fullmatch(path.stem))


def read_dashboard(folder: Path, name: str) -> str:
    """The text of a dashboard. Raises BadRequest for a name that is none or a text that is not UTF-8, NotFound,
    TooLarge."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{name!r} is no name of a dashboard: letters, digits, '_', '-', '.' and blanks only.")
    path = folder / f"{name}.xml"
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        hint = did_you_mean(name, dashboard_names(folder))
        raise NotFound(f"There is no dashboard {name!r}: {name}.xml is not in the dashboards folder.{hint}") from None
    if len(data) > _LARGEST:
        raise TooLarge(f"Dashboard {name!r} is larger than {_LARGEST} bytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"Dashboard {name!r} is not UTF-8: byte {error.start} is {data[error.start]:#04x}.") from None
