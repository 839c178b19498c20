"""Owns the checks of accounts against what was declared: everyone is here, nobody else, leavers are out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ztassess.connectors.google_workspace.judgment import USERS_SOURCE, emails, one_each, people
from ztassess.connectors.google_workspace.snapshot import Event, User, WorkspaceSnapshot
from ztassess.connectors.judging import conclude, count, excluded, input_missing, names, never_empty, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_applicable

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
MOST_ORPHANS = 0.05
UNUSED = timedelta(days=90)
PEOPLE = "the people who work here"


def account_of(snapshot: WorkspaceSnapshot, declared: str) -> tuple[str, ...]:
    """The names by which a declared person may have an account, in lower case: their own, and their aliases."""
    name = declared.strip().casefold()
    return (name, *(alias for alias, email in snapshot.inputs.aliases if email == name))


def matches(user: User, wanted: tuple[str, ...]) -> bool:
    """True if an account has one of these addresses, or one of these bare names."""
    return any(each == user.email if "@" in each else each == user.name for each in wanted)


@CHECKS.check(
    "google_workspace.headcount_covered",
    title="Everyone is in this directory",
    verifies=(Verifies("identity.single-idp", level=2),),
    severity=Severity.HIGH,
    parts=("users",),
)
def headcount_covered(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Compared by address: equal totals hide who is missing."""
    declared = snapshot.inputs.people
    if declared is None:
        yield input_missing(snapshot.domain, PEOPLE)
        return
    if isinstance(snapshot.users, Unavailable):
        # Who is absent from half a list may stand in the other half.
        yield from conclude(snapshot.domain, (), of=(snapshot.users,), seen=0, good="", nothing="")
        return
    active = [user for user in snapshot.users if user.active]
    missing = [name for name in declared if not any(matches(user, account_of(snapshot, name)) for user in active)]
    many = count(len(missing), "person is", "people are")
    hidden = f"{many} missing although totals match." if len(active) >= len(declared) else ""

    def verdict(name: str) -> Verdict:
        line = Evidence(USERS_SOURCE, name, "primaryEmail", "no active account", "one active account")
        reason = f"{name} has no active account here, as {len(missing)} of {count(len(declared), 'person', 'people')}."
        return failed(name, reason, seen=len(declared), evidence=(line,), near_miss=hidden)

    yield from conclude(
        snapshot.domain,
        one_each(snapshot, missing, verdict),
        of=(snapshot.users,),
        seen=len(declared),
        good=f"{len(declared)} of {count(len(declared), 'declared person', 'declared people')} have an active account.",
        nothing="The declared list of people is empty.",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "declared people without account", "0", "0"),),
    )


@CHECKS.check(
    "google_workspace.account_inventory",
    title="Accounts match the declared list",
    verifies=(Verifies("identity.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("users",),
)
def account_inventory(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Active accounts that belong to nobody on the list must be fewer than one in twenty."""
    if snapshot.inputs.people is None:
        yield input_missing(snapshot.domain, PEOPLE)
        return
    ours, apart = people(snapshot)
    known = [account_of(snapshot, name) for name in snapshot.inputs.people]
    orphans = [user for user in ours if not any(matches(user, wanted) for wanted in known)]
    never = [user for user in ours if user.logins_told and user.last_login is None]
    unused = [user for user in ours if user.last_login and snapshot.taken_at - user.last_login > UNUSED]
    near = f"{count(len(never), 'account')} never signed in." if never else ""
    share = f"{100 * len(orphans) / len(ours):.0f} %" if ours else "0 %"

    def verdict(user: User) -> Verdict:
        line = Evidence(USERS_SOURCE, user.email, "primaryEmail", user.email, "an address on the declared list")
        reason = (
            f"{user.email} belongs to nobody on the list, as {len(orphans)} of {count(len(ours), 'account')} ({share})."
        )
        return failed(user.email, reason, seen=len(ours), evidence=(line,), near_miss=near)

    notes = f" Not on it: {names(emails(orphans))}." if orphans else ""
    notes += f" Not used for 90 days: {names(emails(unused))}." if unused else ""
    yield from conclude(
        snapshot.domain,
        one_each(snapshot, orphans, verdict) if len(orphans) >= MOST_ORPHANS * len(ours) else [],
        of=(snapshot.users,),
        seen=len(ours),
        good=f"{len(ours) - len(orphans)} of {count(len(ours), 'active account')} are on the declared list.{notes}"
        f"{excluded(emails(apart))}",
        nothing="There are no active accounts.",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "accounts of nobody", share, "less than 5 %"),),
        near_miss="" if orphans and len(orphans) >= MOST_ORPHANS * len(ours) else near,
    )


@CHECKS.check(
    "google_workspace.leavers_suspended",
    title="Leavers are suspended and silent",
    verifies=(Verifies("identity.offboarding", level=2),),
    severity=Severity.CRITICAL,
    parts=("users", "logins", "token_grants"),
)
def leavers_suspended(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Archived is not suspended. When people left is not declared, so "silent" means: since they were suspended."""
    leavers = snapshot.inputs.leavers
    if leavers is None:
        yield input_missing(snapshot.domain, "the people who left")
        return
    if not leavers:
        yield not_applicable(snapshot.domain, "The declared list of people who left is empty.")
        return
    accounts = [
        user
        for user in rows_read(snapshot.users)
        if any(matches(user, account_of(snapshot, leaver)) for leaver in leavers)
    ]
    open_ = [user for user in accounts if not user.suspended]

    def still_open(user: User) -> Verdict:
        state = "archived, not suspended" if user.archived else "active"
        line = Evidence(USERS_SOURCE, user.email, "suspended", f"false ({state})", "true, or no account")
        reason = f"{user.email} left, but the account is {state}; {len(open_)} of {count(len(leavers), 'leaver')}."
        return failed(user.email, reason, seen=len(leavers), evidence=(line,))

    loud = [(user, event) for user in accounts if (event := _after_suspension(snapshot, user)) is not None]
    gone = len(leavers) - len(accounts)
    yield from conclude(
        snapshot.domain,
        [*one_each(snapshot, open_, still_open), *one_each(snapshot, loud, lambda each: _loud(each, len(leavers)))],
        of=(never_empty(snapshot.users, "Google listed no account"), *_logs(snapshot)),
        seen=len(leavers),
        good=f"{len(leavers)} of {count(len(leavers), 'leaver')} have no open account: {len(accounts)} suspended, "
        f"{max(0, gone)} without an account. When they left is not declared, so how fast was not judged.",
        nothing="",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "leavers not suspended", "0", "0"),),
    )


def _logs(snapshot: WorkspaceSnapshot) -> tuple[tuple[Event, ...] | Unavailable, ...]:
    """The logs that must show silence; an export of accounts has none and says so by its own mark."""
    logs = (snapshot.logins, snapshot.token_grants)
    return tuple(log for log in logs if not (isinstance(log, Unavailable) and log.reason == "input_missing"))


def _after_suspension(snapshot: WorkspaceSnapshot, user: User) -> Event | None:
    if not user.suspended or user.suspended_at is None:
        return None
    events = (*rows_read(snapshot.logins), *rows_read(snapshot.token_grants))
    after = [event for event in events if event.actor == user.email and event.at > user.suspended_at]
    return max(after, key=lambda event: event.at, default=None)


def _loud(each: tuple[User, Event], seen: int) -> Verdict:
    user, event = each
    source = "GET admin/reports/v1/activity/users/all/applications/login, token"
    line = Evidence(source, user.email, event.name, event.at.isoformat(), "nothing after the suspension")
    reason = f"{user.email} left and was suspended, but {event.name} was logged on {event.at:%Y-%m-%d} after that."
    return failed(f"{user.email}/activity", reason, seen=seen, evidence=(line,), severity=Severity.CRITICAL)


@CHECKS.check(
    "google_workspace.shared_mailboxes_absent",
    title="No generic log-ins",
    verifies=(Verifies("identity.no-shared-accounts", level=1),),
    severity=Severity.LOW,
    parts=("users",),
)
def shared_mailboxes_absent(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """By name only: a shared password behind a person's name is not seen."""
    generic = set(snapshot.inputs.generic_names)
    if not generic:
        yield input_missing(snapshot.domain, "names that belong to nobody")
        return
    ours, apart = people(snapshot)
    shared = [user for user in ours if user.name in generic]

    def verdict(user: User) -> Verdict:
        line = Evidence(USERS_SOURCE, user.email, "primaryEmail", user.email, "a person's name")
        near = f"{user.email} is a user; a group with a shared inbox does the same without a password."
        reason = f"{user.email} is named for a task, as {len(shared)} of {count(len(ours), 'active account')}."
        return failed(user.email, reason, seen=len(ours), evidence=(line,), near_miss=near)

    yield from conclude(
        snapshot.domain,
        one_each(snapshot, shared, verdict),
        of=(snapshot.users,),
        seen=len(ours),
        good=f"None of {count(len(ours), 'active account')} is named for a task. This is judged by names alone."
        f"{excluded(emails(apart))}",
        nothing=f"There are no active accounts to judge.{excluded(emails(apart))}",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "accounts with a generic name", "0", "0"),),
    )
