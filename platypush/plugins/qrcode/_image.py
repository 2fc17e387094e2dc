"""Drawing QR codes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from platypush.errors import TooLarge

if TYPE_CHECKING:
    import qrcode

__all__ = ["render"]


def render(content: str, format: str, box_size: int, border: int) -> bytes:
    """The code as a PNG, an SVG or text (UTF-8). Raises TooLarge when it cannot hold ``content``."""
    # Every hub has this plugin and few use it: with the imaging library that it looks for, qrcode takes 4 MB.
    import qrcode
    from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
    from qrcode.exceptions import DataOverflowError

    data = content.encode()
    for correction in (ERROR_CORRECT_M, ERROR_CORRECT_L):
        code = qrcode.QRCode(error_correction=correction, box_size=box_size, border=border)
        code.add_data(data, optimize=0)
        try:
            code.make(fit=True)
        except (DataOverflowError, ValueError):
            continue
        return _draw(code, format)
    raise TooLarge(f"A QR code cannot hold {len(data)} bytes: 2953 at most.")


def _draw(code: qrcode.QRCode[Any], format: str) -> bytes:
    if format == "text":
        text = io.StringIO()
        code.print_ascii(text)
        return text.getvalue().encode()
    from qrcode.image.pure import PyPNGImage
    from qrcode.image.svg import SvgPathImage

    output = io.BytesIO()
    code.make_image(image_factory=PyPNGImage if format == "png" else SvgPathImage).save(output)
    return output.getvalue()
