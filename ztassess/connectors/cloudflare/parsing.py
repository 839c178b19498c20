"""Owns turning Cloudflare's rows into the snapshot's values; what is not named here never enters a snapshot."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.cloudflare import snapshot as s
from ztassess.connectors.cloudflare.hosts import PUBLIC, clean_host
from ztassess.connectors.errors import BadAnswer
from ztassess.domain.findings import Part, Unavailable

NOT_EMBEDDED: Final = Unavailable("partial_data", detail="The app came without its policies.")
RECORD_TYPES: Final = frozenset({"A", "AAAA", "CNAME"})
_VALUES: Final = {
    "auth_method": "auth_method.auth_method",
    "device_posture": "device_posture.integration_uid",
    "email_domain": "email_domain.domain",
    "geo": "geo.country_code",
    "group": "group.id",
    "ip": "ip.ip",
    "ip_list": "ip_list.id",
    "login_method": "login_method.id",
    "service_token": "service_token.token_id",
}


def criterion(row: Row) -> s.Criterion:
    """One rule of an include, require or exclude: an object with one key, its kind.

    Raises:
        BadAnswer: it has no kind or several, so nobody can say what it means.
    """
    rule = row_of(row.value, "AccessRule")
    kinds = rule.keys()
    if len(kinds) != 1:
        raise BadAnswer(f"A rule of an Access policy has {len(kinds)} selectors instead of one.")
    kind = kinds[0]
    rule.has((kind,))
    return s.Criterion(kind, rule.text(_VALUES[kind], "") if kind in _VALUES else "")


def _criteria(row: Row, name: str) -> tuple[s.Criterion, ...]:
    return tuple(criterion(each) for each in row.rows(name, ()))


def _mfa(row: Row) -> s.Mfa | None:
    found = row.row("mfa_config", None)
    if found is None:
        return None
    return s.Mfa(found.texts("allowed_authenticators", ()), found.flag("mfa_disabled", absent=False))


def policy(row: Row, kind: str = "Policy") -> s.Policy:
    """A policy of an app, or a reusable one."""
    row = row_of(row.value, kind)
    precedence = row.number("precedence", None) if kind == "Policy" else None
    return s.Policy(
        id=row.text("id"),
        name=row.text("name", ""),
        decision=row.text("decision", None),
        precedence=precedence,
        session_duration=row.text("session_duration", None),
        include=_criteria(row, "include"),
        require=_criteria(row, "require"),
        exclude=_criteria(row, "exclude"),
        mfa=_mfa(row),
    )


def reusable_policy(row: Row) -> s.Policy:
    """A policy of the account that several apps may use; its order stands in the apps."""
    return policy(row, "ReusablePolicy")


def _destination(row: Row) -> s.Destination:
    kind = row.text("type", PUBLIC)
    public_paths = tuple(
        each.text("path_pattern") for each in row.rows("overrides", ()) if each.text("behavior") == "public"
    )
    if kind == "private":
        return s.Destination(kind, row.text("hostname", "").lower(), "", public_paths)
    host, path = _uri(row.text("uri", ""))
    return s.Destination(kind, host, path, public_paths)


def _uri(text: str) -> tuple[str, str]:
    bare = text.strip().rpartition("://")[2]
    _, slash, path = bare.partition("/")
    return clean_host(bare), f"/{path}" if slash and path else ""


def _destinations(row: Row) -> tuple[s.Destination, ...]:
    """Destinations replace the older lists where they are given; `domain` is the first of either."""
    found = tuple(_destination(row_of(each.value, "Destination")) for each in row.rows("destinations", ()))
    if found:
        return found
    older = row.texts("self_hosted_domains", ()) or ((row.text("domain"),) if row.has("domain") else ())
    return tuple(s.Destination(PUBLIC, *_uri(each)) for each in older)


def _targets(row: Row) -> tuple[str, ...]:
    """Host names in an infrastructure app's criteria: the older flat form and include's."""
    names: list[str] = []
    for each in row.rows("target_criteria", ()):
        criterion_ = row_of(each.value, "TargetCriterion")
        for path in ("target_attributes.hostname", "include.target_attributes.hostname"):
            names += criterion_.texts(path, ())
    return tuple(dict.fromkeys(name.lower() for name in names))


def app(row: Row) -> s.App:
    """One Access application."""
    policies: Part[s.Policy] = NOT_EMBEDDED
    if row.has("policies"):
        policies = tuple(policy(each) for each in row.rows("policies"))
    return s.App(
        id=row.text("id"),
        name=row.text("name", "") or row.text("id"),
        type=row.text("type"),
        aud=row.text("aud", ""),
        session_duration=row.text("session_duration", None),
        allowed_idps=row.texts("allowed_idps", ()),
        preflight_bypass=row.flag("options_preflight_bypass", absent=False),
        destinations=_destinations(row),
        policies=policies,
        mfa=_mfa(row),
        targets=_targets(row),
    )


def group(row: Row) -> s.Group:
    """One reusable Access group."""
    lists = (_criteria(row, name) for name in ("include", "require", "exclude"))
    return s.Group(row.text("id"), row.text("name", ""), *lists)


def identity_provider(row: Row) -> s.IdentityProvider:
    """One way to sign in; `config` may hold a client secret and is never looked at."""
    return s.IdentityProvider(row.text("id"), row.text("name", ""), row.text("type"))


def organization(row: Row) -> s.Organization:
    """The Zero Trust organization's settings."""
    return s.Organization(
        auth_domain=row.text("auth_domain", ""),
        session_duration=row.text("session_duration", None),
        mfa_required=row.flag("mfa_required_for_all_apps", None),
        deny_unmatched=row.flag("deny_unmatched_requests", None),
        exempted_zones=tuple(z.lower() for z in row.texts("deny_unmatched_requests_exempted_zone_names", ())),
    )


def service_token(row: Row) -> s.ServiceToken:
    """One service token, without its secret."""
    return s.ServiceToken(
        id=row.text("id"),
        name=row.text("name", "") or row.text("id"),
        duration=row.text("duration", None),
        enabled=row.flag("enabled", None),
        expires_at=row.moment("expires_at", None),
    )


def posture_rule(row: Row) -> s.PostureRule:
    """One posture test; its inputs are left alone."""
    return s.PostureRule(row.text("id"), row.text("name", ""), row.text("type", ""))


def tunnel(row: Row) -> s.Tunnel:
    """One tunnel; addresses of its connectors are left alone."""
    connections = row.rows("connections", None)
    clients = None if connections is None else {each.text("client_id", "") for each in connections} - {""}
    versions = {each.text("client_version", "") for each in connections or ()} - {""}
    return s.Tunnel(
        id=row.text("id"),
        name=row.text("name", "") or row.text("id"),
        status=row.text("status", ""),
        local=row.text("config_src", "") == "local",
        connectors=None if clients is None else len(clients),
        versions=tuple(sorted(versions)),
    )


def ingress(row: Row, tunnel_name: str) -> tuple[s.Ingress, ...]:
    """The public hosts of a tunnel's configuration; the last rule without a host answers what is left over."""
    found: list[s.Ingress] = []
    default = row.row("config.originRequest.access", None)
    for each in row.rows("config.ingress", ()):
        rule = row_of(each.value, "IngressRule")
        host = clean_host(rule.text("hostname", ""))
        if not host:
            continue
        access = rule.row("originRequest.access", None) or default
        access = row_of(access.value, "IngressAccess") if access else None
        found.append(
            s.Ingress(
                tunnel=tunnel_name,
                host=host,
                path=rule.text("path", ""),
                scheme=rule.text("service", "").partition("://")[0].lower(),
                access_required=access.flag("required", absent=False) if access else False,
                audiences=access.texts("audTag", ()) if access else (),
            )
        )
    return tuple(found)


def zone(row: Row) -> s.Zone:
    """One zone."""
    return s.Zone(
        id=row.text("id"),
        name=row.text("name").lower(),
        plan=row.text("plan.name", ""),
        paused=row.flag("paused", absent=False),
    )


def record(row: Row, zone_name: str) -> s.Record | None:
    """One record that leads to a server; None for all others, whose content (TXT) may be a secret."""
    type_ = row.text("type")
    if type_ not in RECORD_TYPES:
        return None
    content = row.text("content").lower().rstrip(".")
    return s.Record(zone_name, row.text("name").lower().rstrip("."), type_, content, row.flag("proxied", None))


def firewall_rule(row: Row) -> s.FirewallRule:
    """One rule of an entry point ruleset."""
    action = row.text("action", "")
    ruleset, override_action, override_enabled, softened = "", None, None, 0
    skips: tuple[str, ...] = ()
    if action == "execute":
        ruleset = row.text("action_parameters.id")
        override_action = row.text("action_parameters.overrides.action", None)
        override_enabled = row.flag("action_parameters.overrides.enabled", None)
        for name in ("categories", "rules"):
            for each in row.rows(f"action_parameters.overrides.{name}", ()):
                off = each.flag("enabled", absent=True) is False or each.text("action", "") == "log"
                softened += off
    if action == "skip":
        skips = (
            *row.texts("action_parameters.phases", ()),
            *row.texts("action_parameters.rulesets", ()),
            *filter(None, (row.text("action_parameters.ruleset", ""), row.text("action_parameters.phase", ""))),
        )
    return s.FirewallRule(
        id=row.text("id"),
        action=action,
        enabled=row.flag("enabled"),
        expression=row.text("expression", ""),
        ruleset=ruleset,
        override_action=override_action,
        override_enabled=override_enabled,
        softened=softened,
        skips=skips,
    )


def account(row: Row) -> s.Account:
    """The account's own settings."""
    return s.Account(row.text("id"), row.text("name", ""), row.flag("settings.enforce_twofactor", None))


def log_job(row: Row) -> s.LogJob:
    """One Logpush job; `destination_conf` may hold credentials and is never looked at."""
    return s.LogJob(
        id=str(row.number("id")),
        dataset=row.text("dataset", ""),
        enabled=row.flag("enabled", None),
        failing=bool(row.text("last_error", "")) or bool(row.text("error_message", "")),
    )


def gateway_rule(row: Row) -> s.GatewayRule:
    """One Gateway rule."""
    return s.GatewayRule(
        id=row.text("id", ""),
        name=row.text("name", ""),
        action=row.text("action"),
        enabled=row.flag("enabled"),
        filters=row.texts("filters", ()),
        precedence=row.number("precedence", 0),
        traffic=row.text("traffic", ""),
        identity=row.text("identity", ""),
        posture=row.text("device_posture", ""),
        temporary=row.has("schedule") or row.has("expiration"),
    )


def route(row: Row) -> s.Route:
    """One private network."""
    return s.Route(row.text("network"), row.text("tunnel_name", "") or row.text("tunnel_id", ""))


def target(row: Row) -> s.Target:
    """One machine of infrastructure apps."""
    return s.Target(row.text("id"), row.text("hostname").lower())


def app_authority(row: Row) -> s.AppAuthority:
    """The certificate authority of one SSH app."""
    return s.AppAuthority(row.text("id"), row.text("aud"))


def gateway_authority(row: Row) -> str:
    """The id of the account's SSH certificate authority."""
    return row.text("id")
