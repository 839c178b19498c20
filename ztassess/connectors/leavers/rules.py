"""Owns the check over all systems: who has left is active nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.joining import (
    identity_providers,
    is_stale,
    known_to,
    of_nobody,
    tells_accounts,
    told_accounts,
)
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.connectors.leavers.snapshot import LeaversSnapshot
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
from ztassess.domain.roster import Leaver, SharedView

CHECKS: Checks[LeaversSnapshot] = Checks("leavers")
SCOPE: Final = "all systems"
SAME_DAY: Final = timedelta(hours=24)


@CHECKS.check(
    "leavers.left_people_have_no_account",
    title="Leavers are gone everywhere we can see",
    verifies=(Verifies("identity.offboarding", 2),),
    severity=Severity.CRITICAL,
    parts=("left", "views"),
)
def left_people_have_no_account(snapshot: LeaversSnapshot) -> Iterator[Verdict]:
    """No leaver has an active account in any connected system; a system read too long ago proves nothing."""
    if isinstance(snapshot.left, Unavailable):
        yield not_checked(SCOPE, snapshot.left)
        return
    if not snapshot.left:
        yield not_applicable(SCOPE, "Nobody left, as declared.")
        return
    views = [view for view in rows_read(snapshot.views) if tells_accounts(view)]
    if not views:
        yield not_checked(SCOPE, "input_missing", "No system with accounts is connected; nobody was looked for.")
        return
    wanted = _wanted(snapshot)
    known = known_to(identity_providers(views), snapshot.names).union(wanted)
    problems = [verdict for view in views for verdict in _found(snapshot, view, wanted)]
    problems += [verdict for view in views for verdict in of_nobody(view, snapshot.names, known, snapshot.break_glass)]
    stale = [view.connection for view in views if is_stale(view, snapshot.taken_at)]
    if stale:
        sentence = (
            f"The last reading of {names(stale)} is older than seven days; it does not prove that anybody is gone."
        )
        problems.append(not_checked(SCOPE, "stale", sentence, seen=len(snapshot.left)))
    searched = names([view.connection for view in views])
    lacking = 0 if snapshot.tools is None else max(0, snapshot.tools - len(views))
    unconnected = f" {count(lacking, 'declared tool')} could not be searched: not connected." if lacking else ""
    if lacking and not problems:
        reason = (
            f"Clean in {count(len(views), 'system')} ({searched}); "
            f"{len(views)} of {snapshot.tools} were searched, {lacking} were not connected."
        )
        problems.append(not_checked(SCOPE, "partial_data", reason, seen=len(snapshot.left), near_miss=reason))
    yield from conclude(
        SCOPE,
        problems,
        of=[snapshot.views, *(view.share.accounts for view in views)],
        seen=len(snapshot.left),
        good=f"{count(len(snapshot.left), 'person', 'people')} who left have no active account in "
        f"{count(len(views), 'system')}: {searched}.{unconnected}",
        nothing="Nobody left, as declared.",
    )


def _wanted(snapshot: LeaversSnapshot) -> dict[str, Leaver]:
    """Everybody who left, by every name."""
    wanted: dict[str, Leaver] = {}
    for leaver in rows_read(snapshot.left):
        for name in (leaver.email, *leaver.aliases):
            wanted.update(dict.fromkeys(snapshot.names.known_by(name), leaver))
    return wanted


def _found(snapshot: LeaversSnapshot, view: SharedView, wanted: dict[str, Leaver]) -> Iterator[Verdict]:
    accounts = told_accounts(view)
    for account in accounts:
        known = sorted(snapshot.names.listed(account) & wanted.keys())
        if not known or account.active is False:
            continue
        leaver = wanted[known[0]]
        resource = f"{view.connection}/{account.id}"
        since = ""
        if leaver.left_at is not None and snapshot.taken_at - leaver.left_at > SAME_DAY:
            since = f", {(snapshot.taken_at - leaver.left_at).days} days after leaving"
        if account.active is None:
            sentence = f"{account.name} left; {view.connection} does not say whether the account is active."
            yield not_checked(resource, "partial_data", sentence, seen=len(accounts))
            continue
        line = Evidence(f"{view.connector} accounts", account.id, "active", "true", "false")
        yield failed(
            resource,
            f"{account.name} left and is still active in {view.connection}{since}.",
            seen=len(accounts),
            evidence=(line,),
            level=0,
        )
