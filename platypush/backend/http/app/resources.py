"""Which file an address under ``/resources`` means, and whether its signature is ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote

from platypush._lib.files import safe_join
from platypush.errors import NotFound

if TYPE_CHECKING:
    from platypush.backend.http.app.state import Web

__all__ = ["ACCEL_PREFIX", "PREFIX", "Resource", "accel_address", "find_file", "find_resource", "is_signed"]

PREFIX = "/resources/"
ACCEL_PREFIX = "/_resources/"
"""nginx's internal location for the same directories."""


class Resource(NamedTuple):
    """A key of ``resource_dirs``, its directory, and what follows the key in the address."""

    key: str
    root: Path
    relative: str


def find_resource(path: str, directories: Mapping[str, Path]) -> Resource | None:
    """The directory with the longest key that ``path`` (below ``/resources/``, decoded) starts with."""
    for key in sorted(directories, key=len, reverse=True):
        name = key.strip("/")
        if path == name or path.startswith(f"{name}/"):
            return Resource(key, directories[key], path[len(name) + 1 :])
    return None


def find_file(resource: Resource) -> Path:
    """The real path of the regular file that is meant. Raises NotFound for anything else, directories included."""
    try:
        path = safe_join(resource.root, resource.relative)
        if path is not None and path.is_file() and not resource.relative.endswith("/"):
            return path
    except (OSError, ValueError, RuntimeError):
        # A name that is too long, a loop of links: there is no such file.
        pass
    raise NotFound


def accel_address(resource: Resource, path: Path) -> str:
    """The address by which nginx serves the file ``path``, percent-encoded."""
    relative = path.relative_to(resource.root.resolve())
    return quote(f"{ACCEL_PREFIX}{resource.key.strip('/')}/{relative}".encode(errors="surrogateescape"))


def is_signed(web: Web, path: str, query: str) -> bool:
    """Whether ``query`` holds a valid signature of ``path`` (decoded, without dot segments)."""
    if "signature=" not in query or any(part in (".", "..", "") for part in path.split("/")[1:]):
        return False
    values = parse_qs(query)
    signature, expires = values.get("signature"), values.get("expires")
    return bool(signature and expires and web.users.urls.verify(path, expires[0], signature[0]))
