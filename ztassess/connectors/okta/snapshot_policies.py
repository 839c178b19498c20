"""Owns the frozen picture of how an Okta org lets people in: policies, their rules, what each rule demands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ALLOW: Final = "ALLOW"
DENY: Final = "DENY"
ACTIVE: Final = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. ``kind`` is Okta's type, such as ``ACCESS_POLICY``."""

    id: str
    name: str
    kind: str
    status: str

    @property
    def active(self) -> bool:
        """It takes part in decisions."""
        return self.status == ACTIVE


@dataclass(frozen=True, slots=True)
class Network:
    """Where a request must come from.

    Attributes:
        connection: ``ANYWHERE`` or ``ZONE``; empty if the rule says nothing about networks.
        include: zone ids; exclude: zone ids.
    """

    connection: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """The rule is for people inside named zones only."""
        return self.connection == "ZONE" and bool(self.include)

    @property
    def named(self) -> bool:
        """The rule looks at zones at all."""
        return self.connection == "ZONE" and bool(self.include or self.exclude)


@dataclass(frozen=True, slots=True)
class People:
    """Whom a rule is for. All empty: everybody."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceCondition:
    """What a rule asks of the device. None: it does not ask.

    Attributes:
        assurance: ids of device assurance policies.
    """

    registered: bool | None = None
    managed: bool | None = None
    assurance: tuple[str, ...] = ()

    @property
    def demanded(self) -> bool:
        """The rule is for some devices only."""
        return bool(self.registered or self.managed or self.assurance)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One alternative of an ASSURANCE rule: satisfying one of them is enough.

    Attributes:
        phishing_resistant: ``REQUIRED``, ``OPTIONAL``, or empty where the possession part does not say.
        required: the possession part itself must be satisfied; None if it did not say.
    """

    phishing_resistant: str = ""
    required: bool | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One way to satisfy a step of a chain, such as key ``webauthn``, method ``webauthn``."""

    key: str
    method: str
    phishing_resistant: str = ""
    user_verification: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain: any one of its methods, then any one of the steps that may follow."""

    methods: tuple[Method, ...]
    following: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """How a rule lets people prove themselves.

    Attributes:
        kind: ``ASSURANCE``, ``AUTH_METHOD_CHAIN``, another word of Okta's, or empty if it did not say.
        factor_mode: ``1FA`` or ``2FA``; of ASSURANCE only.
        constraints: alternatives; of ASSURANCE only.
        chains: alternatives; of AUTH_METHOD_CHAIN only.
    """

    kind: str = ""
    factor_mode: str = ""
    constraints: tuple[Constraint, ...] = ()
    chains: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One rule of an authentication policy of apps (Identity Engine).

    Attributes:
        system: the catch-all, which takes everybody whom no rule before it took.
        risk: ``LOW``, ``MEDIUM``, ``HIGH``; empty if any.
        expression: it has a condition in Okta's expression language, which is not evaluated here.
        narrowed: it names people or platforms that it is for, or not for.
    """

    policy_id: str
    id: str
    name: str
    priority: int
    status: str
    system: bool
    access: str
    verification: Verification = Verification()
    network: Network = Network()
    people: People = People()
    device: DeviceCondition = DeviceCondition()
    risk: str = ""
    expression: bool = False
    narrowed: bool = False

    @property
    def takes_all(self) -> bool:
        """Who comes from its networks meets it, whoever that is and with whatever device."""
        return not (self.narrowed or self.risk or self.expression or self.device.demanded)


@dataclass(frozen=True, slots=True)
class SessionRule:
    """One rule of a global session policy. Minutes are None if Okta did not say; 0 means unlimited.

    Attributes:
        narrowed: as of an `AccessRule`, or for some risks only.
    """

    policy_id: str
    id: str
    name: str
    status: str
    system: bool
    access: str
    require_factor: bool | None = None
    lifetime_minutes: int | None = None
    idle_minutes: int | None = None
    persistent_cookie: bool | None = None
    network: Network = Network()
    priority: int = 0
    narrowed: bool = False

    @property
    def takes_all(self) -> bool:
        """Who comes from its networks meets it, whoever that is."""
        return not self.narrowed


@dataclass(frozen=True, slots=True)
class TokenRule:
    """One rule of an access policy of a custom authorization server."""

    server_id: str
    server: str
    policy: str
    name: str
    status: str
    access_minutes: int | None
