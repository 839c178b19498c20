"""Owns the frozen picture of one tailnet: its policy, devices, people, keys, settings and recent changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.tailscale.snapshot_policy import Policy
from ztassess.domain.findings import Part


@dataclass(frozen=True, slots=True)
class Device:
    """One machine of the tailnet, or shared into it. None means that Tailscale did not say.

    Attributes:
        id: ``nodeId``.
        name: MagicDNS name, lower case.
        user: login of the owner in lower case; of a tagged device, of whoever registered it.
        expires: when its key ends; None if it never does (Tailscale writes the year 1) or nothing was said.
        never_expires: ``expires`` was the year 1.
        connected: it is connected now; then Tailscale leaves ``lastSeen`` out.
        routes: subnet routes that are approved; None where the list was read without them.
        serials: serial numbers, lower case, where posture identity is collected.
    """

    id: str
    name: str
    hostname: str
    user: str
    os: str
    authorized: bool
    external: bool
    ephemeral: bool | None
    key_expiry_disabled: bool | None
    expires: datetime | None
    never_expires: bool
    last_seen: datetime | None
    connected: bool | None
    tags: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    routes: tuple[str, ...] | None = None
    advertised: tuple[str, ...] | None = None
    lock_error: str = ""
    serials: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How people know it."""
        return self.hostname or self.name or self.id


@dataclass(frozen=True, slots=True)
class User:
    """One account of the tailnet.

    Attributes:
        login: lower case.
        kind: ``member``, or ``shared`` for somebody of another tailnet.
        status: ``active``, ``idle``, ``suspended``, ``needs-approval`` or ``over-billing-limit``.
    """

    id: str
    login: str
    kind: str
    role: str
    status: str
    devices: int | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class TailnetKey:
    """An enrollment key, an access token or a trust credential; never its secret.

    Attributes:
        kind: ``auth``, ``api``, ``client`` or ``federated``; empty if Tailscale did not say.
        expires: None if it never does.
        over: it was revoked, is invalid, or has ended.
        reusable, ephemeral: of enrollment keys; None if not said.
        user: the person whose key it is; empty for keys of trust credentials.
    """

    id: str
    kind: str
    description: str
    created: datetime | None
    expires: datetime | None
    over: bool
    reusable: bool | None
    ephemeral: bool | None
    scopes: tuple[str, ...]
    tags: tuple[str, ...]
    user: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the tailnet. None means that Tailscale did not show it."""

    devices_approval: bool | None
    users_approval: bool | None
    key_days: int | None
    flow_logs: bool | None
    posture_identity: bool | None


@dataclass(frozen=True, slots=True)
class Integration:
    """A device manager that Tailscale takes posture from. ``failing``: its last synchronization failed."""

    provider: str
    failing: bool


@dataclass(frozen=True, slots=True)
class DeviceAttributes:
    """Names of the posture attributes that one device reports; values are not kept."""

    device: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the configuration audit log: a device that went, or tailnet lock switched on or off.

    Attributes:
        target: id of what was changed; `target_name` is its name in lower case.
    """

    at: datetime
    action: str
    property: str
    target_kind: str
    target: str
    target_name: str


@dataclass(frozen=True, slots=True)
class LostDevice:
    """A device that was reported lost or stolen: its host name, node id or serial number, and when it was reported."""

    device: str
    reported: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """What we read with.

    Attributes:
        scopes: as Tailscale told them; None if it did not, or for an export.
    """

    scopes: frozenset[str] | None = None
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class TailnetDeclared:
    """What was declared. None: not declared."""

    production_tags: tuple[str, ...] | None = None
    apps: tuple[str, ...] | None = None
    lost: tuple[LostDevice, ...] = ()
    people: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    break_glass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TailscaleSnapshot:
    """One reading. ``taken_at`` is the clock of every rule; ``policy`` and ``settings`` hold one entry."""

    taken_at: datetime
    tailnet: str
    credential: Credential
    declared: TailnetDeclared
    policy: Part[Policy]
    devices: Part[Device]
    users: Part[User]
    keys: Part[TailnetKey]
    settings: Part[Settings]
    integrations: Part[Integration]
    attributes: Part[DeviceAttributes]
    changes: Part[Change]
