"""Owns what one reading of a Cloudflare account holds: frozen parts, each whole or with the reason why it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.findings import Part

PHASE_MANAGED = "http_request_firewall_managed"
PHASE_CUSTOM = "http_request_firewall_custom"
PHASE_RATE_LIMIT = "http_ratelimit"
PHASES = (PHASE_MANAGED, PHASE_CUSTOM, PHASE_RATE_LIMIT)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the organization and the connect form said, for rules to compare with. None: nobody said.

    Attributes:
        zones: names of the zones to assess, in lower case.
        internal_hosts: hosts that only the company's own people should open.
        sensitive: names or hosts of the tools that reach production, payments or personal data.
        public_hosts: hosts that are public on purpose; empty if nobody listed any.
        sign_in_paths: ``/path`` or ``host/path`` of sign-in pages and APIs; empty if nobody listed any.
        admin_hosts: hosts that administrators reach by SSH; empty if nobody listed any.
    """

    zones: frozenset[str] = frozenset()
    internal_hosts: frozenset[str] | None = None
    sensitive: frozenset[str] | None = None
    public_hosts: frozenset[str] = frozenset()
    sign_in_paths: frozenset[str] = frozenset()
    admin_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One rule of a policy's include, require or exclude.

    Attributes:
        kind: the vendor's name of the selector, such as ``everyone``, ``email_domain``, ``group``, ``auth_method``.
        value: what it selects, for the selectors whose value rules need; addresses of people are dropped.
    """

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Mfa:
    """Access' own second factor, as set on an app or a policy."""

    authenticators: tuple[str, ...]
    disabled: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of an app, or a reusable one.

    Attributes:
        decision: ``allow``, ``deny``, ``non_identity`` or ``bypass``; None if the vendor did not say.
        precedence: lower goes first; None if the vendor gave none, then the order of the list counts.
        session_duration: as written, such as ``24h``; None: the app's counts.
    """

    id: str
    name: str
    decision: str | None
    precedence: int | None
    session_duration: str | None
    include: tuple[Criterion, ...]
    require: tuple[Criterion, ...]
    exclude: tuple[Criterion, ...]
    mfa: Mfa | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """What an app protects.

    Attributes:
        kind: ``public`` or the vendor's other kinds (``private``, ``worker``...).
        host: lower case, may hold ``*``; empty where the kind has none.
        path: begins with ``/``, or empty for the whole host.
        public_paths: path patterns that an override opens for everybody.
    """

    kind: str
    host: str
    path: str = ""
    public_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class App:
    """One Access application.

    Attributes:
        session_duration: as written; None: the organization's counts.
        allowed_idps: ids; empty means every identity provider of the account.
        policies: in the order they are listed; Unavailable if they could not be read.
        targets: host names of an infrastructure app's targets.
    """

    id: str
    name: str
    type: str
    aud: str
    session_duration: str | None
    allowed_idps: tuple[str, ...]
    preflight_bypass: bool
    destinations: tuple[Destination, ...]
    policies: Part[Policy]
    mfa: Mfa | None = None
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A reusable set of criteria. The same three lists as a policy's."""

    id: str
    name: str
    include: tuple[Criterion, ...]
    require: tuple[Criterion, ...]
    exclude: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A way to sign in to Access; its configuration is never read."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Organization:
    """Settings of the whole Zero Trust organization. None: the vendor did not say."""

    auth_domain: str
    session_duration: str | None
    mfa_required: bool | None
    deny_unmatched: bool | None
    exempted_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A machine's credential for Access; its secret is never read."""

    id: str
    name: str
    duration: str | None
    enabled: bool | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostureRule:
    """A test of a device that policies may demand."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One cloudflared tunnel.

    Attributes:
        local: its configuration lies on its own machine, so its hosts are not listed at the vendor.
        connectors: connectors that are connected; None if the vendor did not say.
        versions: of the connected connectors.
    """

    id: str
    name: str
    status: str
    local: bool
    connectors: int | None
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingress:
    """One public host of a tunnel.

    Attributes:
        scheme: of the service behind it, such as ``http`` or ``ssh``.
        access_required: the tunnel refuses requests without a valid Access assertion.
        audiences: of the assertions it takes.
    """

    tunnel: str
    host: str
    path: str
    scheme: str
    access_required: bool
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone to assess.

    Attributes:
        paused: Cloudflare answers its names but forwards nothing: neither proxy nor firewall is in the way.
    """

    id: str
    name: str
    plan: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One A, AAAA or CNAME record.

    Attributes:
        proxied: Cloudflare stands in front; None if the vendor did not say.
    """

    zone: str
    name: str
    type: str
    content: str
    proxied: bool | None


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """One rule of a zone's entry point ruleset.

    Attributes:
        ruleset: id of the managed ruleset it executes; empty for other actions.
        override_action, override_enabled: for the whole ruleset; None if not overridden.
        softened: overrides of categories or single rules that switch them off or to logging.
        skips: what a skip rule leaves out: phases, ``current`` or ruleset ids.
    """

    id: str
    action: str
    enabled: bool
    expression: str
    ruleset: str = ""
    override_action: str | None = None
    override_enabled: bool | None = None
    softened: int = 0
    skips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """What is deployed in one phase of one zone.

    Attributes:
        deployed: False if the vendor said that there is no ruleset.
    """

    zone: str
    phase: str
    deployed: bool
    rules: Part[FirewallRule]


@dataclass(frozen=True, slots=True)
class Account:
    """Settings of the Cloudflare account itself."""

    id: str
    name: str
    two_factor: bool | None


@dataclass(frozen=True, slots=True)
class LogJob:
    """One Logpush job; its destination is never kept, for it may hold credentials."""

    id: str
    dataset: str
    enabled: bool | None
    failing: bool


@dataclass(frozen=True, slots=True)
class GatewayRule:
    """One Gateway rule; expressions as written by people.

    Attributes:
        temporary: it acts at some hours only, or ends by itself.
    """

    id: str
    name: str
    action: str
    enabled: bool
    filters: tuple[str, ...]
    precedence: int
    traffic: str
    identity: str
    posture: str
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A private network that a tunnel carries."""

    network: str
    tunnel: str


@dataclass(frozen=True, slots=True)
class Target:
    """A machine that infrastructure apps protect."""

    id: str
    host: str


@dataclass(frozen=True, slots=True)
class AppAuthority:
    """The certificate authority of one SSH app; its key body is never kept."""

    id: str
    audience: str


@dataclass(frozen=True, slots=True)
class CloudflareSnapshot:
    """One Cloudflare account at one moment; parts as in the vendor's interface."""

    taken_at: datetime
    account_id: str
    declared: Declared
    zones: Part[Zone]
    apps: Part[App]
    policies: Part[Policy]
    groups: Part[Group]
    identity_providers: Part[IdentityProvider]
    organization: Part[Organization]
    service_tokens: Part[ServiceToken]
    posture_rules: Part[PostureRule]
    tunnels: Part[Tunnel]
    ingress: Part[Ingress]
    records: Part[Record]
    entry_points: Part[EntryPoint]
    account: Part[Account]
    log_jobs: Part[LogJob]
    gateway_rules: Part[GatewayRule]
    routes: Part[Route]
    targets: Part[Target]
    app_authorities: Part[AppAuthority]
    gateway_authorities: Part[str]
