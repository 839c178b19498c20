"""Owns the checks of a SCIM application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ztassess.connectors.joining import DECLARE, identity_providers, is_stale, unmatched
from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, names, rows_read
from ztassess.connectors.scim.people import Search, Wanted, search_of
from ztassess.connectors.scim.sharing import account_of
from ztassess.connectors.scim.snapshot import ScimSnapshot, User
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[ScimSnapshot] = Checks("scim")
LIMIT: Final = timedelta(hours=24)
NOBODY: Final = (
    "Nobody has listed the people who left yet (Facts), and no identity provider is connected; nothing was compared."
)
CAPABILITY: Final = "SCIM exists; whether the IdP drives it is not visible."


@CHECKS.check(
    "scim.leavers_inactive",
    title="Leavers are inactive in the app",
    verifies=(Verifies("identity.offboarding", 2),),
    severity=Severity.CRITICAL,
    parts=("users",),
)
def leavers_inactive(snapshot: ScimSnapshot) -> Iterator[Verdict]:
    """Nobody who left, or is switched off in every identity provider, has an active account in the app."""
    providers = identity_providers(snapshot.views)
    search = search_of(snapshot)
    if snapshot.leavers is None and not search.people and not providers:
        yield not_checked(snapshot.app, "input_missing", NOBODY)
        return
    users = rows_read(snapshot.users)
    found = [(user, person) for user in users if (person := search.find(user)) is not None]
    problems = [verdict for user, person in found for verdict in _account(snapshot, user, person, len(search.people))]
    nobodys = unmatched(map(account_of, users), snapshot.names, search.known) if search.people else []
    emergency = NamedAccounts.of(snapshot.break_glass)
    out = [each.name for each in nobodys if emergency.matches(each.id, each.name)]
    if search.people:
        problems += _unsure(snapshot, len(search.people), [each.name for each in nobodys if each.name not in out])
    whole = f"{count(len(users), 'account')} in {snapshot.app}"
    yield from conclude(
        snapshot.app,
        problems,
        of=[snapshot.users, *(view.share.accounts for view in providers)],
        seen=len(search.people),
        good=f"None of {_whom(snapshot, search)} is active among {whole}.{excluded(out)}",
        nothing=f"There is nobody to look for: {_whom(snapshot, search)}.",
        evidence=(Evidence("GET /Users", snapshot.app, "active leavers", "0", "0"),),
        near_miss=_late(found),
    )


def _whom(snapshot: ScimSnapshot, search: Search) -> str:
    """Who was looked for, in numbers, and where it is known from."""
    left = sum(1 for person in search.people if person.why == "left")
    providers = names([view.connection for view in identity_providers(snapshot.views)])
    off = f"{count(len(search.people) - left, 'person', 'people')} switched off in {providers}" if providers else ""
    listed = snapshot.leavers is not None or left
    gone = f"{count(left, 'person', 'people')} who left" if listed else ""
    return " and ".join(filter(None, (gone, off)))


def _account(snapshot: ScimSnapshot, user: User, person: Wanted, seen: int) -> Iterator[Verdict]:
    if user.active is False:
        return
    if user.active is None:
        reason = f"{user.label} {person.why}; {snapshot.app} does not say whether the account is active."
        yield not_checked(user.label, "partial_data", reason, seen=seen)
        return
    looked = f"{count(seen, 'person', 'people')} looked for in {count(len(rows_read(snapshot.users)), 'account')}."
    whose = "" if person.name.casefold() == user.label.casefold() else f" ({person.name})"
    yield failed(
        user.label,
        f"{user.label}{whose} {person.why} and is still active in {snapshot.app}. {looked}",
        seen=seen,
        evidence=(Evidence("GET /Users", user.label, "active", "true", "false"),),
    )


def _unsure(snapshot: ScimSnapshot, seen: int, nameless: list[str]) -> Iterator[Verdict]:
    """What rules out a pass although nobody was found active.

    Parameters:
        nameless: accounts of which nobody knows whose they are.
    """
    stale = [view for view in identity_providers(snapshot.views) if is_stale(view, snapshot.taken_at)]
    if stale:
        reason = f"The last reading of {names([view.connection for view in stale])} is older than seven days; who was "
        yield not_checked("identity provider", "stale", f"{reason}switched off since is not known.", seen=seen)
    if not snapshot.users:
        reason = f"{snapshot.app} listed no account at all; a token that may not see them gets the same answer."
        yield not_checked("accounts", "empty", reason, seen=seen)
    if nameless:
        of = count(len(rows_read(snapshot.users)), "account")
        have = "has" if len(nameless) == 1 else "have"
        reason = f"{len(nameless)} of {of} {have} no address and no declared name, so whose they are is not known: "
        yield not_checked("accounts without address", "partial_data", f"{reason}{names(nameless)}.", near_miss=DECLARE)


def _late(found: list[tuple[User, Wanted]]) -> str:
    """Who was switched off late, as far as that can be told: an account's last change is no earlier than that."""
    late = [
        f"{user.label} {hours} h"
        for user, person in found
        if user.active is False and user.modified is not None and person.since is not None
        for hours in [int((user.modified - person.since).total_seconds() // 3600)]
        if user.modified - person.since > LIMIT
    ]
    if not late:
        return ""
    return f"Deactivated up to so long after the last day (limit 24 h; the last change of the account): {names(late)}."


@CHECKS.check(
    "scim.provisioning_available",
    title="The app can be provisioned",
    verifies=(Verifies("identity.single-idp", 1, supporting=True),),
    severity=Severity.LOW,
    parts=("config", "users"),
)
def provisioning_available(snapshot: ScimSnapshot) -> Iterator[Verdict]:
    """A service that answers could be driven by an identity provider; that it is cannot be seen, so nothing passes."""
    missing = next((part for part in (snapshot.config, snapshot.users) if isinstance(part, Unavailable)), None)
    if missing is not None:
        yield not_checked(snapshot.app, missing)
        return
    config = rows_read(snapshot.config)[0]
    users = count(len(rows_read(snapshot.users)), "account")
    reason = f"{snapshot.app} offers SCIM and lists {users}. That is a capability only; it proves no provisioning."
    line = Evidence("GET /ServiceProviderConfig", snapshot.app, "patch.supported", str(config.patch).lower(), "true")
    verdict = not_checked(snapshot.app, "capability_only", reason, seen=len(rows_read(snapshot.users)))
    near = CAPABILITY if config.patch else f"{CAPABILITY} It takes no PATCH, with which most switch accounts off."
    yield replace(verdict, evidence=(line,), near_miss=near)
