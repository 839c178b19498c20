"""Owns the company's internal tools as a stranger meets them: the probe itself asks, invented servers answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext, UploadedFile
from ztassess.connectors.http_probe.probe import FORMAT, Answer, Failed, knock, probe_origin, probe_target
from ztassess.demo.company import DOMAIN, TOOLS
from ztassess.demo.systems.base import System

SIGN_IN: Final = f"login.{DOMAIN}"
VPN: Final = f"vpn.{DOMAIN}"
_PAGE: Final = b"<html><title>Northwind Ledger</title></html>"
_ADDRESS: Final = "203.0.113.20"  # RFC 5737: addresses for examples
_ORIGINS: Final = {tool: f"203.0.113.{71 + place}" for place, tool in enumerate(TOOLS)}
_STORES: Final = ((f"db.{DOMAIN}", 5432), (f"cache.{DOMAIN}", 6379))


@dataclass(frozen=True, slots=True)
class Doors:
    """What changes.

    Attributes:
        strangers: tools that answer anybody.
        own_pages: tools that show their own sign-in page instead of the proxy's.
        direct: tools whose origin answers past the proxy.
        trusting: tools that believe a forged identity header at their origin.
    """

    strangers: tuple[str, ...] = ("admin",)
    own_pages: tuple[str, ...] = ("wiki", "jobs")
    direct: tuple[str, ...] = ("grafana",)
    trusting: tuple[str, ...] = ("admin",)


def _front(doors: Doors, url: str) -> Answer:
    """What a tool's public address says to a stranger, whatever headers they forge."""
    parts = urlsplit(url)
    tool = (parts.hostname or "").partition(".")[0]
    if parts.scheme == "http":
        return Answer(301, [("location", f"https://{parts.hostname}/")], b"", _ADDRESS)
    if tool in doors.strangers:
        return Answer(200, [("server", "nginx")], _PAGE, _ADDRESS)
    if tool in doors.own_pages:
        return Answer(302, [("location", f"https://{parts.hostname}/login")], b"", _ADDRESS)
    back = f"https://{parts.hostname}/oauth2/callback"
    return Answer(
        302, [("location", f"https://{SIGN_IN}/authorize?client_id=proxy&redirect_uri={back}")], b"", _ADDRESS
    )


def _origin(doors: Doors, tool: str, headers: dict[str, str]) -> Answer:
    if tool in doors.direct:
        return Answer(200, [("server", "nginx")], _PAGE, _ORIGINS[tool])
    if tool not in doors.trusting:
        raise Failed("timeout")
    forged = any(name.lower().startswith(("x-forwarded", "x-goog", "x-auth", "cf-access")) for name in headers)
    return Answer(200 if forged else 401, [("server", "nginx")], _PAGE if forged else b"", _ORIGINS[tool])


def _closed(host: str, port: int) -> str:
    if host.partition(".")[0] in TOOLS:
        return _ADDRESS
    raise Failed("timeout" if port else "name")


def exports(doors: Doors, context: ReadContext) -> tuple[UploadedFile, ...]:
    """The result of the probe's own requests to invented servers."""

    def ask(url: str, headers: dict[str, str], connect_to: tuple[str, int] | None) -> Answer:
        if connect_to is None:
            return _front(doors, url)
        return _origin(doors, (urlsplit(url).hostname or "").partition(".")[0], headers)

    def pause() -> None:
        """Nobody has to be spared."""

    hosts = [f"{tool}.{DOMAIN}" for tool in TOOLS]
    origins = [
        probe_origin(ask, pause, (address, 443), f"{tool}.{DOMAIN}") | {"shares": "", "same_port": True}
        for tool, address in _ORIGINS.items()
    ]
    content: dict[str, Any] = {
        "format": FORMAT,
        "taken_at": context.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vantage": "internet",
        "declared": {"sensitive": [f"https://{host}/" for host in hosts[:2]]},
        "targets": [probe_target(ask, pause, f"https://{host}/", plain=f"http://{host}/") for host in hosts],
        "origins": origins,
        "sockets": [
            *(knock(_closed, "control", host, 443) for host in hosts),
            *(knock(_closed, "store", host, port) for host, port in _STORES),
        ],
    }
    return (UploadedFile("result.json", orjson.dumps(content)),)


def beyond(doors: Doors, snapshot: Any, context: ReadContext) -> Any:
    """Nothing: the live probe writes the same document."""
    del doors, context
    return snapshot


SYSTEM: Final = System(
    slug="http_probe",
    name="Internal tools",
    start=Doors(),
    exports=exports,
    beyond=beyond,
    preflight=Preflight(
        "A stranger on the internet",
        tuple(PreflightRow(part, allowed=True) for part in ("targets", "origins", "data_stores", "controls")),
    ),
    entered={
        "internal_hosts": "\n".join(f"https://{tool}.{DOMAIN}/" for tool in TOOLS),
        "sensitive_hosts": "\n".join(f"{tool}.{DOMAIN}" for tool in TOOLS[:2]),
        "identity_hosts": SIGN_IN,
        "origins": "\n".join(f"{address}:443 {tool}.{DOMAIN}" for tool, address in _ORIGINS.items()),
        "data_stores": "\n".join(f"{host}:{port}" for host, port in _STORES),
        "consent": "yes",
    },
    requests=68,
    seconds=74,
)
