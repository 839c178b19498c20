"""Owns the proof that a domain is the customer's: a TXT record, or a file below /.well-known/."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import dns.exception
import dns.rdatatype
import dns.resolver

from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.http_probe.client import Asker, Line, is_public
from ztassess.connectors.http_probe.probe import Failed
from ztassess.connectors.netguard.addresses import parsed_address

DNS_SECONDS: Final = 3.0
MOST_LABELS: Final = 5
_OK: Final = 200

TxtLookup = Callable[[str], tuple[str, ...]]
"""From a name to the texts of its TXT records; empty if there are none or nobody answers."""


def proof_token(external_id: str) -> str:
    """What a customer publishes: made from the identifier we gave the connection, which nobody else's can have.

    It may be read by everyone: it proves control of the place where it stands, not knowledge.
    """
    word = re.sub(r"[^a-z0-9-]", "", external_id.lower())
    return f"ztassess-{word}" if word else ""


def txt_records(name: str) -> tuple[str, ...]:
    """The TXT records of a name, asked of the system's own name servers."""
    try:
        found = dns.resolver.resolve(name, dns.rdatatype.TXT, lifetime=DNS_SECONDS, search=False)
    except (dns.exception.DNSException, ConnectorError, OSError):
        return ()
    return tuple(b"".join(record.strings).decode("ascii", "replace") for record in found)


def domains_of(host: str) -> tuple[str, ...]:
    """The names whose owner owns a host: itself and what is above, down to the one that was registered; nearest first.

    No list of public suffixes is needed: nobody but the owner can publish below the name that is asked, and the owner
    of a public suffix does not publish our token.
    """
    if parsed_address(host) is not None:
        return (host,)
    labels = host.split(".")[-MOST_LABELS:]
    # co.uk and com.au are nobody's; asking there would only be noise.
    least = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2  # noqa: PLR2004  lengths of labels
    return tuple(".".join(labels[at:]) for at in range(max(1, len(labels) - least + 1)))


@dataclass
class Ownership:
    """Who proved what, each domain asked once per run. Thread-safe.

    Attributes:
        token: what is looked for; empty if there is none, then only the operator's own targets are proven.
        gets: requests sent to each host for a proof.
    """

    line: Line
    token: str
    lookup: TxtLookup = txt_records
    gets: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[str, str], Future[bool]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opened_by_operator(self, host: str) -> bool:
        """True if the operator of this installation opened the host, or every address it has is a private one.

        Nobody's property on the internet is asked then; the guard let it through because the operator said so.
        """
        return self.line.guard.listed(host) or self._once("operator", host, self._is_private)

    def _is_private(self, host: str) -> bool:
        try:
            pinned = self.line.guard.pin(host, 443, ports=None)
        except ConnectorError:
            return False
        return not any(is_public(ip) for ip in pinned.addresses)

    def proven_without_request(self, host: str) -> bool:
        """True if the operator opened the host, or its owner published the token in the DNS."""
        if self.opened_by_operator(host):
            return True
        return bool(self.token) and any(self._once("txt", domain, self._in_dns) for domain in domains_of(host))

    def proven(self, host: str) -> bool:
        """True if the operator opened the host, or its owner published the token in the DNS or in a file."""
        if self.proven_without_request(host):
            return True
        # The apex usually serves a public page; a tool behind its proxy would hide the file.
        asked = dict.fromkeys((domains_of(host)[-1], host))
        return bool(self.token) and any(self._once("file", domain, self._in_file) for domain in asked)

    def _once(self, kind: str, domain: str, look: Callable[[str], bool]) -> bool:
        with self._lock:
            found = self._known.get((kind, domain))
            is_first = found is None
            if found is None:
                found = self._known[kind, domain] = Future()
        if is_first:
            try:
                found.set_result(look(domain))
            except BaseException as problem:
                found.set_exception(problem)
                raise
        return found.result()

    def _in_dns(self, domain: str) -> bool:
        try:
            self.line.seconds_left()
        except Failed:
            return False
        return parsed_address(domain) is None and self.token in self.lookup(f"_ztassess.{domain}")

    def _in_file(self, domain: str) -> bool:
        host = f"[{domain}]" if ":" in domain else domain
        self.gets[domain] = self.gets.get(domain, 0) + 1
        try:
            with Asker(self.line, 1) as ask:
                said = ask(f"https://{host}/.well-known/{self.token}.txt", {"accept": "text/plain"})
        except Failed:
            return False
        return said.status == _OK and said.body.strip() == self.token.encode()


def missing_proof(host: str, token: str) -> str:
    """What to do to prove a domain."""
    domain = domains_of(host)[-1]
    if not token:
        return (
            f"{domain} is not proven to be yours: this run has no token. Save the connection first; on the command "
            "line, set external_id."
        )
    name = f"[{domain}]" if ":" in domain else domain
    record = "" if parsed_address(domain) is not None else f"the DNS record _ztassess.{domain} TXT {token}, or "
    return (
        f"Prove that you control {domain} with {record}the file https://{name}/.well-known/{token}.txt holding "
        f"{token}, before more than / is asked for and ports are tested."
    )
