"""A private certificate authority, by the openssl program."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Authority", "Certificate"]

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """A certificate with its chain, and its key."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates that nobody but the tests trusts."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """A new authority in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder)
        subject = ("-subj", "/CN=Authority of the tests", "-days", "90", "-sha256")
        uses = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        _openssl("req", "-x509", *_KEY, *subject, *uses, "-keyout", folder / "ca.key", "-out", made.cert)
        return made

    @property
    def cert(self) -> Path:
        """The authority's own certificate, to be trusted."""
        return self.folder / "ca.pem"

    def issue(self, *names: str, days: int = 90) -> Certificate:
        """A certificate for the hosts ``names``."""
        # No dot in it: what follows one would be taken for a suffix, and the next certificate replace this one.
        stem = self.folder / f"{names[0].replace('.', '-')}-{len(list(self.folder.iterdir()))}"
        request, leaf = stem.with_suffix(".csr"), stem.with_suffix(".leaf")
        made = Certificate(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        _openssl("req", *_KEY, "-subj", f"/CN={names[0]}", "-keyout", made.key, "-out", request)
        extensions = stem.with_suffix(".ext")
        alternatives = ",".join(f"{'IP' if name[0].isdigit() else 'DNS'}:{name}" for name in names)
        extensions.write_text(
            f"subjectAltName={alternatives}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\n"
        )
        signed = ("-CA", self.cert, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-sha256")
        _openssl("x509", "-req", "-in", request, *signed, "-days", days, "-extfile", extensions, "-out", leaf)
        made.cert.write_bytes(leaf.read_bytes() + self.cert.read_bytes())
        return made

    def context(self) -> ssl.SSLContext:
        """What a client checks the servers with."""
        return ssl.create_default_context(cafile=str(self.cert))


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
