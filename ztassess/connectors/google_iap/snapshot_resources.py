"""Owns the rows about what is served and stored: backends, routes, services, machines, firewalls, stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXTERNAL: Final = frozenset({"EXTERNAL", "EXTERNAL_MANAGED"})
EVERY_HOST: Final = "*"
"""The host of a route for all hosts that no rule of its URL map names."""
WEB: Final = frozenset({"HTTP", "HTTPS", "HTTP2", "H2C", "GRPC"})
"""Protocols of backends that a web application firewall can stand before."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One backend service of a load balancer.

    Attributes:
        link: ``projects/p/global/backendServices/x`` or ``projects/p/regions/r/backendServices/x``.
        region: empty for a global one.
        scheme: ``EXTERNAL_MANAGED``, ``INTERNAL_MANAGED``...
        iap: Identity-Aware Proxy is on; Google leaves the block out where it never was.
        armor: link of the Cloud Armor policy; empty if there is none.
        groups: links of the groups behind it.
    """

    project: str
    name: str
    link: str
    region: str
    protocol: str
    scheme: str
    iap: bool
    armor: str
    groups: tuple[str, ...]

    @property
    def external(self) -> bool:
        """The internet can reach it."""
        return self.scheme in EXTERNAL


@dataclass(frozen=True, slots=True)
class Route:
    """Where one host name of a URL map leads: to every backend that any of its paths may reach.

    Attributes:
        host: in lower case; ``*`` for every host that no other rule names.
        backends: links of backend services and backend buckets.
    """

    project: str
    url_map: str
    host: str
    backends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndpointGroup:
    """One network endpoint group.

    Attributes:
        serverless: it stands for Cloud Run, App Engine or Cloud Functions.
        run_service: name of the one Cloud Run service it stands for; empty if it is chosen by mask or is none.
    """

    project: str
    link: str
    region: str
    serverless: bool
    run_service: str


@dataclass(frozen=True, slots=True)
class RunService:
    """One Cloud Run service.

    Attributes:
        name: ``projects/p/locations/r/services/x``.
        ingress: ``INGRESS_TRAFFIC_ALL``...
        default_address: the run.app address answers.
        iap: IAP stands before the service itself.
        invoker_checked: a caller needs the right to invoke it.
        account: address of its service account; empty for the project's default one.
        hosts: of all its addresses, in lower case.
    """

    project: str
    name: str
    region: str
    ingress: str
    default_address: bool
    iap: bool
    invoker_checked: bool
    account: str
    hosts: tuple[str, ...]

    @property
    def short(self) -> str:
        """The name that people use."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Login:
    """What metadata say about signing in over SSH; values of other keys are never read.

    Attributes:
        os_login: the value of ``enable-oslogin``; None if it is not set.
        ssh_keys: there are keys in the metadata.
    """

    os_login: bool | None
    ssh_keys: bool


@dataclass(frozen=True, slots=True)
class ProjectLogin:
    """The metadata that all machines of a project share."""

    project: str
    login: Login


@dataclass(frozen=True, slots=True)
class Instance:
    """One virtual machine.

    Attributes:
        networks: names of its networks.
        public: it has an address on the internet.
    """

    project: str
    name: str
    link: str
    accounts: tuple[str, ...]
    tags: tuple[str, ...]
    networks: tuple[str, ...]
    public: bool
    login: Login


@dataclass(frozen=True, slots=True)
class Opening:
    """What one rule lets through.

    Attributes:
        protocol: in lower case: ``tcp``, ``all``, or a number as text.
        ports: ``22`` or ``8000-9000``; empty for all ports.
    """

    protocol: str
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """One rule that lets traffic in: of a network, or of a firewall policy that is in use.

    Attributes:
        policy: name of the firewall policy; empty for a rule of the network itself.
        sources: address ranges; empty if it names senders by tag or account instead.
        targets: tags and accounts it is limited to; empty for all machines.
    """

    project: str
    name: str
    policy: str
    network: str
    sources: tuple[str, ...]
    senders: tuple[str, ...]
    targets: tuple[str, ...]
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class ArmorRule:
    """One rule of a Cloud Armor policy.

    Attributes:
        action: ``allow``, ``deny(403)``...
        waf: its expression uses preconfigured rules.
        everyone: it matches every address.
    """

    priority: int
    action: str
    preview: bool
    waf: bool
    everyone: bool


@dataclass(frozen=True, slots=True)
class ArmorPolicy:
    """One Cloud Armor policy. ``link`` as of `Backend`."""

    project: str
    name: str
    link: str
    rules: tuple[ArmorRule, ...]


@dataclass(frozen=True, slots=True)
class SqlInstance:
    """One Cloud SQL instance.

    Attributes:
        public_address: None if Google did not say.
        networks: address ranges that may connect.
    """

    project: str
    name: str
    public_address: bool | None
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket.

    Attributes:
        uniform: access is by policy alone, without lists on objects.
        prevention: ``enforced``, ``inherited`` or ``unspecified``; empty if Google did not say.
    """

    project: str
    name: str
    uniform: bool
    prevention: str
