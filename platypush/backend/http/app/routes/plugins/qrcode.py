"""``/qrcode?content=``: a QR code as a picture."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.errors import BadRequest, Unavailable

__all__ = ["__routes__"]

blueprint = Blueprint("qrcode", __name__)
__routes__ = [blueprint]

_FORMATS = {
    "png": ("qrcode.image.pure", "PyPNGImage", "image/png"),
    "svg": ("qrcode.image.svg", "SvgPathImage", "image/svg+xml"),
}
_LONGEST = 2953
"""Bytes in the largest code at the lowest correction (ISO/IEC 18004)."""


@blueprint.get("/qrcode")
@authenticated("qrcode")
def qrcode() -> Response:
    """``content`` as ``format`` ``png`` (default) or ``svg``."""
    content = request.args.get("content", "")
    if not content or len(content.encode()) > _LONGEST:
        raise BadRequest(f"Give the text as ?content=, with at most {_LONGEST} bytes.")
    wanted = request.args.get("format", "png")
    if wanted not in _FORMATS:
        raise BadRequest(f"The format is one of {', '.join(_FORMATS)}; this is {wanted!r}.")
    module, name, mime = _FORMATS[wanted]
    library = _library("qrcode")
    buffer = BytesIO()
    # A low correction level: the code is shown on a screen, and longer texts fit.
    code: Any = library.QRCode(error_correction=library.ERROR_CORRECT_L, image_factory=getattr(_library(module), name))
    code.add_data(content)
    code.make(fit=True)
    code.make_image().save(buffer)
    return Response(buffer.getvalue(), content_type=mime)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise Unavailable(
            "QR codes need the libraries of an extra. Install it beside the hub: pip install 'platypush[qrcode]'"
        ) from error
