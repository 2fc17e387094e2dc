"""TLS of the servers that the daemon runs itself."""

from __future__ import annotations

import ssl
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = ["server_context"]


def server_context(
    section: str, cert: Path | None, key: Path | None, cafile: Path | None = None, capath: Path | None = None
) -> ssl.SSLContext | None:
    """A server's TLS with a certificate and trust stores; None without a certificate. No client certificate is
    demanded.

    Raises ConfigurationError, which names ``section``.
    """
    if cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
        if cafile or capath:
            context.load_verify_locations(cafile, capath)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{section}: the certificate cannot be used: {error}") from error
    return context
