"""Owns what the connect form asks, its rules across fields, and what a person is shown to copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.contract import FieldKind, FormField, Grant, UploadFormat
from ztassess.connectors.http_probe.entries import (
    parse_addresses,
    parse_hosts,
    parse_names,
    parse_origins,
    parse_paths,
    parse_sensitive,
    parse_stores,
    parse_witness,
)
from ztassess.connectors.http_probe.fingerprints import is_below

OUTSIDE: Final = "outside"
STRANGER: Final = "stranger"
INSIDE: Final = "inside"
UPLOADED: Final = "upload"
_MORE: Final = "Past the front door"
_PORTS: Final = "Addresses and ports"


def host_of(url: str) -> str:
    """The host of one of our own canonical addresses."""
    return urlsplit(url).hostname or ""


def sensitive_urls(urls: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """The internal addresses meant by the sensitive entries: by the whole address, or all of a host."""
    return tuple(url for url in urls if url in named or host_of(url) in named)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Rules across fields; sentences by field name."""
    del secrets  # the probe has none
    problems: dict[str, str] = {}
    urls: Sequence[str] = values.get("internal_hosts") or ()
    hosts = {host_of(url) for url in urls}
    unknown = [each for each in values.get("sensitive_hosts") or () if each not in urls and each not in hosts]
    if unknown:
        problems["sensitive_hosts"] = f"{unknown[0]} is not among the internal tools above; add it there too."
    identity: Sequence[str] = values.get("identity_hosts") or ()
    covered = next((host for host in sorted(hosts) if any(is_below(host, each) for each in identity)), "")
    if covered:
        problems["identity_hosts"] = (
            f"These names cover the internal tool {covered}, so its own sign-in page would count as the identity "
            "provider. Name the sign-in host exactly, for example login.example.com."
        )
    nameless = [each for each in values.get("origins") or () if not each[2]]
    if nameless and len(hosts) != 1:
        problems["origins"] = (
            f"Say which public host {nameless[0][0]} serves, as in 203.0.113.10:443 admin.example.com."
        )
    return problems


def served_origins(values: Mapping[str, Any]) -> tuple[tuple[str, int, str], ...]:
    """The declared origins, each with its public host; with a single internal tool that need not be written."""
    hosts = tuple(dict.fromkeys(host_of(url) for url in values.get("internal_hosts") or ()))
    only = hosts[0] if len(hosts) == 1 else ""
    return tuple((name, port, served or only) for name, port, served in values.get("origins") or ())


FIELDS: Final = (
    FormField(
        "internal_hosts",
        "Internal tools",
        FieldKind.LINES,
        "Internal tools that must not answer a stranger. One URL per line; add a path if the tool lives under one.",
        required=True,
        parse=parse_hosts,
    ),
    FormField(
        "sensitive_hosts",
        "Sensitive tools",
        FieldKind.LINES,
        "Tools that show customer data, money or production control: addresses or host names from the list above.",
        parse=parse_sensitive,
    ),
    FormField(
        "identity_hosts",
        "Sign-in hosts",
        FieldKind.LINES,
        "Host names of your identity provider and proxy sign-in pages, for example login.example.com.",
        parse=parse_names,
    ),
    FormField(
        "origins",
        "Origins",
        FieldKind.LINES,
        "Where the tool really runs, if you know it: load balancer name or IP with port, then the public host it "
        "serves. 203.0.113.10:443 admin.example.com",
        group=_MORE,
        parse=parse_origins,
    ),
    FormField(
        "extra_paths",
        "More paths",
        FieldKind.LINES,
        "Paths to try besides the default set. At most 12 requests go to an address, so the first four are tried.",
        group=_MORE,
        parse=parse_paths,
    ),
    FormField(
        "vpn_hosts",
        "VPN gateways",
        FieldKind.LINES,
        "Host names of VPN gateways, old ones too.",
        group=_MORE,
        parse=parse_names,
    ),
    FormField(
        "no_vpn",
        "No VPN, checked by",
        FieldKind.TEXT,
        "If your inventory says that you run no VPN: who checked it and when, such as Anna Example, 2026-11-23.",
        group=_MORE,
        parse=parse_witness,
    ),
    FormField(
        "owned_addresses",
        "Owned addresses",
        FieldKind.LINES,
        "Only addresses you own. Needed for the port check. Addresses or ranges, together at most 256.",
        group=_PORTS,
        parse=parse_addresses,
    ),
    FormField(
        "data_stores",
        "Data stores",
        FieldKind.LINES,
        "Databases, caches and search engines that must be private: db.example.com:5432.",
        group=_PORTS,
        parse=parse_stores,
    ),
    FormField(
        "consent",
        "Consent",
        FieldKind.BOOL,
        "I am allowed to have these addresses tested from the internet.",
        group=_PORTS,
    ),
    FormField(
        "consent_by",
        "Consent given by",
        FieldKind.TEXT,
        "Name and date, such as Anna Example, 2026-11-23. Empty means whoever saves this connection, today.",
        group=_PORTS,
        parse=parse_witness,
    ),
    FormField(
        "origin_of_probe",
        "Where the probe stands",
        FieldKind.CHOICE,
        "Private addresses cannot be reached from here; run the probe inside and upload its result.",
        default=OUTSIDE,
        choices=(
            (OUTSIDE, "From outside: this installation is not on our network"),
            (INSIDE, "From inside: this installation is on our network or VPN, so closed ports prove nothing"),
            (STRANGER, "From a network any visitor could be on: private addresses count as seen by a stranger"),
            (UPLOADED, "Uploaded runner result: nothing is sent from here"),
        ),
    ),
    FormField(
        "external_id",
        "Token of the ownership proof",
        FieldKind.SHOWN,
        "Made by us, the same for the life of this connection.",
    ),
)

GRANTS: Final = (
    Grant(
        "What is sent",
        "text",
        "User-Agent: ztassess-probe",
        "We send at most 12 GET requests per address per run, no sign-in, no form, no payload. Requests carry this "
        "User-Agent, so that your logs show them. No permission of a vendor is needed.",
    ),
    Grant(
        "Proof that the domain is yours",
        "text",
        '_ztassess.example.com.  TXT  "ztassess-TOKEN"\n'
        "or a file  https://example.com/.well-known/ztassess-TOKEN.txt  that holds  ztassess-TOKEN\n",
        "The connection test shows your token. Until then only / of each tool is asked for, and no port is tried.",
    ),
)

RUNNER: Final = UploadFormat(
    slug="http_probe_runner",
    title="Result of the inside runner",
    commands="python3 probe.py targets.txt > result.json",
    suffixes=(".json",),
    download="probe.py",
    note="One file, standard library only; the form of targets.txt stands at its top. Run it where private addresses "
    "can be reached. What the internet sees of origins, data stores and ports is not judged from inside.",
)
