"""Owns the checks of people: the declared list against the accounts, both ways, and leavers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import (
    NamedAccounts,
    conclude,
    count,
    excluded,
    input_missing,
    names,
    rows_read,
    unread,
)
from ztassess.connectors.okta.judging import LIVE, OFF, Directory, lines_of, live_users
from ztassess.connectors.okta.snapshot import InboundProvider, OktaSnapshot, User
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[OktaSnapshot] = Checks("okta")
SOURCE: Final = "GET /api/v1/users"
MOST_ORPHANS: Final = 0.05
IDLE: Final = timedelta(days=90)
# These prove who a person is once; nobody signs in through them.
IDENTITY_PROOFS: Final = "IDV_"


def _idle(snapshot: OktaSnapshot) -> str:
    """Candidates for closing, as a sentence with a leading space."""
    before = snapshot.taken_at - IDLE
    idle = [user.login for user in live_users(snapshot) if user.last_login is None or user.last_login < before]
    return f" Not signed in for 90 days, to be looked at: {names(idle)}." if idle else ""


def _no_users(snapshot: OktaSnapshot) -> Verdict | None:
    if unread(snapshot.users) is None and not rows_read(snapshot.users):
        return not_checked(snapshot.org, "partial_data", "Okta listed no user at all, which cannot be.")
    return None


@CHECKS.check(
    "okta.account_inventory",
    title="Accounts match the declared list",
    verifies=(Verifies("identity.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("users",),
)
def account_inventory(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Accounts that can sign in but belong to nobody on the list of people."""
    empty = _no_users(snapshot)
    if not snapshot.declared.people:
        yield input_missing(snapshot.org, "the people who work here")
        return
    if empty:
        yield empty
        return
    directory, glass = Directory.of(snapshot), NamedAccounts.of(snapshot.declared.break_glass)
    people = NamedAccounts.of(snapshot.declared.people)
    live = live_users(snapshot)
    out = [user for user in live if glass.matches(user.id, *directory.names_of(user))]
    judged = [user for user in live if user not in out]
    orphans = [user.login for user in judged if not people.matches(*directory.names_of(user))]
    share = len(orphans) / len(judged) if judged else 0.0
    left = excluded([user.login for user in out])
    note = f"{count(len(orphans), 'account')} without an owner ({share:.0%})."
    line = Evidence(SOURCE, snapshot.org, "accounts on no list of people", f"{len(orphans)} of {len(judged)}", "< 5 %")
    problems = []
    if orphans and share >= MOST_ORPHANS:
        reason = (
            f"{len(orphans)} of {count(len(judged), 'account')} belong to nobody on the list of people: "
            f"{names(orphans)}.{left}{_idle(snapshot)}"
        )
        lines = lines_of(SOURCE, orphans, "profile.login", "on no list of people", "a person of the list")
        problems.append(failed(snapshot.org, reason, seen=len(judged), evidence=lines, near_miss=note))
    named = f": {names(orphans)}" if orphans else ""
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.users,),
        seen=len(judged),
        good=f"{note} {len(judged)} judged{named}.{left}{_idle(snapshot)}",
        nothing=f"No account can sign in.{left}",
        evidence=(line,),
    )


@CHECKS.check(
    "okta.headcount_covered",
    title="Every employee and contractor is in this org",
    verifies=(Verifies("identity.single-idp", level=2),),
    severity=Severity.HIGH,
    parts=("users", "providers"),
)
def headcount_covered(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Compared by address: more users than people says nothing. Another provider to come in from is a second door."""
    people = snapshot.declared.people
    if not people:
        yield input_missing(snapshot.org, "the people who work here")
        return
    directory = Directory.of(snapshot)
    missing = [person for person in people if all(user.status != "ACTIVE" for user in directory.find(person))]
    extra = len(live_users(snapshot)) - (len(people) - len(missing))
    problems: list[Verdict] = []
    if missing and unread(snapshot.users) is None:
        lines = lines_of(SOURCE, missing, "status", "no active account", "ACTIVE")
        reason = f"{len(missing)} of {count(len(people), 'person', 'people')} have no active account: {names(missing)}."
        near_miss = f"{len(missing)} people are missing; {max(0, extra)} extra accounts hide this in the totals."
        problems.append(failed(snapshot.org, reason, seen=len(people), evidence=lines, near_miss=near_miss))
    problems += [_second_door(each) for each in rows_read(snapshot.providers) if _is_door(each)]
    line = Evidence(SOURCE, snapshot.org, "declared people not ACTIVE", f"0 of {len(people)}", "0")
    good = f"{len(people)} of {count(len(people), 'declared person', 'declared people')} have an active account here"
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.users, snapshot.providers),
        seen=len(people),
        good=f"{good}, and no other identity provider lets people in.",
        nothing="",
        evidence=(line,),
    )


def _is_door(each: InboundProvider) -> bool:
    return each.status == "ACTIVE" and not each.kind.startswith(IDENTITY_PROOFS)


def _second_door(each: InboundProvider) -> Verdict:
    line = Evidence("GET /api/v1/idps", each.id, "type, status", f"{each.kind}, {each.status}", "none that is ACTIVE")
    reason = f"People can also come in from {each.name} ({each.kind}), an identity provider that nobody declared."
    return failed(each.name, reason, evidence=(line,))


@CHECKS.check(
    "okta.leavers_disabled",
    title="Leavers cannot sign in",
    verifies=(Verifies("identity.offboarding", level=2),),
    severity=Severity.CRITICAL,
    parts=("users",),
)
def leavers_disabled(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Deactivated users are not listed, so a leaver who is not found is gone: if the list was read whole."""
    leavers = snapshot.declared.leavers
    if leavers is None:
        verdict = input_missing(snapshot.org, "the people who left")
        yield not_checked(snapshot.org, verdict.reason_code, f"{verdict.reason}{_idle(snapshot)}")
        return
    if not leavers:
        reason = "The list of leavers is empty. Confirm that nobody left in the last 90 days; nothing was compared."
        yield not_checked(snapshot.org, "input_missing", f"{reason}{_idle(snapshot)}")
        return
    empty = _no_users(snapshot)
    if empty:
        yield empty
        return
    directory = Directory.of(snapshot)
    found = [(leaver, user) for leaver in leavers for user in directory.find(leaver)]
    problems = [verdict for leaver, user in found for verdict in _leaver(leaver, user, len(leavers))]
    line = Evidence(SOURCE, snapshot.org, "leavers who can sign in", "0", "0")
    good = f"{len(leavers)} of {count(len(leavers), 'leaver')} cannot sign in: suspended, deactivated or not there."
    yield from conclude(
        snapshot.org, problems, of=(snapshot.users,), seen=len(leavers), good=good, nothing="", evidence=(line,)
    )


def _leaver(leaver: str, user: User, of: int) -> Iterator[Verdict]:
    if user.status in OFF:
        return
    line = Evidence(SOURCE, user.id, "status", user.status, "SUSPENDED or DEPROVISIONED")
    if user.status not in LIVE:
        reason = f"{user.login}, who left, is {user.status}; whether that account can come back was not seen."
        yield not_checked(user.login, "unsupported", reason, seen=1)
        return
    near_miss = (
        f"{user.login} is locked out, not disabled: a reset brings the account back."
        if user.status == "LOCKED_OUT"
        else ""
    )
    reason = f"{user.login} left ({leaver}) but the account is {user.status}; {count(of, 'leaver')} compared."
    yield failed(user.login, reason, seen=of, evidence=(line,), near_miss=near_miss)
