"""Owns the frozen values of one account's identities: policies, users, roles, keys, Identity Center, organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a policy statement, for example ``StringEquals``, ``sts:externalid``, ``("a",)``.

    Attributes:
        operator: as written, for example ``StringLike`` or ``ForAnyValue:StringEquals``.
        key: in lower case (AWS compares condition keys without case).
    """

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a trust statement names.

    Attributes:
        kind: ``AWS``, ``Service``, ``Federated``, ``CanonicalUser``; for a bare ``"Principal": "*"`` kind and value
            are both ``*``.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy document.

    Exactly one of actions and not_actions, and of resources and not_resources, is filled (a trust policy has no
    resources).

    Attributes:
        allow: True for Effect Allow, False for Deny.
        actions, not_actions: in lower case, wildcards kept.
        negated_principal: True for ``NotPrincipal``: ``principals`` are then those it does not speak about.
    """

    allow: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    principals: tuple[Principal, ...] = ()
    negated_principal: bool = False
    sid: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One policy document, equal to another if their keys are: analysis is made and cached once for each.

    Attributes:
        key: SHA-256 of the document in canonical form, hexadecimal.
    """

    key: str
    statements: tuple[Statement, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A policy written into one user, group or role."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A reference to a managed policy; its document is in ``snapshot.policies`` under the same ARN."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy with its default version. AWS's own ones (``arn:aws:iam::aws:...``) only where used."""

    arn: str
    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that says who owns a thing or what it is for; all other tags are dropped while parsing."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user, from the authorization details. ``boundary`` is the ARN of a permissions boundary or empty."""

    arn: str
    name: str
    path: str
    created: datetime
    groups: tuple[str, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str = ""
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group."""

    arn: str
    name: str
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role.

    Attributes:
        last_used: None means: not used in the about 400 days AWS remembers.
        instance_profiles: ARNs.
    """

    arn: str
    name: str
    path: str
    created: datetime
    trust: Document
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str = ""
    last_used: datetime | None = None
    instance_profiles: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def service_linked(self) -> bool:
        """True for roles that AWS makes and nobody can edit."""
        return self.path.startswith("/aws-service-role/")

    @property
    def reserved(self) -> bool:
        """True for the roles Identity Center makes for a permission set: judged as people."""
        return self.name.startswith("AWSReservedSSO_") and self.path.startswith("/aws-reserved/sso.amazonaws.com/")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One key slot of a credential report row. None means ``N/A`` or ``no_information``.

    Attributes:
        slot: 1 or 2.
    """

    slot: int
    active: bool
    last_rotated: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One row of the credential report; the row of root has the user name ``<root_account>``.

    Attributes:
        password_enabled: None where the report says ``not_supported`` (root).
        password_last_used: None where there is no moment; ``password_last_used_text`` keeps the word
            (``N/A``, ``no_information``, ``not_supported``).
        mfa_active: None if the column is absent.
        keys: None if the report lacks the key columns of either slot: absent is not false.
    """

    user: str
    arn: str
    password_enabled: bool | None
    password_last_used: datetime | None
    password_last_used_text: str
    mfa_active: bool | None
    keys: tuple[AccessKey, ...] | None

    @property
    def is_root(self) -> bool:
        return self.user == "<root_account>"


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """What the account summary says of root. None: the entry was not in the answer."""

    mfa_enabled: bool | None
    access_keys_present: bool | None
    password_present: bool | None = None


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's password policy. ``present`` is False where AWS says that none is set."""

    present: bool
    minimum_length: int | None = None


@dataclass(frozen=True, slots=True)
class VirtualMfaDevice:
    """A phone app's device; root's serial ends with ``mfa/root-account-mfa-device``."""

    serial: str
    user_arn: str


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An IAM identity provider.

    Attributes:
        kind: ``oidc`` or ``saml``.
        host: of an OIDC provider, without scheme, for example ``token.actions.githubusercontent.com``.
        audiences: client ids; None where they were not read.
    """

    arn: str
    kind: str
    host: str = ""
    audiences: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """When a role last used one AWS service it may use; None: never in the tracking period."""

    service: str
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class RoleUse:
    """Last use by service, of one broad role (read for a few roles only)."""

    role_arn: str
    services: tuple[ServiceUse, ...]


@dataclass(frozen=True, slots=True)
class IdentityCenter:
    """An Identity Center instance. An empty part means: read, and there is none."""

    arn: str
    region: str


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set of Identity Center.

    Attributes:
        session_seconds: length of a session; AWS's default of one hour where the set says nothing.
        managed: AWS managed policies.
        inline: None if it has none.
    """

    arn: str
    name: str
    session_seconds: int
    managed: tuple[AttachedPolicy, ...] = ()
    inline: Document | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who may use a permission set on this account. ``principal_type`` is ``GROUP`` or ``USER``."""

    permission_set_arn: str
    account_id: str
    principal_type: str
    principal_id: str


@dataclass(frozen=True, slots=True)
class OrganizationAccount:
    """An account of the organization; its e-mail address is dropped.

    Attributes:
        management: the one account that service control policies do not bind.
    """

    id: str
    name: str
    status: str
    management: bool = False


@dataclass(frozen=True, slots=True)
class ServiceControlPolicy:
    """A service control policy.

    Attributes:
        targets: ids of the roots, units and accounts it is attached to; None where that was not readable.
    """

    id: str
    name: str
    document: Document
    targets: tuple[str, ...] | None
