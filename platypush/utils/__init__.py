"""What user scripts import as ``from platypush.utils import run``. Nothing else belongs here."""

from __future__ import annotations

from typing import Any

from platypush.context import get_plugin, run_request
from platypush.errors import ActionFailed
from platypush.message.request import Request
from platypush.message.response import Response

__all__ = ["run"]


def run(action: str, *args: Any, **kwargs: Any) -> Any:
    """Run an action or procedure and return its output: ``run('light.hue.toggle', lights=['Hall'])``.

    Raises ActionFailed, which is a RuntimeError too, with the action's errors; RuntimeError where no hub runs.
    """
    if args and kwargs:
        # A request carries either kind of arguments; a direct call takes both.
        plugin, _, method = action.rpartition(".")
        if plugin.split(".")[0] == "procedure":
            raise TypeError(f"{action} takes arguments by position or by name, not both at once.")
        result = getattr(get_plugin(plugin), method)(*args, **kwargs)
        response = result if isinstance(result, Response) else Response(output=result)
    else:
        response = run_request(Request(action=action, args=list(args) if args else kwargs))
    if response.errors:
        raise ActionFailed("; ".join(map(str, response.errors)), details={"action": action})
    return response.output
