"""Owns the policies of Istio and Linkerd as they are written, and the settings of their installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ztassess.connectors.kubernetes.snapshot_labels import Labels, Meta, Selector

Values = Mapping[str, tuple[str, ...]]
"""Lists of a policy by the name of their field, such as ``principals``; empty lists are left out."""


@dataclass(frozen=True, slots=True)
class PeerAuthentication:
    """Istio: what a workload accepts.

    Attributes:
        selector: labels of the workloads it is for; empty: the whole namespace, or the mesh in the root namespace.
        mode: UNSET, DISABLE, PERMISSIVE or STRICT.
        ports: modes of single ports of the workload.
    """

    meta: Meta
    selector: Labels
    mode: str
    ports: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``when`` of a rule."""

    key: str
    values: tuple[str, ...] = ()
    not_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorizationRule:
    """One rule of an Istio AuthorizationPolicy.

    Attributes:
        sources: alternatives; what one of them lists must all hold. Empty: anybody.
        operations: alternatives likewise. Empty: anything.
    """

    sources: tuple[Values, ...] = ()
    operations: tuple[Values, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class IstioAuthorization:
    """Istio: who may call.

    Attributes:
        action: ALLOW, DENY, CUSTOM or AUDIT.
        targets: what it is attached to instead of workloads (``Gateway/waypoint``): judged at a waypoint.
        dry_run: it only logs what it would do.
    """

    meta: Meta
    selector: Labels
    action: str
    rules: tuple[AuthorizationRule, ...]
    targets: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class JwtRule:
    """Tokens of one issuer; ``keys`` True if it is said where to get the keys."""

    issuer: str
    keys: bool
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestAuthentication:
    """Istio: tokens that are verified if they come."""

    meta: Meta
    selector: Labels
    tokens: tuple[JwtRule, ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """Istio: how clients call. ``settings`` holds ``(place, tls.mode)`` for each place that sets one."""

    meta: Meta
    host: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """Istio: hosts that count as registered."""

    meta: Meta
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Istio: settings of proxies; ``outbound`` is empty where it does not say."""

    meta: Meta
    selector: Labels
    outbound: str


@dataclass(frozen=True, slots=True)
class IstioConfig:
    """Settings of the mesh; ``outbound`` is Istio's default ALLOW_ANY where nothing is written."""

    root_namespace: str
    outbound: str


@dataclass(frozen=True, slots=True)
class Server:
    """Linkerd: a port of some pods.

    Attributes:
        pods: None if it is not about pods.
        port: number or name of a container port.
        access: what is admitted without an authorization; empty means deny.
    """

    meta: Meta
    pods: Selector | None
    port: str
    access: str = ""


@dataclass(frozen=True, slots=True)
class AuthenticationRef:
    """Linkerd: one proof that an AuthorizationPolicy requires."""

    kind: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class LinkerdAuthorization:
    """Linkerd: who may call a Server, an HTTPRoute or every Server of the namespace; all of ``required`` must hold."""

    meta: Meta
    target_kind: str
    target_name: str
    required: tuple[AuthenticationRef, ...]


@dataclass(frozen=True, slots=True)
class ServerAuthorization:
    """Linkerd's older form of the same. Without identities and accounts it asks for no particular caller."""

    meta: Meta
    server: str
    servers: Selector | None
    unauthenticated: bool
    identities: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeshTlsAuthentication:
    """Linkerd: identities of meshed callers; ``*`` is every one. ``refs`` names objects that stand for identities."""

    meta: Meta
    identities: tuple[str, ...]
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkAuthentication:
    """Linkerd: addresses of callers."""

    meta: Meta
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """Linkerd: requests of a Server. ``matches`` holds ``(path type, path, method)``; empty matches everything."""

    meta: Meta
    servers: tuple[str, ...]
    matches: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class LinkerdConfig:
    """Settings of the installation.

    Attributes:
        inbound: default inbound policy; empty if it is not written.
        issuer_ends: end of the identity issuer's certificate; None if it is kept elsewhere, as with cert-manager.
    """

    inbound: str
    issuer_ends: datetime | None
