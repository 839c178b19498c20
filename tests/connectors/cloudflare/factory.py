"""A snapshot in which every check passes, made from the vendor's own rows, and changes to it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from tests.connectors.cloudflare.account import ACCOUNT, DECLARED, compliant
from tests.fakes.vendor import NOW
from ztassess.connectors.api import row_of
from ztassess.connectors.cloudflare import parsing
from ztassess.connectors.cloudflare.rules import checks
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Declared, EntryPoint, Record
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable, Verdict

PASS, FAIL, NOT_CHECKED, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
REFUSED = Unavailable("missing_scope", "Some Group Read", "The token lacks the group.")
SAID = Declared(
    zones=frozenset({"example.com"}),
    internal_hosts=frozenset(DECLARED.internal_hosts or ()),
    sensitive=frozenset(DECLARED.sensitive_tools or ()),
    public_hosts=frozenset({"example.com", "www.example.com"}),
    sign_in_paths=frozenset({"/login"}),
    admin_hosts=frozenset({"bastion"}),
)


def apps(*rows: dict[str, Any]) -> tuple[App, ...]:
    """Apps from the vendor's rows."""
    return tuple(parsing.app(row_of(row, "Application")) for row in rows)


def records(*rows: dict[str, Any]) -> tuple[Record, ...]:
    """Records of example.com from the vendor's rows."""
    found = (parsing.record(row_of(row, "Record"), "example.com") for row in rows)
    return tuple(record for record in found if record is not None)


def point(phase: str, *rows: dict[str, Any], deployed: bool = True) -> EntryPoint:
    """What is deployed in a phase of example.com."""
    return EntryPoint("example.com", phase, deployed, tuple(parsing.firewall_rule(row_of(r, "Rule")) for r in rows))


@cache
def base() -> CloudflareSnapshot:
    """The compliant account."""
    state = compliant()
    rows = {name: [row_of(row, name) for row in found] for name, found in state.lists.items()}
    (zone,) = state.zones
    (configuration,) = state.configurations.values()
    return CloudflareSnapshot(
        taken_at=NOW,
        account_id=ACCOUNT,
        declared=SAID,
        zones=(parsing.zone(row_of(zone, "Zone")),),
        apps=apps(*state.lists["access/apps"]),
        policies=tuple(map(parsing.reusable_policy, rows["access/policies"])),
        groups=tuple(map(parsing.group, rows["access/groups"])),
        identity_providers=tuple(map(parsing.identity_provider, rows["access/identity_providers"])),
        organization=(parsing.organization(row_of(state.singles["access/organizations"], "Organization")),),
        service_tokens=tuple(map(parsing.service_token, rows["access/service_tokens"])),
        posture_rules=tuple(map(parsing.posture_rule, rows["devices/posture"])),
        tunnels=tuple(map(parsing.tunnel, rows["cfd_tunnel"])),
        ingress=parsing.ingress(row_of(configuration, "Configuration"), "main"),
        records=records(*state.records[zone["id"]]),
        entry_points=tuple(
            point(phase, *state.rulesets.get((zone["id"], phase), ()), deployed=(zone["id"], phase) in state.rulesets)
            for phase in ("http_request_firewall_managed", "http_request_firewall_custom", "http_ratelimit")
        ),
        account=(parsing.account(row_of(state.singles[""], "Account")),),
        log_jobs=tuple(map(parsing.log_job, rows["logpush/jobs"])),
        gateway_rules=tuple(map(parsing.gateway_rule, rows["gateway/rules"])),
        routes=tuple(map(parsing.route, rows["teamnet/routes"])),
        targets=tuple(map(parsing.target, rows["infrastructure/targets"])),
        app_authorities=tuple(map(parsing.app_authority, rows["access/apps/ca"])),
        gateway_authorities=tuple(map(parsing.gateway_authority, rows["access/gateway_ca"])),
    )


def snapshot(*, said: dict[str, Any] | None = None, **parts: Any) -> CloudflareSnapshot:
    """The compliant account with other parts; `said` changes what was declared."""
    return replace(base(), declared=replace(SAID, **(said or {})), **parts)


def findings(check: str, found: CloudflareSnapshot) -> list[Finding]:
    return evaluate([checks[f"cloudflare.{check}"]], found)


def verdicts(check: str, found: CloudflareSnapshot) -> list[Verdict]:
    return [finding.verdict for finding in findings(check, found)]


def result(check: str, found: CloudflareSnapshot) -> CheckResult:
    return fold(check, findings(check, found))
