"""QR codes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Literal

from platypush._lib.files import private_dir
from platypush.errors import Forbidden
from platypush.plugins import action
from platypush.plugins.qrcode._image import render
from platypush.plugins.services import ServicePlugin

__plugin__ = "QrcodePlugin"
__all__ = ["QrcodePlugin"]


class QrcodePlugin(ServicePlugin):
    """Make QR codes."""

    def __init__(self, *, output_dir: Path | None = None, **kwargs: Any) -> None:
        """:param output_dir: Folder that ``output_file`` is in. Default: ``qrcode`` in the hub's workdir."""
        super().__init__(**kwargs)
        self._output_dir = output_dir

    @action
    def generate(
        self,
        content: str,
        output_file: str | None = None,
        format: Literal["png", "svg", "text"] = "png",
        box_size: int = 10,
        border: int = 4,
    ) -> dict[str, Any]:
        """Make a QR code.

        :param content: What it says, up to 2953 bytes.
        :param output_file: A file to write it to, inside of the configured ``output_dir``.
        :param format: ``png``, ``svg``, or ``text`` for terminals.
        :param box_size: Pixels of one dot, 1 to 50.
        :param border: Dots around it, 0 to 20. Readers want 4.
        :return: ``{text, format, data}``, the image in Base64 (``text`` as it is); or ``{text, format, image_file}``.
        """
        if not 1 <= box_size <= 50 or not 0 <= border <= 20:
            raise ValueError("qrcode.generate: box_size has to be from 1 to 50 and border from 0 to 20.")
        image = render(content, format, box_size, border)
        result: dict[str, Any] = {"text": content, "format": format}
        if output_file is not None:
            path = self._path(output_file)
            path.write_bytes(image)
            return {**result, "image_file": str(path)}
        return {**result, "data": image.decode() if format == "text" else base64.b64encode(image).decode()}

    def _path(self, name: str) -> Path:
        folder = private_dir((self._output_dir or self.services.config.workdir / "qrcode").expanduser()).resolve()
        path = (folder / Path(name).expanduser()).resolve()
        if path.parent != folder:
            raise Forbidden(
                f"{name} is outside of {folder}. Give a name without a folder, or set output_dir in the section qrcode."
            )
        return path
