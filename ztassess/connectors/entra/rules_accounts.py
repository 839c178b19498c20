"""Owns the checks of accounts next to the declared lists: emergency accounts, leavers, people, guests, tools."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.entra.conditional_access import blocks
from ztassess.connectors.entra.emergency import Emergency, emergency_accounts
from ztassess.connectors.entra.proving import each_of
from ztassess.connectors.entra.snapshot import EntraSnapshot, people
from ztassess.connectors.entra.snapshot_directory import ServicePrincipal, User
from ztassess.connectors.judging import (
    NamedAccounts,
    conclude,
    count,
    excluded,
    input_missing,
    names,
    never_empty,
    rows_read,
    unread,
)
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
)

CHECKS: Checks[EntraSnapshot] = Checks("entra")
NO_USER: Final = "Microsoft listed no user"
USERS_SOURCE: Final = "GET /users"
QUIET: Final = timedelta(days=90)
TESTED: Final = timedelta(days=180)
FEWEST_EMERGENCY: Final = 2
MOST_ORPHANS: Final = 0.05


@CHECKS.check(
    "entra.break_glass_ready",
    title="Emergency accounts are exempt and hold keys",
    verifies=(Verifies("identity.break-glass", level=2),),
    severity=Severity.MEDIUM,
    parts=("users", "policies", "registrations", "sign_ins", "groups"),
)
def break_glass_ready(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Two that exist, work, hold a key, are left out of what blocks, and were used or tested in half a year."""
    if not snapshot.declared.break_glass:
        yield input_missing(snapshot.scope, "the emergency accounts")
        return
    found = emergency_accounts(snapshot)
    if unread(*found.of) is not None and not found.accounts:
        yield not_checked(snapshot.scope, unread(*found.of) or "partial_data")
        return
    problems = [verdict for each in found.accounts for verdict in _emergency(snapshot, each, len(found.accounts))]
    if len(found.accounts) < FEWEST_EMERGENCY and unread(*found.of) is None:
        reason = f"{len(found.accounts)} of at least 2 emergency accounts exist in this tenant; declared: "
        reason += f"{names(snapshot.declared.break_glass)}."
        line = Evidence(USERS_SOURCE, snapshot.scope, "declared accounts that exist", str(len(found.accounts)), "2")
        problems.append(failed(snapshot.scope, reason, seen=max(1, len(found.accounts)), evidence=(line,)))
    keyless = sum(not each.key for each in found.accounts if each.key is not None)
    line = Evidence(USERS_SOURCE, snapshot.scope, "emergency accounts", str(len(found.accounts)), "at least 2")
    yield from conclude(
        snapshot.scope,
        problems,
        of=(*found.of, snapshot.policies),
        seen=len(found.accounts),
        good=f"{count(len(found.accounts), 'emergency account')} exist, hold a security key, are exempt from blocking "
        f"rules and were used in the last 180 days: {names([each.user.upn for each in found.accounts])}. Whether any "
        "use raises an alert is not readable here; attest it.",
        nothing="",
        evidence=(line,),
        near_miss=f"{keyless} emergency account has no security key." if keyless else "",
    )


def _emergency(snapshot: EntraSnapshot, account: Emergency, seen: int) -> Iterator[Verdict]:
    user = account.user
    resource = f"{snapshot.scope}/{user.id}"
    if user.enabled is False:
        line = Evidence(USERS_SOURCE, user.upn, "accountEnabled", "false", "true")
        yield failed(resource, f"Emergency account {user.upn} is disabled.", seen=seen, evidence=(line,))
        return
    if user.enabled is None:
        yield not_checked(resource, "partial_data", f"Whether {user.upn} is enabled was not told.", seen=seen)
    if account.key is False:
        line = Evidence("GET /reports/authenticationMethods/userRegistrationDetails", user.upn, "methodsRegistered",
                        ", ".join(account.methods) or "none", "fido2 or passKeyDeviceBound")  # fmt: skip
        yield failed(
            resource,
            f"Emergency account {user.upn} has no security key.",
            seen=seen,
            evidence=(line,),
            near_miss="1 emergency account has no security key.",
        )
    elif account.key is None:
        yield not_checked(resource, account.why_no_key, seen=seen)
    for policy in rows_read(snapshot.policies):
        if not policy.enforced or policy.grant is None or not blocks(policy.grant) or not policy.users.everyone:
            continue
        if not account.ids & set(policy.users.excluded):
            line = Evidence("GET /identity/conditionalAccess/policies", policy.name, "excludeUsers", "absent", user.id)
            reason = f"'{policy.name}' blocks everyone and does not leave out {user.upn}."
            yield failed(f"{resource}/{policy.id}", reason, seen=seen, evidence=(line,))
    yield from _last_use(snapshot, account, resource, seen)


def _last_use(snapshot: EntraSnapshot, account: Emergency, resource: str, seen: int) -> Iterator[Verdict]:
    if isinstance(snapshot.sign_ins, Unavailable) and account.used is None:
        yield not_checked(f"{resource}/use", snapshot.sign_ins, seen=seen)
    elif account.used is None or snapshot.taken_at - account.used > TESTED:
        when = f"on {account.used:%Y-%m-%d}" if account.used else "never, as far as Microsoft tells"
        reason = f"{account.user.upn} was last used {when}; attest that it was tested in the last 180 days."
        yield not_checked(f"{resource}/use", "input_missing", reason, seen=seen)


@CHECKS.check(
    "entra.leavers_disabled",
    title="Leavers are disabled",
    verifies=(Verifies("identity.offboarding", level=2),),
    severity=Severity.CRITICAL,
    parts=("users", "sign_ins"),
)
def leavers_disabled(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """No account of someone who left can sign in, as a member or as a guest."""
    leavers = snapshot.declared.leavers
    near = _quiet(snapshot)
    if leavers is None:
        verdict = input_missing(snapshot.scope, "the people who left")
        yield not_checked(snapshot.scope, "input_missing", f"{verdict.reason} {near}".strip(), near_miss=near)
        return
    if not leavers:
        yield not_applicable(snapshot.scope, "It is declared that nobody left.")
        return
    left = NamedAccounts.of((*leavers, *_other_names(snapshot, leavers)))
    found = [user for user in rows_read(snapshot.users) if left.matches(*user.names)]
    problems = [_leaver(snapshot, user, len(leavers)) for user in found if user.enabled is True]
    problems += [
        not_checked(f"{snapshot.scope}/{user.id}", "partial_data", f"Whether {user.upn} is enabled was not told.")
        for user in found
        if user.enabled is None
    ]
    line = Evidence(USERS_SOURCE, snapshot.scope, "accountEnabled of leavers", "false", "false")
    yield from conclude(
        snapshot.scope,
        problems,
        of=(never_empty(snapshot.users, NO_USER),),
        seen=len(leavers),
        good=f"None of {count(len(leavers), 'leaver')} has an enabled account; {len(found)} disabled ones were found.",
        nothing="",
        evidence=(line,),
        near_miss="" if problems else near,
    )


def _leaver(snapshot: EntraSnapshot, user: User, seen: int) -> Verdict:
    line = Evidence(USERS_SOURCE, user.upn, "accountEnabled", "true", "false")
    kind = "guest account" if user.guest else "account"
    reason = f"{user.upn} left and the {kind} is enabled, as 1 of {count(seen, 'leaver')}."
    return failed(f"{snapshot.scope}/{user.id}", reason, seen=seen, evidence=(line,))


def _other_names(snapshot: EntraSnapshot, addresses: tuple[str, ...]) -> list[str]:
    wanted = {each.casefold() for each in addresses}
    return [name for name, address in snapshot.declared.aliases if address.casefold() in wanted]


def _quiet(snapshot: EntraSnapshot) -> str:
    """Candidates: enabled accounts without a successful sign-in for 90 days. Empty if Microsoft does not tell."""
    seen = {each.id: each.succeeded for each in rows_read(snapshot.sign_ins)}
    quiet = [
        user.upn
        for user in rows_read(snapshot.users)
        if user.enabled and (used := seen.get(user.id)) is not None and snapshot.taken_at - used > QUIET
    ]
    return f"{len(quiet)} enabled accounts have not signed in for 90 days: {names(quiet)}." if quiet else ""


@CHECKS.check(
    "entra.account_inventory",
    title="Accounts match the declared list",
    verifies=(Verifies("identity.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("users", "guests", "service_principals"),
)
def account_inventory(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Everyone is on the list, every guest has a sponsor on it, every own app has an owner."""
    if snapshot.declared.people is None:
        yield input_missing(snapshot.scope, "the people who work here")
        return
    listed = NamedAccounts.of((*snapshot.declared.people, *_other_names(snapshot, snapshot.declared.people)))
    members, emergency = people(snapshot)
    known = {user.id for user in rows_read(snapshot.users) if listed.matches(*user.names)}
    strangers = [user.upn for user in members if user.id not in known]
    guests = [user for user in rows_read(snapshot.users) if user.guest and user.enabled is not False]
    unsponsored = _unsponsored(snapshot, guests, known)
    apps = [each for each in rows_read(snapshot.service_principals) if _own(snapshot, each)]
    ownerless = [each.name for each in apps if each.owners is not None and not each.owners]
    total = len(members) + len(guests) + len(apps)
    orphans = [*strangers, *unsponsored, *ownerless]
    of = (never_empty(snapshot.users, NO_USER), snapshot.guests, snapshot.service_principals)
    near = f"{len(unsponsored)} guests have no sponsor on the list." if unsponsored else ""
    line = Evidence(
        "GET /users, /servicePrincipals", snapshot.scope, "without owner", f"{len(orphans)} of {total}", "below 5 %"
    )
    counts = f"{len(members)} members, {len(guests)} guests and {count(len(apps), 'own app')}"
    who = f" Without: {names(orphans)}." if orphans else ""
    left = excluded([user.upn for user in emergency])
    problems = []
    if unread(*of) is None and len(orphans) >= MOST_ORPHANS * total and orphans:
        pct = round(100 * len(orphans) / total)
        reason = f"{len(orphans)} accounts without an owner ({pct} %) of {counts}.{who}{left}"
        lines = each_of(orphans, "no owner on the list", line)
        problems.append(failed(snapshot.scope, reason, seen=total, evidence=lines, near_miss=near))
    untold = [each.name for each in apps if each.owners is None]
    if untold:
        reason = f"Who owns these apps was not told: {names(untold)}."
        problems.append(not_checked(f"{snapshot.scope}/owners", "partial_data", reason, seen=total))
    yield from conclude(
        snapshot.scope,
        problems,
        of=of,
        seen=total,
        good=f"{total - len(orphans)} of {total} accounts have an owner: {counts}.{who}{left}",
        nothing="The tenant has no enabled accounts.",
        evidence=(line,),
        near_miss="" if problems else near,
    )


def _unsponsored(snapshot: EntraSnapshot, guests: list[User], known: set[str]) -> list[str]:
    """Guests that are neither on the list themselves nor sponsored by someone who is."""
    sponsors = {each.id: each.sponsors or () for each in rows_read(snapshot.guests)}
    return [user.upn for user in guests if user.id not in known and not set(sponsors.get(user.id, ())) & known]


def _own(snapshot: EntraSnapshot, app: ServicePrincipal) -> bool:
    """Registered in this tenant: Microsoft's and vendors' own apps are not ours to own."""
    return app.kind == "Application" and app.enabled is not False and app.home.casefold() == snapshot.tenant.casefold()


@CHECKS.check(
    "entra.headcount_covered",
    title="Everyone is in this tenant",
    verifies=(Verifies("identity.single-idp", level=2),),
    severity=Severity.HIGH,
    parts=("users", "organization"),
)
def headcount_covered(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Compared by name, for more accounts than people hide those who are missing."""
    declared = snapshot.declared.people
    if declared is None:
        yield input_missing(snapshot.scope, "the people who work here")
        return
    enabled = {name for user in rows_read(snapshot.users) if user.enabled is True for name in user.names}
    untold = {name for user in rows_read(snapshot.users) if user.enabled is None for name in user.names}
    missing: list[str] = []
    unsure: list[str] = []
    for person in declared:
        called = {person.casefold(), *(each.casefold() for each in _other_names(snapshot, (person,)))}
        if called & enabled:
            continue
        (unsure if called & untold else missing).append(person)
    problems = []
    domains = {domain for each in rows_read(snapshot.organization) for domain in each.domains}
    if missing and unread(snapshot.users) is None:
        away = [each for each in missing if domains and each.rpartition("@")[2].casefold() not in domains]
        outside = f" Outside the tenant's domains: {names(away)}." if away else ""
        reason = (
            f"{len(missing)} of {count(len(declared), 'person', 'people')} are not here: {names(missing)}.{outside}"
        )
        line = Evidence(
            USERS_SOURCE, snapshot.scope, "declared people without an enabled account", str(len(missing)), "0"
        )
        near = f"{len(missing)} people are missing."
        lines = each_of(missing, "absent or disabled", line)
        problems.append(failed(snapshot.scope, reason, seen=len(declared), evidence=lines, near_miss=near))
    if unsure:
        reason = f"Whether these accounts are enabled was not told: {names(unsure)}."
        problems.append(not_checked(f"{snapshot.scope}/enabled", "partial_data", reason, seen=len(declared)))
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.users,),
        seen=len(declared),
        good=f"All {count(len(declared), 'declared person', 'declared people')} have an enabled account here.",
        nothing="The list of people is empty.",
        evidence=(
            Evidence(USERS_SOURCE, snapshot.scope, "declared people found", str(len(declared)), str(len(declared))),
        ),
    )
