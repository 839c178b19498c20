"""Owns how Conditional Access adds up: which policy really covers everyone, what it demands, and what it lacks.

A policy proves something only if it is on, targets all users and all apps, and nothing narrows it. Alternatives are as
strong as the weakest one. What one policy leaves out may be covered by another, if that is proved by the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.entra.snapshot_policies import REPORT_ONLY, Grant, Policy
from ztassess.connectors.judging import NamedAccounts, count, names

PHISHING_RESISTANT: Final = frozenset({"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"})
# One of these alone proves two factors (authentication strengths, "Built-in authentication strengths").
_TWO_IN_ONE: Final = PHISHING_RESISTANT | {
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "federatedMultiFactor",
}
LEGACY_CLIENTS: Final = frozenset({"exchangeActiveSync", "other"})
ALL_CLIENTS: Final = LEGACY_CLIENTS | {"browser", "mobileAppsAndDesktopClients"}
Demand = Callable[[Grant], bool]


def _alternatives(grant: Grant) -> tuple[list[str], bool]:
    """The items of a grant (``*`` is its strength), and whether all of them are needed."""
    strength = ["*"] if grant.strength is not None else []
    items = [*grant.controls, *strength, *grant.others]
    return items, grant.operator == "AND" or len(items) == 1


def _proves(grant: Grant, item: Callable[[str], bool]) -> bool:
    items, together = _alternatives(grant)
    if not items:
        return False
    return any(map(item, items)) if together else all(map(item, items))


def two_factors(combination: str) -> bool:
    """True if this combination of an authentication strength is more than one factor."""
    return combination in _TWO_IN_ONE or len([part for part in combination.split(",") if part.strip()]) > 1


def _combinations(grant: Grant) -> tuple[str, ...]:
    return (grant.strength.combinations or ()) if grant.strength is not None else ()


def demands_mfa(grant: Grant) -> bool:
    """Nobody gets in without a second factor, whichever alternative they choose."""
    combinations = _combinations(grant)
    strong = bool(combinations) and all(map(two_factors, combinations))
    return _proves(grant, lambda item: item == "mfa" or (item == "*" and strong))


def demands_phishing_resistance(grant: Grant) -> bool:
    """Nobody gets in but with a method bound to the real address. Judged by what is allowed, never by a name."""
    combinations = _combinations(grant)
    strong = bool(combinations) and set(combinations) <= PHISHING_RESISTANT
    return _proves(grant, lambda item: item == "*" and strong)


def demands_device(grant: Grant) -> bool:
    """Nobody gets in but from a device that is compliant (or joined to the company's own domain)."""
    if grant.operator != "AND" and set(grant.controls) == {"compliantDevice", "domainJoinedDevice"}:
        return grant.strength is None and not grant.others
    return _proves(grant, lambda item: item == "compliantDevice")


def blocks(grant: Grant) -> bool:
    """Nobody gets in at all."""
    return "block" in grant.controls


def mentions_mfa(grant: Grant | None) -> bool:
    """A second factor is among what it asks, as an alternative or not."""
    return grant is not None and ("mfa" in grant.controls or grant.strength is not None)


def clients(policy: Policy) -> frozenset[str]:
    """Client app types that a policy covers, ``all`` and older words spelled out; none if Graph named none."""
    if "all" in policy.clients:
        return ALL_CLIENTS
    return frozenset("exchangeActiveSync" if each == "easSupported" else each for each in policy.clients)


def undeclared(policy: Policy, emergency: NamedAccounts) -> tuple[str, ...]:
    """Excluded ids that are not declared as break-glass."""
    return tuple(each for each in policy.users.excluded if each not in emergency)


def declared_exclusions(policies: Sequence[Policy], emergency: NamedAccounts) -> tuple[str, ...]:
    """Excluded ids that are declared as break-glass, each once: to be named, never dropped silently."""
    return tuple(dict.fromkeys(each for policy in policies for each in policy.users.excluded if each in emergency))


def _clean(policy: Policy) -> bool:
    """On, for all apps, with no condition; users and client types are judged apart."""
    return policy.enforced and policy.apps.all and not policy.conditions


def blocked_clients(policies: Sequence[Policy], emergency: NamedAccounts) -> frozenset[str]:
    """Client app types that are blocked for everyone but break-glass accounts."""
    found: frozenset[str] = frozenset()
    for policy in policies:
        if policy.grant is None or not blocks(policy.grant) or not _clean(policy):
            continue
        if policy.users.everyone and not undeclared(policy, emergency):
            found |= clients(policy)
    return found if found != ALL_CLIENTS else LEGACY_CLIENTS


@dataclass(frozen=True, slots=True)
class Coverage:
    """What covers everyone.

    Attributes:
        policies: the policies that together prove it, the main one first; empty if nothing does.
        best: what came closest, and `gaps` what narrows it.
    """

    policies: tuple[Policy, ...] = ()
    best: Policy | None = None
    gaps: tuple[str, ...] = ()


def coverage(
    policies: Sequence[Policy],
    meets: Callable[[Policy], bool],
    emergency: NamedAccounts,
    *,
    related: Callable[[Policy], bool],
    lacks: Callable[[Policy], str],
    labels: Mapping[str, str],
) -> Coverage:
    """Whether everyone is covered at every app by policies that meet a demand.

    Parameters:
        meets: the demand, of one policy's controls.
        related: policies worth naming if none is enough.
        lacks: the sentence for a related policy that does not meet the demand.
        labels: names by object id.
    """
    closed = blocked_clients(policies, emergency)
    sound = [each for each in policies if meets(each) and _clean(each) and ALL_CLIENTS - clients(each) <= closed]
    for main in sound:
        if not main.users.everyone:
            continue
        helpers = [_covering(each, sound, main, emergency) for each in undeclared(main, emergency)]
        if all(helper is not None for helper in helpers):
            return Coverage((main, *dict.fromkeys(helper for helper in helpers if helper is not None)))
    near = [(each, gaps_of(each, meets, emergency, closed, lacks, labels)) for each in policies if related(each)]
    if not near:
        return Coverage()
    best, gaps = min(near, key=lambda pair: (len(pair[1]), not pair[0].enforced))
    return Coverage(best=best, gaps=tuple(gaps))


def _covering(excluded: str, sound: Sequence[Policy], main: Policy, emergency: NamedAccounts) -> Policy | None:
    """Another sound policy that includes this very id and leaves nobody undeclared out of it."""
    for other in sound:
        if other is not main and excluded in other.users.included and not undeclared(other, emergency):
            return other
    return None


def gaps_of(
    policy: Policy,
    meets: Callable[[Policy], bool],
    emergency: NamedAccounts,
    closed: frozenset[str],
    lacks: Callable[[Policy], str],
    labels: Mapping[str, str],
) -> list[str]:
    """What keeps one policy from covering everyone everywhere, each as a sentence."""
    found = []
    if policy.state == REPORT_ONLY:
        found.append(f"'{policy.name}' is report-only.")
    elif not policy.enforced:
        found.append(f"'{policy.name}' is switched off.")
    if not meets(policy):
        found.append(lacks(policy))
    if not policy.users.everyone:
        found.append(f"'{policy.name}' is not for all users.")
    out = undeclared(policy, emergency)
    if out:
        who = names([labels.get(each, each) for each in out])
        found.append(f"'{policy.name}' excludes {count(len(out), 'undeclared account')}: {who}.")
    if not policy.apps.all:
        found.append(_apps_gap(policy, labels))
    if policy.conditions:
        what = ", ".join(f"{each.field} {each.value}" for each in policy.conditions)
        found.append(f"'{policy.name}' applies only under conditions: {what}.")
    missing = ALL_CLIENTS - clients(policy) - closed
    if missing:
        found.append(f"'{policy.name}' does not cover clients of the types {names(sorted(missing))}.")
    return found


def _apps_gap(policy: Policy, labels: Mapping[str, str]) -> str:
    if policy.apps.exclude:
        who = names([labels.get(each, each) for each in policy.apps.exclude])
        return f"'{policy.name}' leaves out {count(len(policy.apps.exclude), 'app')}: {who}."
    return f"'{policy.name}' is not for all apps."


def at_least_as_wide(other: Policy, policy: Policy) -> bool:
    """True if `other` applies wherever `policy` does, users aside."""
    apps = other.apps.all or other.apps == policy.apps
    conditions = not other.conditions or other.conditions == policy.conditions
    return apps and conditions and clients(other) >= clients(policy)


def at_least_as_strict(other: Policy, policy: Policy) -> bool:
    """True if whoever falls under `other` must show at least what `policy` asks of them."""
    if other.grant is None or policy.grant is None:
        return False
    if blocks(other.grant):
        return True
    if blocks(policy.grant):
        return False
    if demands_phishing_resistance(policy.grant):
        return demands_phishing_resistance(other.grant)
    return demands_mfa(other.grant)
