"""Owns the frozen picture of one Vault or OpenBao: engines, roles, sign-in methods, audit, policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.domain.findings import Part

SYSTEM_LEASE: Final = 2_764_800
"""768 hours: what a lease of 0 inherits where neither role nor mount sets one (Vault documentation, "Lease")."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One secrets engine. Lifetimes in seconds; 0 means inherited.

    Attributes:
        path: with its trailing slash, such as ``database/``.
        tuned_default: what `default_lease_ttl` really comes to, as the mount's tuning says; None if not read.
        version: of a key-value engine, ``1`` or ``2``; empty for others.
    """

    path: str
    type: str
    default_lease_ttl: int = 0
    max_lease_ttl: int = 0
    tuned_default: int | None = None
    tuned_max: int | None = None
    version: str = ""

    @property
    def default_seconds(self) -> int:
        """The lease that a role without one gets."""
        return self.default_lease_ttl or self.tuned_default or SYSTEM_LEASE

    @property
    def max_seconds(self) -> int:
        """The longest that a lease of this mount can be renewed to."""
        return self.max_lease_ttl or self.tuned_max or SYSTEM_LEASE


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in method (auth mount), its path with trailing slash."""

    path: str
    type: str


@dataclass(frozen=True, slots=True)
class AuditDevice:
    """One audit device.

    Attributes:
        raw: it writes secrets in clear text (``log_raw``).
        discards: it writes to a file that keeps nothing, such as ``/dev/null``.
    """

    path: str
    type: str
    raw: bool = False
    discards: bool = False


@dataclass(frozen=True, slots=True)
class EngineRole:
    """One role of an engine that issues secrets; only its name.

    Attributes:
        kind: the collection it is listed in: ``roles``, ``static-roles``, ``rolesets``...
    """

    mount: str
    engine: str
    kind: str
    name: str

    @property
    def label(self) -> str:
        """``database/app``, as people know it."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class DatabaseRole:
    """What a database role issues. Seconds; 0 means inherited from the mount."""

    mount: str
    name: str
    store: str
    default_ttl: int
    max_ttl: int

    @property
    def label(self) -> str:
        """``database/app``."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class CloudRole:
    """What a role of a cloud engine issues.

    Attributes:
        engine: ``aws``, ``gcp`` or ``azure``.
        credentials: kinds it may issue: ``iam_user``, ``assumed_role``, ``access_token``, ``service_account_key``...
        max_ttl: ``max_sts_ttl`` in seconds, 0 means the mount's; None where the engine has no such field.
    """

    mount: str
    engine: str
    name: str
    credentials: tuple[str, ...]
    max_ttl: int | None = None

    @property
    def label(self) -> str:
        """``aws/deploy``."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class CertificateRole:
    """What a role of a certificate engine may sign.

    Attributes:
        max_ttl: seconds; 0 means the mount's.
        not_after: a fixed end that replaces the lifetime; None if the role sets none.
    """

    mount: str
    name: str
    any_name: bool
    max_ttl: int
    not_after: datetime | None = None

    @property
    def label(self) -> str:
        """``pki/web``."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class SignInRole:
    """A role of a sign-in method and the policies that it attaches to a token."""

    mount: str
    type: str
    name: str
    policies: tuple[str, ...]
    token_max_ttl: int = 0

    @property
    def label(self) -> str:
        """``approle/ci``."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class AppRole:
    """What ends the secret of an AppRole. 0 means never, respectively without limit.

    Attributes:
        bind_secret_id: False: the role id alone signs in.
    """

    mount: str
    name: str
    secret_id_ttl: int
    secret_id_num_uses: int
    token_max_ttl: int
    bind_secret_id: bool = True

    @property
    def label(self) -> str:
        """``approle/ci``."""
        return f"{self.mount}{self.name}"


@dataclass(frozen=True, slots=True)
class PathRule:
    """One path of a policy and what may be done there (``read``, ``update``, ``sudo``...)."""

    path: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """One ACL policy, its rules in the order written."""

    name: str
    rules: tuple[PathRule, ...]


@dataclass(frozen=True, slots=True)
class VaultSnapshot:
    """One reading. ``taken_at`` is the clock of every rule.

    Attributes:
        address: where it was read; the scope of every verdict that is about the whole.
        namespace: empty for the root namespace.
        data_stores, sensitive_stores: declared names of databases; None if nobody listed them.
    """

    taken_at: datetime
    address: str
    namespace: str
    mounts: Part[Mount]
    sign_ins: Part[SignIn]
    audit_devices: Part[AuditDevice]
    policies: Part[Policy]
    engine_roles: Part[EngineRole]
    static_roles: Part[EngineRole]
    database_roles: Part[DatabaseRole]
    cloud_roles: Part[CloudRole]
    certificate_roles: Part[CertificateRole]
    sign_in_roles: Part[SignInRole]
    app_roles: Part[AppRole]
    data_stores: frozenset[str] | None = None
    sensitive_stores: frozenset[str] | None = None
