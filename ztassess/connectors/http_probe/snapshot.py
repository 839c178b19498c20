"""Owns the frozen picture of one run of the probe: who was asked what, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.domain.findings import Part

INTERNET: Final = "internet"
INSIDE: Final = "inside"
HTML: Final = "anonymous_html"
JSON: Final = "anonymous_json"
PLAIN: Final = "plain_http"
ORIGIN: Final = "origin"
ORIGIN_PLAIN: Final = "origin_plain"
FORGED: Final = "forged:"
PATH: Final = "path:"
ORIGIN_FORGED: Final = "origin_forged:"
PORTAL: Final = "portal:"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a redirect leads, taken apart; ``host`` is empty if it leads nowhere we understand.

    Attributes:
        parameters: names of the query's parameters, never their values.
        leads_back: path of the address that a sign-in would return to, from ``redirect_uri``.
    """

    scheme: str
    host: str
    path: str
    parameters: tuple[str, ...] = ()
    leads_back: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}" if self.host else "an unreadable address"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back to one request.

    Attributes:
        variant: what was asked, such as ``anonymous_html``, ``forged:X-Forwarded-Email`` or ``path:/health``.
        status: None if there was no answer; then ``error`` says why, and ``detail`` more of it.
        headers: the few that are kept, names in lower case.
        challenges: schemes of WWW-Authenticate, lower case.
        marks: what the page betrayed, such as ``oauth2_start``.
    """

    variant: str
    status: int | None = None
    location: Location | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cookie_names: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()
    body_length: int | None = None
    title_sha256: str = ""
    marks: tuple[str, ...] = ()
    error: str = ""
    detail: str = ""

    def header(self, name: str) -> str | None:
        """A kept header, or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def name(self) -> str:
        """The variant's own word: the header forged, the path tried."""
        return self.variant.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a conversation ended before its plan: ``count`` requests were not sent."""

    count: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """All requests to one address.

    Attributes:
        resolved: the address that answered; empty if none did.
        unsent: None if the whole plan was carried out.
    """

    replies: tuple[Reply, ...]
    resolved: str = ""
    unsent: Unsent | None = None

    def reply(self, variant: str) -> Reply | None:
        """The reply to one variant; None if it was not asked."""
        return next((each for each in self.replies if each.variant == variant), None)

    def replies_of(self, prefix: str) -> Iterator[Reply]:
        """The replies to a family of variants, such as ``forged:``."""
        return (each for each in self.replies if each.variant.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Target:
    """One internal address.

    Attributes:
        untried: declared paths for which no request was left.
    """

    url: str
    host: str
    is_sensitive: bool
    talk: Conversation
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """One place where a tool really runs, asked past its proxy.

    Attributes:
        label: ``host:port``.
        serves: the public host.
        shares: an address it has in common with the public host; empty if none; None if that is not known.
        same_port: the public host answers on the same port.
    """

    label: str
    serves: str
    talk: Conversation
    vantage: str
    shares: str | None = None
    same_port: bool = False


@dataclass(frozen=True, slots=True)
class Gateway:
    """One declared VPN gateway, asked for the sign-in pages of the usual products."""

    host: str
    talk: Conversation


@dataclass(frozen=True, slots=True)
class Door:
    """One TCP connection tried.

    Attributes:
        result: ``open``, ``refused``, ``timeout``, ``name`` (does not resolve), ``private`` (resolves to an address
            that the internet cannot reach), ``closed``, or ``untested``, with the reason code why.
        vantage: whose view this is: ``internet`` or ``inside``.
    """

    host: str
    port: int
    result: str
    vantage: str
    resolved: str = ""
    reason: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Declarations:
    """What a person declared.

    Attributes:
        extra_paths: paths to try besides the usual ones.
        no_vpn: who checked, and when, that no VPN exists; empty if nobody did.
        consent_by: who allowed the port check; empty if nobody did.
    """

    identity_hosts: tuple[str, ...] = ()
    extra_paths: tuple[str, ...] = ()
    no_vpn: str = ""
    consent_by: str = ""


@dataclass(frozen=True, slots=True)
class HttpProbeSnapshot:
    """One run of the probe.

    Attributes:
        vantage: where it stood; a private address is seen from inside whatever this says.
        controls: connections to declared internal addresses, without which a closed door elsewhere proves nothing.
    """

    taken_at: datetime
    vantage: str
    declared: Declarations
    targets: Part[Target]
    origins: Part[Origin]
    vpn_gateways: Part[Gateway]
    vpn_ports: Part[Door]
    data_stores: Part[Door]
    admin_ports: Part[Door]
    controls: Part[Door]
