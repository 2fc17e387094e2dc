"""Certificates: about to end, for another name, or without their key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient, Run

__all__ = ["Certificate", "gather", "judge", "parse_end"]

_DAY = 86_400.0
_SOON_DAYS = 14
"""Let's Encrypt renews 30 days before the end: two weeks without means that renewing fails."""
_ASKED = "letsencrypt"
_DIRECTIVE = re.compile(r"^\s*ssl_certificate(_key)?\s+([^;]+);", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in use. None means that nobody could look: openssl is missing, or a file cannot be read."""

    path: Path
    key: Path | None
    used_by: str
    readable: bool
    end: float | None
    key_fits: bool | None
    domain: str | None
    names_domain: bool | None
    in_its_place: str | None
    """What the installer was asked for, when this one is there only until that comes."""
    renewed_by: str
    """The command that gets a new one."""
    now: float


def gather(patient: Patient) -> tuple[Certificate, ...]:
    """The certificates that nginx and the hub serve with, looked at by openssl."""
    pairs: dict[tuple[Path, Path | None], str] = {}
    for pair in _nginx_pairs(patient):
        pairs.setdefault(pair, "nginx")
    http = patient.config.http
    if http is not None and http.ssl_cert is not None:
        pairs.setdefault((http.ssl_cert, http.ssl_key), "backend.http")
    told = (patient.installation.domain or "") if patient.installation else ""
    domains = told.replace(",", " ").split()
    return tuple(_look(cert, key, used_by, domains, patient) for (cert, key), used_by in pairs.items())


def _nginx_pairs(patient: Patient) -> list[tuple[Path, Path | None]]:
    if not patient.behind_nginx:
        return []
    found = []
    nginx = patient.places.nginx
    for file in sorted([*nginx.glob("sites-enabled/platypush*"), *nginx.glob("snippets/platypush*")]):
        try:
            text = file.read_text()
        except OSError:
            continue
        certs: list[Path] = []
        keys: list[Path] = []
        for is_key, value in _DIRECTIVE.findall(text):
            (keys if is_key else certs).append(nginx / value.strip().strip("\"'"))
        found += [(cert, keys[index] if index < len(keys) else None) for index, cert in enumerate(certs)]
    return found


def _look(cert: Path, key: Path | None, used_by: str, domains: list[str], patient: Patient) -> Certificate:
    run = patient.run
    read = run(["openssl", "x509", "-in", str(cert), "-noout", "-enddate"])
    fits = None
    if key is not None:
        fits = _fits(cert, key, run)
    domain, named = (domains[0] if domains else None), None
    for name in domains:
        check = run(["openssl", "x509", "-in", str(cert), "-noout", "-checkhost", name])
        if check is not None and not check.status:
            named = "does match" in check.text
            if not named:
                domain = name
                break
    lets_encrypt = cert.is_relative_to(patient.places.letsencrypt)
    return Certificate(
        path=cert,
        key=key,
        used_by=used_by,
        readable=cert.is_file(),
        end=parse_end(read.text) if read is not None and read.status == 0 else None,
        key_fits=fits,
        domain=domain,
        names_domain=named,
        in_its_place=_ASKED if _is_stand_in(cert, patient) else None,
        renewed_by="certbot renew" if lets_encrypt else _new_own(cert, key, domain),
        now=patient.now,
    )


def _is_stand_in(cert: Path, patient: Patient) -> bool:
    asked = patient.installation.tls if patient.installation else ""
    return asked == _ASKED and cert.is_relative_to(patient.places.tls)


def _new_own(cert: Path, key: Path | None, domain: str | None) -> str:
    name = domain or "localhost"
    return (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 397 -subj /CN={name} "
        f"-addext subjectAltName=DNS:{name} -keyout {key or cert} -out {cert} && systemctl reload nginx"
    )


def _fits(cert: Path, key: Path, run: Run) -> bool | None:
    of_cert = run(["openssl", "x509", "-in", str(cert), "-noout", "-pubkey"])
    of_key = run(["openssl", "pkey", "-in", str(key), "-pubout", "-passin", "pass:"])
    if of_cert is None or of_key is None or of_cert.status or of_key.status:
        return None
    return of_cert.text.strip() == of_key.text.strip()


def parse_end(text: str) -> float | None:
    """Seconds since the epoch in ``notAfter=Nov 23 11:47:09 2026 GMT``; None for anything else."""
    match = re.search(r"notAfter=(.+) GMT", text)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1].strip(), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def judge(certificates: tuple[Certificate, ...]) -> Iterator[Finding]:
    """What browsers refuse, or soon will."""
    for certificate in certificates:
        path, who = certificate.path, certificate.used_by
        if not certificate.readable:
            yield error(
                "tls.missing", f"{who} serves with the certificate {path}, which is not there.", certificate.renewed_by
            )
            continue
        if certificate.end is not None:
            days = (certificate.end - certificate.now) / _DAY
            if days <= 0:
                text = f"The certificate {path} ended {-days:.0f} days ago: browsers refuse it."
                yield error("tls.expired", text, certificate.renewed_by)
            elif days < _SOON_DAYS:
                yield error("tls.expires", f"The certificate {path} ends in {days:.0f} days.", certificate.renewed_by)
        if certificate.key_fits is False:
            text = (
                f"The key {certificate.key} does not belong to the certificate {path}: {who} does not start with them."
            )
            yield error("tls.key", text, certificate.renewed_by)
        if certificate.in_its_place:
            text = f"{path} is the hub's own certificate: none of Let's Encrypt has come yet, and browsers warn."
            yield warning("tls.own", text, "deploy/install --tls letsencrypt")
        if certificate.names_domain is False:
            text = f"The certificate {path} is not for {certificate.domain}: browsers warn."
            yield warning("tls.name", text, certificate.renewed_by)
