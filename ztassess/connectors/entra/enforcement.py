"""Owns what a tenant enforces for everyone, asked of a whole snapshot; several rules stand on the same answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ztassess.connectors.entra.conditional_access import (
    ALL_CLIENTS,
    Coverage,
    Demand,
    blocked_clients,
    clients,
    coverage,
    declared_exclusions,
    demands_device,
    demands_mfa,
    demands_phishing_resistance,
    mentions_mfa,
    undeclared,
)
from ztassess.connectors.entra.snapshot import EntraSnapshot, break_glass, labels
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES
from ztassess.connectors.entra.snapshot_policies import Grant, Policy, Strength
from ztassess.connectors.judging import count, excluded, names, rows_read
from ztassess.domain.findings import Evidence

SOURCE: Final = "GET /identity/conditionalAccess/policies"
_SPOKEN: Final = {
    "compliantDevice": "a compliant device",
    "domainJoinedDevice": "a joined device",
    "approvedApplication": "an approved app",
    "compliantApplication": "an app with protection",
    "passwordChange": "a password change",
    "mfa": "MFA",
}


def meets(demand: Demand) -> Callable[[Policy], bool]:
    """The demand on a grant as one on a policy."""
    return lambda policy: policy.grant is not None and demand(policy.grant)


def defaults_on(snapshot: EntraSnapshot) -> bool:
    """Security defaults are on, as far as they were read."""
    return any(each.enabled for each in rows_read(snapshot.security_defaults))


def mfa_for_everyone(snapshot: EntraSnapshot) -> Coverage:
    """What demands a second factor of everyone."""
    return coverage(
        rows_read(snapshot.policies),
        meets(demands_mfa),
        break_glass(snapshot),
        related=lambda policy: mentions_mfa(policy.grant),
        lacks=lambda policy: f"'{policy.name}' accepts {_instead(policy.grant, 'mfa')} instead of MFA.",
        labels=labels(snapshot),
    )


def phishing_resistance_for_everyone(snapshot: EntraSnapshot) -> Coverage:
    """What lets nobody in but with a method bound to the real address."""
    return coverage(
        rows_read(snapshot.policies),
        meets(demands_phishing_resistance),
        break_glass(snapshot),
        related=lambda policy: policy.grant is not None and policy.grant.strength is not None,
        lacks=_weaker_strength,
        labels=labels(snapshot),
    )


def device_for_everyone(snapshot: EntraSnapshot) -> Coverage:
    """What lets nobody in but from a managed device."""
    return coverage(
        rows_read(snapshot.policies),
        meets(demands_device),
        break_glass(snapshot),
        related=lambda policy: policy.grant is not None and "compliantDevice" in policy.grant.controls,
        lacks=lambda p: f"'{p.name}' accepts {_instead(p.grant, 'compliantDevice')} instead of a compliant device.",
        labels=labels(snapshot),
    )


def _instead(grant: Grant | None, wanted: str) -> str:
    """The alternatives of a grant beside the one that is wanted, as words."""
    if grant is None:
        return "nothing"
    strength = [f"the strength '{grant.strength.name}'"] if grant.strength is not None else []
    others = [_SPOKEN.get(each, each) for each in grant.controls if each != wanted]
    found = [*others, *strength, *("terms of use" for _ in grant.others[:1])]
    return " or ".join(found) if found else "a single factor"


def _weaker_strength(policy: Policy) -> str:
    grant = policy.grant
    if grant is None or grant.strength is None:
        return f"'{policy.name}' asks for no authentication strength."
    weak = [each for each in grant.strength.combinations or () if not demands_phishing_resistance(_only(each))]
    if weak:
        return f"Strength '{grant.strength.name}' also allows {names(weak)}."
    if not grant.strength.combinations:
        return f"What strength '{grant.strength.name}' allows was not told."
    return f"'{policy.name}' accepts {_instead(Grant(grant.operator, grant.controls, None, grant.others), '')} instead."


def _only(combination: str) -> Grant:
    return Grant("OR", (), Strength("", (combination,)), ())


def admin_policies(snapshot: EntraSnapshot, demand: Demand) -> tuple[list[Policy], list[str]]:
    """Policies that meet a demand of administrators at every app, and the names of roles that none of them covers."""
    emergency = break_glass(snapshot)
    policies = rows_read(snapshot.policies)
    closed = blocked_clients(policies, emergency)
    sound = [
        each
        for each in policies
        if meets(demand)(each) and _for_administrators(each, ALL_CLIENTS - closed) and not undeclared(each, emergency)
    ]
    if any(each.users.everyone for each in sound):
        return sound, []
    covered = {role for each in sound for role in each.users.include_roles}
    return sound, [name for role, name in PRIVILEGED_ROLES.items() if role not in covered]


def _for_administrators(policy: Policy, needed: frozenset[str]) -> bool:
    return policy.enforced and policy.apps.all and not policy.conditions and needed <= clients(policy)


def evidence_of(policies: tuple[Policy, ...] | list[Policy], expected: str) -> tuple[Evidence, ...]:
    """One line for each policy: its state and what it grants, raw."""
    return tuple(Evidence(SOURCE, each.id, "grantControls", _grant_text(each), expected) for each in policies)


def _grant_text(policy: Policy) -> str:
    grant = policy.grant
    if grant is None:
        return f"{policy.state}; none"
    strength = grant.strength
    combinations = f"; {','.join(strength.combinations or ())}" if strength is not None else ""
    return f"{policy.state}; {grant.operator or 'OR'} {','.join(grant.controls) or '-'}{combinations}"


def states(snapshot: EntraSnapshot) -> str:
    """How many policies there are, by state: the denominator in words."""
    policies = rows_read(snapshot.policies)
    on = sum(each.enforced for each in policies)
    reporting = sum(each.state == "enabledForReportingButNotEnforced" for each in policies)
    off = len(policies) - on - reporting
    return f"{count(len(policies), 'policy', 'policies')} ({on} enabled, {reporting} report-only, {off} disabled)"


def left_out(snapshot: EntraSnapshot, policies: tuple[Policy, ...] | list[Policy]) -> str:
    """The sentence that names declared exclusions of these policies; empty if there are none."""
    known = labels(snapshot)
    return excluded([known.get(each, each) for each in declared_exclusions(policies, break_glass(snapshot))])
