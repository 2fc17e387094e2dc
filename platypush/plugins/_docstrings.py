"""Reading docstrings: what an action does and what each of its parameters means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Documentation", "parse"]

_FIELD = re.compile(
    r"^:(?P<kind>param|parameter|arg|type|return|returns|rtype|raises?)(?P<rest>[^:]*):\s*(?P<text>.*)$"
)


@dataclass(frozen=True, slots=True)
class Documentation:
    """A docstring, taken apart. ``text`` is all but the fields; ``summary`` its first paragraph on one line."""

    summary: str = ""
    text: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    returns: str = ""


def parse(docstring: str | None) -> Documentation:
    """Take apart a docstring as ``inspect.getdoc`` gives it, with fields in the style of Sphinx (``:param name: text``,
    ``:return: text``)."""
    if not docstring:
        return Documentation()
    prose: list[str] = []
    parameters: dict[str, list[str]] = {}
    returns: list[str] = []
    target: list[str] | None = None
    for line in docstring.splitlines():
        match = _FIELD.match(line)
        if match:
            target = []
            if match["kind"] in {"param", "parameter", "arg"} and match["rest"].strip():
                target = parameters.setdefault(match["rest"].split()[-1].lstrip("*"), [])
            elif match["kind"] in {"return", "returns"}:
                target = returns
            target.append(match["text"].strip())
        elif target is not None and (not line.strip() or line[:1].isspace()):
            target.append(line.strip())
        else:
            target = None
            prose.append(line)
    text = "\n".join(prose).strip()
    return Documentation(
        summary=" ".join(text.split("\n\n", 1)[0].split()),
        text=text,
        parameters={name: _join(lines) for name, lines in parameters.items()},
        returns=_join(returns),
    )


def _join(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
