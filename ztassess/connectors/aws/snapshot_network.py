"""Owns the frozen values of one account's network: groups, interfaces, entry points, firewalls, VPNs. All regional."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission of a security group.

    Attributes:
        protocol: ``tcp``, ``udp``, ``icmp``, a number, or ``-1`` for everything.
        from_port, to_port: both None where the protocol has no ports (``-1``) : then every port.
        ipv4, ipv6: CIDR blocks as written.
        prefix_lists: ids; their content is not read.
        groups: ids of source (or target) security groups.
    """

    protocol: str
    from_port: int | None
    to_port: int | None
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    prefix_lists: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group with what it lets in and out."""

    region: str
    id: str
    name: str
    vpc_id: str
    ingress: tuple[Permission, ...] = ()
    egress: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network interface: what makes a security group count.

    Attributes:
        public_address: empty if it has none.
        instance_id: empty if it is not attached to an instance.
        kind: AWS's interface type, for example ``interface``, ``network_load_balancer``, ``lambda``.
    """

    region: str
    id: str
    vpc_id: str
    groups: tuple[str, ...] = ()
    public_address: str = ""
    private_address: str = ""
    instance_id: str = ""
    kind: str = ""
    description: str = ""
    subnet_id: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """An EC2 instance.

    Attributes:
        key_name: empty if it was started without a key pair.
        http_tokens: ``required``, ``optional``; empty if AWS did not say.
        http_endpoint: ``enabled``, ``disabled``; empty if AWS did not say.
        profile_arn: of its instance profile, empty if it has none.
    """

    region: str
    id: str
    state: str
    groups: tuple[str, ...] = ()
    vpc_id: str = ""
    public_address: str = ""
    key_name: str = ""
    http_tokens: str = ""
    http_endpoint: str = ""
    profile_arn: str = ""


@dataclass(frozen=True, slots=True)
class FlowLog:
    """A flow log on a VPC, subnet or interface; ``active`` is True for status ACTIVE."""

    region: str
    id: str
    resource_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer of the second generation.

    Attributes:
        kind: ``application``, ``network`` or ``gateway``.
        internet_facing: by its scheme.
    """

    region: str
    arn: str
    name: str
    kind: str
    internet_facing: bool
    dns_name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of an internet-facing load balancer."""

    region: str
    load_balancer_arn: str
    port: int | None
    protocol: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A CloudFront distribution. ``web_acl`` is the id or ARN of its web ACL, empty if it has none."""

    id: str
    arn: str
    domain: str
    aliases: tuple[str, ...]
    origins: tuple[str, ...]
    enabled: bool
    web_acl: str


@dataclass(frozen=True, slots=True)
class ApiStage:
    """A stage of a REST API. ``web_acl`` is the ARN of its web ACL, empty if it has none."""

    name: str
    web_acl: str


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A method of a REST API; ``authorization`` is for example ``NONE``, ``AWS_IAM`` or ``CUSTOM``."""

    path: str
    verb: str
    authorization: str
    api_key_required: bool


@dataclass(frozen=True, slots=True)
class RestApi:
    """A REST API of API Gateway. ``private`` is True if its only endpoint type is PRIVATE."""

    region: str
    id: str
    name: str
    private: bool
    stages: tuple[ApiStage, ...] = ()
    methods: tuple[ApiMethod, ...] = ()

    @property
    def host(self) -> str:
        return f"{self.id}.execute-api.{self.region}.amazonaws.com"


@dataclass(frozen=True, slots=True)
class WafRule:
    """One rule of a web ACL.

    Attributes:
        managed_group: ``vendor/name`` of a managed rule group, empty for other rules.
        override: of a rule group: ``none`` (its own actions apply) or ``count``; empty for other rules.
        action: of a single rule: ``block``, ``allow``, ``count``, ``captcha``, ``challenge``; empty for rule groups.
        rate_based: it counts requests by client.
        counted_rules: names of the group's rules that are overridden to count.
    """

    name: str
    managed_group: str = ""
    override: str = ""
    action: str = ""
    rate_based: bool = False
    counted_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebAcl:
    """A web ACL. ``region`` is ``global`` for those of CloudFront.

    Attributes:
        default_action: ``allow`` or ``block``.
        logging: None where it was not readable.
        resources: ARNs of load balancers and API stages it protects; None where that was not readable; empty for
            CloudFront, whose distributions name their web ACL themselves.
    """

    region: str
    arn: str
    id: str
    name: str
    default_action: str
    rules: tuple[WafRule, ...]
    logging: bool | None
    resources: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ClientVpnRule:
    """One authorization rule of a Client VPN endpoint; ``group_id`` is empty where everyone has access."""

    destination: str
    access_all: bool
    group_id: str


@dataclass(frozen=True, slots=True)
class ClientVpnEndpoint:
    """A Client VPN endpoint. ``rules`` is None where they were not readable."""

    region: str
    id: str
    status: str
    rules: tuple[ClientVpnRule, ...] | None


@dataclass(frozen=True, slots=True)
class VpnConnection:
    """A site-to-site VPN connection."""

    region: str
    id: str
    state: str
