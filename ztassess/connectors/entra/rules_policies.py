"""Owns the checks of ways around the rules and of how long a sign-in lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ztassess.connectors.entra.conditional_access import (
    LEGACY_CLIENTS,
    at_least_as_strict,
    at_least_as_wide,
    blocked_clients,
    blocks,
    clients,
    coverage,
    mentions_mfa,
    undeclared,
)
from ztassess.connectors.entra.enforcement import SOURCE, admin_policies, defaults_on, left_out, states
from ztassess.connectors.entra.proving import one_enough
from ztassess.connectors.entra.snapshot import EntraSnapshot, break_glass, labels
from ztassess.connectors.entra.snapshot_policies import Frequency, Grant, Method, Policy
from ztassess.connectors.judging import NamedAccounts, conclude, count, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[EntraSnapshot] = Checks("entra")
METHODS_SOURCE: Final = "GET /policies/authenticationMethodsPolicy"
LIFETIME_SOURCE: Final = "GET /policies/tokenLifetimePolicies"
ADMIN_HOURS, PEOPLE_HOURS, WEEK_HOURS = 12, 24, 168
TOKEN_SECONDS: Final = 15 * 60
DAY_SECONDS: Final = 86_400
MIGRATED: Final = "migrationComplete"
DEFAULT_LIFETIME: Final = (
    "Default lifetime applies (60 to 90 minutes, at random). Continuous access evaluation may hold tokens for about "
    "28 h, but revokes them near real time."
)


@CHECKS.check(
    "entra.legacy_authentication_blocked",
    title="Legacy protocols are blocked",
    verifies=(Verifies("mfa.no-bypass", level=2),),
    severity=Severity.HIGH,
    parts=("policies", "security_defaults"),
)
def legacy_authentication_blocked(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Clients that know no second factor are blocked for all users at all apps, or security defaults are on."""
    emergency = break_glass(snapshot)
    policies = rows_read(snapshot.policies)
    closed = blocked_clients(policies, emergency) & LEGACY_CLIENTS
    related = [each for each in policies if each.grant is not None and blocks(each.grant) and _legacy(each)]
    covered, defaults = closed == LEGACY_CLIENTS, defaults_on(snapshot)
    by = [each for each in related if each.enforced and each.users.everyone and not undeclared(each, emergency)]
    good = "Security defaults are on, which block legacy protocols."
    if covered:
        good = f"Exchange ActiveSync and other legacy clients are blocked for everyone.{left_out(snapshot, by)}"
    near = "" if covered or defaults else " ".join(_legacy_gap(snapshot, each) for each in related)
    lines = [
        Evidence(SOURCE, each.id, "clientAppTypes", ",".join(each.clients), "other, exchangeActiveSync")
        for each in related
    ]
    none = Evidence(SOURCE, snapshot.scope, "policies that block legacy clients", "0", "at least 1")
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies, snapshot.security_defaults),
        proved=covered or defaults,
        good=good,
        bad=f"Legacy clients are not blocked for everyone by any of {states(snapshot)}.",
        seen=len(policies),
        evidence=tuple(lines) or (none,),
        near_miss=near,
    )


def _legacy(policy: Policy) -> bool:
    return bool(clients(policy) & LEGACY_CLIENTS)


def _legacy_gap(snapshot: EntraSnapshot, policy: Policy) -> str:
    spoken = {"other": "'other' clients", "exchangeActiveSync": "Exchange ActiveSync"}
    has = clients(policy) & LEGACY_CLIENTS
    if len(has) == 1:
        (lacks,) = LEGACY_CLIENTS - has
        return f"'{policy.name}' blocks {spoken[next(iter(has))]} but not {spoken[lacks]}."
    found = coverage(
        (policy,),
        lambda each: each.grant is not None and blocks(each.grant),
        break_glass(snapshot),
        related=lambda _: True,
        lacks=lambda _: "",
        labels=labels(snapshot),
    )
    return " ".join(gap for gap in found.gaps if "does not cover clients" not in gap)


@CHECKS.check(
    "entra.sms_and_voice_off",
    title="SMS and voice are not accepted",
    verifies=(Verifies("mfa.no-bypass", level=2),),
    severity=Severity.MEDIUM,
    parts=("methods_policy",),
)
def sms_and_voice_off(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Both are off, and the older policies that could still allow them no longer count."""
    found = next(iter(rows_read(snapshot.methods_policy)), None)
    by_id = {each.id.casefold(): each for each in found.methods} if found is not None else {}
    phones = {name: by_id.get(name.casefold()) for name in ("Sms", "Voice")}
    problems = [
        _phone_on(snapshot, name, method, phones)
        for name, method in phones.items()
        if method is not None and method.state == "enabled"
    ]
    untold = [name for name, method in phones.items() if method is None or method.state not in ("enabled", "disabled")]
    if not problems and unread(snapshot.methods_policy) is None:
        if found is None or untold:
            reason = f"The policy does not say whether {names(untold)} is accepted."
            problems.append(not_checked(snapshot.scope, "partial_data", reason, seen=len(by_id)))
        elif found.migration != MIGRATED:
            reason = "SMS and voice are off in this policy, but the older policies may still allow them: "
            reason += f"the migration is {found.migration or 'not told'}."
            problems.append(not_checked(snapshot.scope, "partial_data", reason, seen=len(by_id), near_miss=reason))
    line = Evidence(METHODS_SOURCE, snapshot.scope, "state of Sms, Voice", _phone_states(phones), "disabled, disabled")
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.methods_policy,),
        seen=len(phones),
        good="SMS and voice are both off for everyone, and the older policies no longer count.",
        nothing="",
        evidence=(line,),
    )


def _phone_states(phones: dict[str, Method | None]) -> str:
    return ", ".join(method.state if method else "absent" for method in phones.values())


def _phone_on(snapshot: EntraSnapshot, name: str, method: Method, phones: dict[str, Method | None]) -> Verdict:
    spoken = {"Sms": "SMS", "Voice": "Voice"}
    known = labels(snapshot)
    groups = [known.get(each, each) for each in method.targets]
    whom = "everyone" if not groups or "all_users" in groups else f"group {names(groups)}"
    others = [
        spoken[each] for each, one in phones.items() if each != name and one is not None and one.state == "disabled"
    ]
    near = f"{others[0]} is off, {spoken[name]} is on for {whom}." if others else ""
    line = Evidence(METHODS_SOURCE, name, "state", method.state, "disabled")
    reason = f"{spoken[name]} is accepted as a second factor for {whom}."
    return failed(f"{snapshot.scope}/{name}", reason, seen=len(phones), evidence=(line,), near_miss=near)


@CHECKS.check(
    "entra.no_exclusion_gaps",
    title="Nobody is permanently excluded",
    verifies=(Verifies("mfa.no-bypass", level=3),),
    severity=Severity.HIGH,
    parts=("policies", "security_defaults", "users", "groups"),
)
def no_exclusion_gaps(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Whoever a policy leaves out must fall under another one that asks at least as much, at least as widely."""
    emergency, known = break_glass(snapshot), labels(snapshot)
    policies = [each for each in rows_read(snapshot.policies) if _enforces(each)]
    problems = [
        _gap(snapshot, policy, excluded, known, len(policies))
        for policy in policies
        for excluded in undeclared(policy, emergency)
        if unread(snapshot.policies) is None and not _caught(excluded, policy, policies, emergency)
    ]
    if not policies and unread(snapshot.policies, snapshot.security_defaults) is None and not defaults_on(snapshot):
        reason = f"Nothing is enforced: none of {states(snapshot)} is enabled and demands MFA or blocks."
        line = Evidence(SOURCE, snapshot.scope, "enforcing policies", "0", "at least 1")
        problems.append(failed(snapshot.scope, reason, evidence=(line,)))
    excluded = sum(len(each.users.excluded) for each in policies)
    line = Evidence(SOURCE, snapshot.scope, "conditions.users.exclude*", f"{excluded} exclusions", "break-glass only")
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.policies, snapshot.security_defaults),
        seen=max(1, len(policies)),
        good=f"{count(len(policies), 'enforcing policy', 'enforcing policies')} leave nobody out but declared "
        f"emergency accounts.{left_out(snapshot, policies)}",
        nothing="",
        evidence=(line,),
    )


def _enforces(policy: Policy) -> bool:
    return policy.enforced and policy.grant is not None and (mentions_mfa(policy.grant) or blocks(policy.grant))


def _caught(excluded: str, policy: Policy, policies: list[Policy], emergency: NamedAccounts) -> bool:
    """Another policy includes the excluded, by id or with everyone, and is no weaker and no narrower."""
    return any(
        other is not policy
        and excluded not in other.users.excluded
        and (excluded in other.users.included or (other.users.everyone and not undeclared(other, emergency)))
        and at_least_as_wide(other, policy)
        and at_least_as_strict(other, policy)
        for other in policies
    )


def _gap(snapshot: EntraSnapshot, policy: Policy, excluded: str, known: dict[str, str], seen: int) -> Verdict:
    who = known.get(excluded, excluded)
    inside = next((each.members for each in rows_read(snapshot.groups) if each.id == excluded), None)
    people = ""
    if inside is not None and not isinstance(inside, Unavailable):
        people = f" It holds {count(len(inside), 'user')}: {names([known.get(each, each) for each in inside])}."
    near = f"{who} is excluded from '{policy.name}' and covered by no other policy."
    line = Evidence(
        SOURCE, who, "conditions.users.exclude*", f"{excluded} in {policy.name}", "break-glass, or covered elsewhere"
    )
    return failed(f"{policy.id}/{excluded}", f"{near}{people}", seen=seen, evidence=(line,), near_miss=near)


@CHECKS.check(
    "entra.session_limits",
    title="Sign-in frequency is limited",
    verifies=(Verifies("credentials.human-sessions", level=2),),
    severity=Severity.MEDIUM,
    parts=("policies",),
)
def session_limits(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """How long a sign-in lasts for everyone, and that browsers forget it."""
    everyone = [each for each in rows_read(snapshot.policies) if _for_everyone(snapshot, each)]
    timed = [each for each in everyone if each.frequency is not None]
    hours = min((_hours(each.frequency) for each in timed), default=None)
    forgets = any(each.persistent_browser == "never" for each in everyone)
    admin_hours = _admin_hours(snapshot)
    by = names([f"'{each.name}'" for each in timed]) or "No policy for everyone"
    line = Evidence(SOURCE, snapshot.scope, "sessionControls", _session_text(hours, forgets=forgets), "12 h; never")
    good = f"{by} ends a sign-in within {hours} h, and browsers do not stay signed in.{left_out(snapshot, timed)}"
    near, level = _session_note(hours, admin_hours, forgets=forgets)
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies,),
        proved=forgets and hours is not None and hours <= PEOPLE_HOURS,
        good=good,
        bad=f"Of {states(snapshot)}, none ends everyone's sign-ins within 24 h and lets browsers forget them.",
        seen=len(rows_read(snapshot.policies)),
        evidence=(line,),
        level=level,
        near_miss=near,
    )


def _for_everyone(snapshot: EntraSnapshot, policy: Policy) -> bool:
    """Covers everyone at every app, whatever it grants."""
    found = coverage(
        rows_read(snapshot.policies),
        lambda each: each.id == policy.id,
        break_glass(snapshot),
        related=lambda _: False,
        lacks=lambda _: "",
        labels={},
    )
    return bool(found.policies)


def _hours(frequency: Frequency | None) -> int:
    """Hours that a sign-in lasts at the most; endless where only the second factor is repeated, or it is not told."""
    if frequency is None or frequency.second_factor_only:
        return 10**6
    if frequency.every_time:
        return 0
    return frequency.hours if frequency.hours is not None else 10**6


def _admin_hours(snapshot: EntraSnapshot) -> int | None:
    """The longest sign-in of any powerful role under policies of their own; None if not all roles have one."""
    sound, missing = admin_policies(
        replace(
            snapshot,
            policies=tuple(
                replace(each, grant=Grant("OR", ("mfa",)))
                for each in rows_read(snapshot.policies)
                if _hours(each.frequency) <= ADMIN_HOURS
            ),
        ),
        lambda grant: "mfa" in grant.controls,
    )
    return None if missing or not sound else max(_hours(each.frequency) for each in sound)


def _session_text(hours: int | None, *, forgets: bool) -> str:
    life = "none" if hours is None or hours >= 10**6 else f"{hours} h"
    return f"signInFrequency {life}; persistentBrowser {'never' if forgets else 'not never'}"


def _session_note(hours: int | None, admin_hours: int | None, *, forgets: bool) -> tuple[str, int | None]:
    if hours is None or hours >= 10**6:
        return "", None
    level = 1 if hours <= WEEK_HOURS else None
    if hours > PEOPLE_HOURS:
        return f"Frequency is {-(-hours // 24)} days.", level
    if not forgets:
        return f"Frequency is {hours} h, but browsers may stay signed in.", level
    if hours > ADMIN_HOURS and admin_hours is None:
        note = f"{hours} h are enough for people without administrator roles; administrators need 12 h or less."
        return note, 1
    return "", None


@CHECKS.check(
    "entra.access_token_lifetime",
    title="Access tokens end within 15 minutes",
    verifies=(Verifies("credentials.short-access-tokens", level=2),),
    severity=Severity.MEDIUM,
    parts=("token_lifetimes",),
)
def access_token_lifetime(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """The default of the whole tenant counts; a policy for single apps proves nothing and may undo it."""
    found = rows_read(snapshot.token_lifetimes)
    default = next((each for each in found if each.default), None)
    minutes = None if default is None or default.seconds is None else default.seconds / 60
    short = default is not None and default.seconds is not None and default.seconds <= TOKEN_SECONDS
    longer = [each for each in found if not each.default and (each.seconds is None or each.seconds > TOKEN_SECONDS)]
    line = Evidence(
        LIFETIME_SOURCE, default.id if default else snapshot.scope, "AccessTokenLifetime", _life(minutes), "15 min"
    )
    if short and longer and unread(snapshot.token_lifetimes) is None:
        which = names([f"'{each.name}'" for each in longer])
        reason = f"The default is {minutes:g} min, but {which} may give single apps more; which ones was not read."
        yield not_checked(snapshot.scope, "partial_data", reason, seen=len(found), near_miss=reason)
        return
    single = [
        each.name for each in found if not each.default and each.seconds is not None and each.seconds <= TOKEN_SECONDS
    ]
    near = DEFAULT_LIFETIME if default is None else ""
    if single and not short:
        near = f"'{single[0]}' is short, but not the default of the tenant. {near}".strip()
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.token_lifetimes,),
        proved=short,
        good=f"Access tokens live {_life(minutes)} by the default policy of the tenant.",
        bad="No default policy of the tenant ends access tokens within 15 minutes."
        if default is None
        else f"The default policy '{default.name}' sets {_life(minutes)}.",
        seen=max(1, len(found)),
        evidence=(line,),
        level=1 if minutes is not None and not short and minutes * 60 <= DAY_SECONDS else None,
        near_miss=near,
    )


def _life(minutes: float | None) -> str:
    return "not set" if minutes is None else f"{minutes:g} min"
