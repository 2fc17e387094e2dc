"""A proxy in front that the hub does not trust: everybody seems to come from it, and over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.metrics import read_counters
from platypush.doctor.patient import Patient

__all__ = ["ProxyFacts", "gather", "judge"]

_METRIC = "platypush_http_untrusted_proxy_total"


@dataclass(frozen=True, slots=True)
class ProxyFacts:
    """What the configuration says, and how many requests came with the marks of a proxy that is not trusted."""

    public_url: str | None
    trusted: tuple[str, ...]
    own_tls: bool
    behind_nginx: bool
    untrusted: float


def gather(patient: Patient) -> ProxyFacts | None:
    """From the configuration and from the workers' counters; None without a web service."""
    http = patient.config.http
    if http is None:
        return None
    return ProxyFacts(
        public_url=http.public_url,
        trusted=http.trusted_proxies,
        own_tls=http.ssl_cert is not None,
        behind_nginx=patient.behind_nginx,
        untrusted=read_counters(patient.config.runtime_dir / "metrics").get(_METRIC, 0.0),
    )


def judge(facts: ProxyFacts | None) -> Iterator[Finding]:
    """Requests that a proxy marked in vain, and an address that only a proxy can serve."""
    if facts is None:
        return
    mend = "In backend.http: trusted_proxies: [ADDRESS OF THE PROXY]; then: platypush reload"
    if facts.untrusted and not facts.behind_nginx:
        text = (
            f"{facts.untrusted:.0f} requests came with forwarding headers from a peer that is not trusted: clients' "
            "addresses and HTTPS are not believed. If that is your proxy, say so."
        )
        yield warning("proxy.untrusted", text, mend)
    secure = facts.public_url is not None and urlsplit(facts.public_url).scheme == "https"
    if secure and not (facts.trusted or facts.own_tls or facts.behind_nginx):
        text = f"public_url is {facts.public_url}, so a proxy ends HTTPS in front of the hub, but none is trusted."
        yield error("proxy.none", text, mend)
    everybody = [network for network in facts.trusted if re.fullmatch(r"(0\.0\.0\.0|::)/0", network)]
    if everybody:
        text = f"trusted_proxies has {everybody[0]}: everybody can pretend to be somebody else."
        yield error("proxy.everybody", text, "In backend.http: trusted_proxies: only the addresses of your proxies")
