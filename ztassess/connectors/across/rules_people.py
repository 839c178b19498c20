"""Owns the rules about people: known to the identity provider everywhere, gone everywhere once they are gone there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.joining import (
    identity_providers,
    is_person,
    is_stale,
    known_to,
    of_nobody,
    switched_off,
    tells_accounts,
    told_accounts,
)
from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked
from ztassess.domain.roster import Account, SharedView

checks: Checks[AcrossSnapshot] = Checks("across")
SCOPE: Final = "all systems"
NO_AUTHORITY: Final = "No identity provider is connected, so nobody knows who should have an account."


def _authorities(snapshot: AcrossSnapshot) -> list[SharedView]:
    return identity_providers(rows_read(snapshot.views))


def _others(snapshot: AcrossSnapshot) -> list[SharedView]:
    return [view for view in rows_read(snapshot.views) if not view.share.authority and tells_accounts(view)]


def _blocked(snapshot: AcrossSnapshot) -> Verdict | None:
    """Why people cannot be compared at all; None if they can."""
    authorities = _authorities(snapshot)
    if not authorities:
        return not_checked(SCOPE, "input_missing", NO_AUTHORITY)
    if not _others(snapshot):
        return not_checked(SCOPE, "input_missing", "No other system with accounts is connected; nothing was compared.")
    return None


@checks.check(
    "across.people_known_to_identity_provider",
    title="People with an account anywhere are in the identity provider",
    verifies=(Verifies("identity.single-idp", 2), Verifies("identity.inventory", 2, supporting=True)),
    severity=Severity.HIGH,
    parts=("views",),
)
def people_known_to_identity_provider(snapshot: AcrossSnapshot) -> Iterator[Verdict]:
    """Every active account of a person in any system belongs to someone in an identity provider."""
    blocked = _blocked(snapshot)
    if blocked is not None:
        yield blocked
        return
    authorities, others = _authorities(snapshot), _others(snapshot)
    known = known_to(authorities, snapshot.names)
    emergency = NamedAccounts.of(snapshot.break_glass)
    left_out: list[str] = []
    problems: list[Verdict] = []
    seen = 0
    for view in others:
        people = [each for each in told_accounts(view) if is_person(each) and each.active is not False]
        seen += len(people)
        left_out += [each.name for each in people if emergency.matches(each.id, each.name, *each.emails)]
        unknown = [
            each
            for each in people
            if not snapshot.names.of(each) & known and not emergency.matches(each.id, each.name, *each.emails)
        ]
        problems += _unknown(view, unknown, len(people), authorities, snapshot.taken_at)
    problems += _unread(authorities)
    problems += _stale(snapshot, [*authorities, *others], "it does not prove that everybody is known.")
    idp = names([view.connection for view in authorities])
    yield from conclude(
        SCOPE,
        problems,
        of=[snapshot.views, *(view.share.accounts for view in others)],
        seen=seen,
        good=f"All {count(seen, 'account')} of people in {count(len(others), 'other system')} belong to somebody in "
        f"{idp}.{excluded(left_out)}",
        nothing="The other systems have no accounts of people." + excluded(left_out),
    )


def _stale(snapshot: AcrossSnapshot, views: list[SharedView], so: str) -> list[Verdict]:
    """A reading that is too old: it can show what is wrong, not that nothing is."""
    stale = [view.connection for view in views if is_stale(view, snapshot.taken_at)]
    if not stale:
        return []
    return [not_checked(SCOPE, "stale", f"The last reading of {names(stale)} is older than seven days; {so}")]


def _unknown(
    view: SharedView, unknown: list[Account], seen: int, authorities: list[SharedView], now: datetime
) -> Iterator[Verdict]:
    """Accounts of nobody; who came since an old or broken reading of an identity provider is not among its people."""
    blind = any(isinstance(each.share.accounts, Unavailable) or is_stale(each, now) for each in authorities)
    if not unknown or blind:
        return
    idp = names([each.connection for each in authorities])
    shown = names([each.name for each in unknown])
    nameless = sum(1 for each in unknown if not each.emails)
    near = (
        f"{count(nameless, 'account')} {'has' if nameless == 1 else 'have'} no address to join by; declare whose "
        "they are under Other names of people."
        if nameless
        else ""
    )
    lines = tuple(
        Evidence(f"{view.connector} accounts", each.id, "address", ", ".join(each.emails) or "none", f"in {idp}")
        for each in unknown[:50]
    )
    reason = f"{len(unknown)} of {count(seen, 'account')} in {view.connection} are of nobody in {idp}: {shown}."
    yield failed(view.connection, reason, seen=seen, evidence=lines, level=1, near_miss=near)


def _unread(authorities: list[SharedView]) -> Iterator[Verdict]:
    """An identity provider whose people could not be listed: who is missing in it cannot be told."""
    for view in authorities:
        if isinstance(view.share.accounts, Unavailable):
            why = view.share.accounts
            yield not_checked(
                view.connection, why, f"The people in {view.connection} could not be listed: {why.detail}"
            )


@checks.check(
    "across.disabled_people_inactive_elsewhere",
    title="Who is switched off in the identity provider is off everywhere",
    verifies=(Verifies("identity.offboarding", 2),),
    severity=Severity.CRITICAL,
    parts=("views",),
)
def disabled_people_inactive_elsewhere(snapshot: AcrossSnapshot) -> Iterator[Verdict]:
    """Nobody whose accounts in all identity providers are inactive has an active one in another system."""
    blocked = _blocked(snapshot)
    if blocked is not None:
        yield blocked
        return
    authorities, others = _authorities(snapshot), _others(snapshot)
    people = switched_off(authorities, snapshot.names)
    gone = frozenset[str]().union(*(each.names for each in people))
    problems = [verdict for view in others for verdict in _still_active(snapshot, view, gone)]
    problems += _stale(snapshot, [*authorities, *others], "it does not prove that anybody is gone.")
    off = sum(1 for view in authorities for each in told_accounts(view) if each.active is False and is_person(each))
    if people:
        known = known_to(authorities, snapshot.names)
        problems += [
            verdict for view in others for verdict in of_nobody(view, snapshot.names, known, snapshot.break_glass)
        ]
    yield from conclude(
        SCOPE,
        problems,
        of=[snapshot.views, *(view.share.accounts for view in (*authorities, *others))],
        seen=off,
        good=f"None of {count(off, 'switched-off account')} has an active one in "
        f"{count(len(others), 'other system')}: {names([view.connection for view in others])}.",
        nothing="The identity provider has no switched-off accounts.",
    )


def _still_active(snapshot: AcrossSnapshot, view: SharedView, gone: frozenset[str]) -> Iterator[Verdict]:
    accounts = told_accounts(view)
    for each in accounts:
        if not is_person(each) or not snapshot.names.of(each) & gone or each.active is False:
            continue
        if each.active is None:
            yield not_checked(
                f"{view.connection}/{each.id}",
                "partial_data",
                f"{each.name} is switched off in the identity provider; {view.connection} does not say whether it is.",
            )
            continue
        line = Evidence(f"{view.connector} accounts", each.id, "active", "true", "false")
        reason = f"{each.name} is switched off in the identity provider and still active in {view.connection}."
        yield failed(f"{view.connection}/{each.id}", reason, seen=len(accounts), evidence=(line,), level=1)
