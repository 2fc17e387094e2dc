"""``python -m platypush.config.export``: what a worker needs to know, validated, as JSON on standard output.

For workers whose uWSGI is the operator's own: they run it once at their start, in a process that ends, because
validation would cost every worker its memory for good. The output holds secrets: it goes through a pipe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import BinaryIO, TextIO

from platypush.config.loader import load
from platypush.config.web import WebSettings
from platypush.errors import ConfigurationError

__all__ = ["export"]


def export(environ: Mapping[str, str], output: BinaryIO, errors: TextIO) -> int:
    """Write the ``WebSettings`` of the configuration that ``environ`` leads to; return the exit status.

    0: JSON is on ``output``. 1: the reasons are on ``errors`` and nothing is on ``output``.
    """
    try:
        settings = WebSettings.from_config(load(environ=environ))
    except ConfigurationError as error:
        errors.write(f"{error}\n")
        return 1
    output.write(settings.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(export(os.environ, sys.stdout.buffer, sys.stderr))
