"""Owns small snapshots for the tables of the rules: a tool behind a proxy, with one thing changed at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ztassess.connectors.http_probe import probe
from ztassess.connectors.http_probe.document import read_location
from ztassess.connectors.http_probe.snapshot import (
    INTERNET,
    Conversation,
    Declarations,
    Door,
    Gateway,
    HttpProbeSnapshot,
    Origin,
    Reply,
    Target,
    Unsent,
)
from ztassess.domain.findings import Unavailable

URL = "https://admin.example.com/"
SIGN_IN = "https://login.example.com/authorize"
NOTHING = Unavailable("input_missing", detail="Not declared.")


def reply(variant: str = "anonymous_html", status: int | None = 302, to: str | None = None, **more: Any) -> Reply:
    """One answer; ``to`` is its Location."""
    if status is None:
        return Reply(variant, error=more.pop("error"), **more)
    headers = tuple(more.pop("headers", {}).items())
    location = None if to is None else read_location(URL, to)
    return Reply(variant, status, location, headers, **more)


def signed(variant: str) -> Reply:
    """An answer that leads to the identity provider."""
    return reply(variant, 302, SIGN_IN)


def target(*changed: Reply, url: str = URL, without: tuple[str, ...] = (), **more: Any) -> Target:
    """A tool behind a proxy: every request leads to the identity provider, port 80 to TLS; but for what is changed."""
    variants = ["anonymous_html", "anonymous_json", *(f"forged:{name}" for name, _ in probe.FORGED)]
    variants += [f"path:{path}" for path in probe.PATHS]
    replies = {variant: signed(variant) for variant in variants}
    replies["plain_http"] = reply("plain_http", 301, "https://admin.example.com/")
    replies.update({each.variant: each for each in changed})
    kept = tuple(each for variant, each in replies.items() if not variant.startswith(without or "-"))
    unsent = more.pop("unsent", None)
    host = url.split("/")[2].partition(":")[0]
    return Target(url, host, more.pop("is_sensitive", False), Conversation(kept, "93.184.216.10", unsent), **more)


def talk(*replies: Reply, unsent: Unsent | None = None) -> Conversation:
    return Conversation(replies, "93.184.216.20", unsent)


def origin(*replies: Reply, unsent: Unsent | None = None, **more: Any) -> Origin:
    """An origin of admin.example.com, elsewhere than its proxy."""
    more = {"label": "93.184.216.20:443", "serves": "admin.example.com", "vantage": INTERNET, "shares": ""} | more
    return Origin(talk=talk(*replies, unsent=unsent), **more)


def door(result: str = "timeout", host: str = "93.184.216.30", port: int = 5432, **more: Any) -> Door:
    return Door(host, port, result, more.pop("vantage", INTERNET), **more)


def gateway(*replies: Reply, host: str = "vpn.example.com", unsent: Unsent | None = None) -> Gateway:
    return Gateway(host, talk(*replies, unsent=unsent))


def snapshot(**parts: Any) -> HttpProbeSnapshot:
    """One tool behind a proxy, nothing else declared, the control connection open."""
    declared = Declarations(
        identity_hosts=parts.pop("identity_hosts", ("login.example.com",)),
        extra_paths=parts.pop("extra_paths", ()),
        no_vpn=parts.pop("no_vpn", ""),
    )
    usual: dict[str, Any] = dict.fromkeys(
        ("origins", "vpn_gateways", "vpn_ports", "data_stores", "admin_ports"), NOTHING
    )
    usual |= {"targets": (target(),), "controls": (door("open", "admin.example.com", 443),)}
    taken_at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return HttpProbeSnapshot(taken_at=taken_at, vantage=INTERNET, declared=declared, **(usual | parts))
