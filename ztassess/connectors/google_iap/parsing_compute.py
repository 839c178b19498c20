"""Owns what of the Compute Engine API's rows is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.google_iap.snapshot_resources import (
    EVERY_HOST,
    ArmorPolicy,
    ArmorRule,
    Backend,
    EndpointGroup,
    FirewallRule,
    Instance,
    Login,
    Opening,
    Route,
)

ANYWHERE: Final = ("0.0.0.0/0", "::/0")
OS_LOGIN: Final = "enable-oslogin"
SSH_KEYS: Final = frozenset({"ssh-keys", "sshkeys"})
_YES: Final = frozenset({"true", "yes", "y", "1"})
_WAF: Final = ("evaluatepreconfiguredwaf(", "evaluatepreconfiguredexpr(")


def link(url: str) -> str:
    """The part of a resource's address that no host name changes: ``projects/p/global/backendServices/x``."""
    _, found, rest = url.partition("/projects/")
    return f"projects/{rest}" if found else url


def last(url: str) -> str:
    """The last part of an address: the name."""
    return url.rpartition("/")[2]


def backend_of(row: Row, project: str) -> Backend:
    """One ``BackendService``. Its OAuth client and its secret's hash are not read."""
    return Backend(
        project=project,
        name=row.text("name"),
        link=link(row.text("selfLink")),
        region=last(row.text("region", absent="")),
        protocol=row.text("protocol", absent=""),
        scheme=row.text("loadBalancingScheme"),
        iap=row.flag("iap.enabled", absent=False),
        armor=link(row.text("securityPolicy", absent="")),
        groups=tuple(link(each.text("group", absent="")) for each in row.rows("backends", absent=())),
    )


def routes_of(row: Row, project: str) -> Iterator[Route]:
    """One ``UrlMap``, host by host: every backend that any path of the host may reach."""
    name = row.text("name")
    matchers = {each.text("name"): each for each in row.rows("pathMatchers", absent=())}
    yield Route(project, name, EVERY_HOST, _distinct(_defaults(row)))
    for rule in row.rows("hostRules", absent=()):
        matcher = matchers.get(rule.text("pathMatcher"))
        if matcher is None:
            raise BadAnswer(f"URL map {name} names a path matcher that did not come with it.")
        reached = _distinct(_reached(matcher))
        for host in rule.texts("hosts"):
            yield Route(project, name, host.lower().partition(":")[0], reached)


def _reached(matcher: Row) -> Iterator[str]:
    yield from _defaults(matcher)
    for rule in matcher.rows("pathRules", absent=()):
        yield from _of_rule(rule)
    for rule in matcher.rows("routeRules", absent=()):
        yield from _of_rule(rule)


def _of_rule(rule: Row) -> Iterator[str]:
    yield rule.text("service", absent="")
    for each in rule.rows("routeAction.weightedBackendServices", absent=()):
        yield each.text("backendService", absent="")


def _defaults(row: Row) -> Iterator[str]:
    yield row.text("defaultService", absent="")
    for each in row.rows("defaultRouteAction.weightedBackendServices", absent=()):
        yield each.text("backendService", absent="")


def _distinct(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link(url) for url in urls if url))


def endpoint_group_of(row: Row, project: str) -> EndpointGroup:
    """One ``NetworkEndpointGroup``."""
    return EndpointGroup(
        project,
        link(row.text("selfLink")),
        last(row.text("region", absent="")),
        row.text("networkEndpointType") == "SERVERLESS",
        row.text("cloudRun.service", absent=""),
    )


def instance_of(row: Row, project: str) -> Instance:
    """One ``Instance``; of its metadata only what is about signing in."""
    lines = row.rows("networkInterfaces", absent=())
    return Instance(
        project=project,
        name=row.text("name"),
        link=link(row.text("selfLink")),
        accounts=tuple(each.text("email").lower() for each in row.rows("serviceAccounts", absent=())),
        tags=row.texts("tags.items", absent=()),
        networks=tuple(last(each.text("network", absent="")) for each in lines),
        public=any(
            each.rows("accessConfigs", absent=()) or each.rows("ipv6AccessConfigs", absent=()) for each in lines
        ),
        login=login_of(row.row("metadata", absent=None)),
    )


def login_of(metadata: Row | None) -> Login:
    """What metadata say about signing in. Start-up scripts and everything else stay unread."""
    os_login, keys = None, False
    for item in metadata.rows("items", absent=()) if metadata is not None else ():
        name = item.text("key").lower()
        if name == OS_LOGIN:
            os_login = item.text("value", absent="").strip().lower() in _YES
        elif name in SSH_KEYS:
            keys = keys or item.has("value")
    return Login(os_login, keys)


def firewall_rules_of(row: Row, project: str) -> Iterator[FirewallRule]:
    """One ``Firewall``, if it is on and lets traffic in. Ingress is the default direction."""
    allowed = row.rows("allowed", absent=())
    if not allowed or row.flag("disabled", absent=False) or row.text("direction", absent="INGRESS") != "INGRESS":
        return
    senders = (*row.texts("sourceTags", absent=()), *row.texts("sourceServiceAccounts", absent=()))
    sources = row.texts("sourceRanges", absent=())
    yield FirewallRule(
        project=project,
        name=row.text("name"),
        policy="",
        network=last(row.text("network", absent="")),
        sources=sources or (() if senders else ANYWHERE),
        senders=senders,
        targets=(*row.texts("targetTags", absent=()), *row.texts("targetServiceAccounts", absent=())),
        openings=tuple(Opening(each.text("IPProtocol").lower(), each.texts("ports", absent=())) for each in allowed),
    )


def policy_rules_of(row: Row, project: str) -> Iterator[FirewallRule]:
    """The rules of a ``FirewallPolicy`` that let traffic in, if any network uses it.

    A rule that narrows its senders by more than addresses is known by those; one without addresses takes them all.
    """
    used = [last(each.text("attachmentTarget", absent="")) for each in row.rows("associations", absent=())]
    if not used:
        return
    for rule in row.rows("rules"):
        off = rule.flag("disabled", absent=False) or rule.text("direction", absent="INGRESS") != "INGRESS"
        if off or not rule.text("action").startswith(("allow", "apply_security_profile_group")):
            continue
        narrowed = tuple(_narrowed(rule))
        elsewhere = _not_internet(rule)
        sources = () if elsewhere else rule.texts("match.srcIpRanges", absent=())
        yield FirewallRule(
            project=project,
            name=rule.text("ruleName", absent="") or f"priority {rule.number('priority')}",
            policy=row.text("name"),
            network=", ".join(used),
            sources=sources or (() if narrowed or elsewhere else ANYWHERE),
            senders=(*narrowed, *elsewhere),
            targets=_policy_targets(rule),
            openings=tuple(
                Opening(each.text("ipProtocol").lower(), each.texts("ports", absent=()))
                for each in rule.rows("match.layer4Configs")
            ),
        )


_NARROWING: Final = ("srcAddressGroups", "srcFqdns", "srcRegionCodes", "srcThreatIntelligences", "srcNetworks")
_INSIDE: Final = frozenset({"INTRA_VPC", "VPC_NETWORKS", "NON_INTERNET"})


def _narrowed(rule: Row) -> Iterator[str]:
    """By what beside addresses a rule names its senders."""
    yield from (name for name in _NARROWING if rule.texts(f"match.{name}", absent=()))
    if rule.rows("match.srcSecureTags", absent=()):
        yield "srcSecureTags"


def _not_internet(rule: Row) -> tuple[str, ...]:
    """The kind of network that a rule takes senders from, where that is not the internet, whatever their addresses."""
    kinds = (rule.text("match.srcNetworkContext", absent=""), rule.text("match.srcNetworkType", absent=""))
    return tuple(kind for kind in dict.fromkeys(kinds) if kind in _INSIDE)


def _policy_targets(rule: Row) -> tuple[str, ...]:
    tags = tuple(last(each.text("name", absent="")) for each in rule.rows("targetSecureTags", absent=()))
    return (*tags, *rule.texts("targetServiceAccounts", absent=()))


def armor_policy_of(row: Row, project: str) -> ArmorPolicy:
    """One ``SecurityPolicy``."""
    rules = tuple(
        ArmorRule(
            priority=rule.number("priority"),
            action=rule.text("action"),
            preview=rule.flag("preview", absent=False),
            waf=any(word in rule.text("match.expr.expression", absent="").lower() for word in _WAF),
            everyone="*" in rule.texts("match.config.srcIpRanges", absent=()),
        )
        for rule in row.rows("rules")
    )
    return ArmorPolicy(project, row.text("name"), link(row.text("selfLink")), rules)
