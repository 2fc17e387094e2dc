"""What to say to somebody who lacks the libraries of a part of the hub."""

from __future__ import annotations

from importlib import metadata

__all__ = ["missing_module"]


def missing_module(what: str, name: str, error: ImportError) -> str:
    """The reason and the mend for a part that cannot be imported.

    ``what`` is the part as a person calls it, ``name`` the dotted name of its section without ``backend.``: its extra
    is called the same, with dashes.
    """
    module = (error.name or "").split(".")[0]
    if not module or module == "platypush":
        return f"{what} cannot be imported: {error}"
    extra = name.replace(".", "-")
    if extra in _extras():
        return f"Module {module!r} is missing. Install it: pip install 'platypush[{extra}]'"
    return f"Module {module!r} is missing. Install the package that has it, for instance: pip install {module}"


def _extras() -> frozenset[str]:
    try:
        return frozenset(metadata.metadata("platypush").get_all("Provides-Extra") or ())
    except metadata.PackageNotFoundError:
        return frozenset()
