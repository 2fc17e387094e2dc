"""The trial import, as a program: ``python -m platypush.backend.http.preflight TARGET``.

It loads ``module`` or ``module:callable`` or a file, and says by its exit code and standard error
whether that went well.
"""

from __future__ import annotations

import importlib
import runpy
import sys

from platypush.errors import ConfigurationError

__all__ = ["load"]


def load(target: str) -> None:
    """Import ``target`` as a worker would. Raises whatever that raises."""
    if target.endswith(".py"):
        runpy.run_path(target)
        return
    module, _, name = target.partition(":")
    loaded = importlib.import_module(module)
    if name and not callable(getattr(loaded, name, None)):
        raise ConfigurationError(f"The module {module} has no callable {name!r}.")


if __name__ == "__main__":
    load(sys.argv[1])
