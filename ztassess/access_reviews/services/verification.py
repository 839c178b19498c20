"""Owns holding decisions against readings: done when a reading tells so, open again when one tells otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.services.owners import tell_decided
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.connectors.sharing import share_from
from ztassess.domain.access_decisions import AccountReading, Decision, ItemState, Verified, verify
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account
from ztassess.organizations.models import Organization
from ztassess.scans.models import ConnectionShare

BATCH = 500
EXPORTED = " Told by an uploaded export."
Turned = tuple[str, ItemState, ItemState]
"""Id of an account, what was known of the decision about it, what is known now."""
WORDS = {ItemState.DONE: "done", ItemState.STILL_THERE: "still there", ItemState.NOT_VERIFIED: "not verified"}


def decisions_verify(organization: Organization) -> None:
    """Look at every decision whose connection told something since it was looked at last.

    Registered with the scans and runs in the transaction of their result, so that no page can see an account told
    active beside a decision that is still called done.
    """
    news = Q(share_seen_at=None) | Q(share_seen_at__lt=F("connection__share__updated_at"))
    rows = (
        AccessDecision.objects.filter(news, replaced_at=None, connection__share__isnull=False)
        .exclude(state="")
        .defer("basis", "reason")
    )
    by_connection: dict[object, list[AccessDecision]] = defaultdict(list)
    for row in rows.order_by("decided_at"):
        by_connection[row.connection_id].append(row)
    shares = ConnectionShare.objects.filter(connection_id__in=list(by_connection)).select_related("connection")
    for share in shares:
        _verify(organization, share, by_connection[share.connection_id])
    if by_connection:
        tell_decided(organization)


def _verify(organization: Organization, share: ConnectionShare, rows: Sequence[AccessDecision]) -> None:
    accounts = share_from(share.value).accounts
    by_id: dict[str, list[Account]] = defaultdict(list)
    for account in () if isinstance(accounts, Unavailable) else accounts:
        by_id[account.id].append(account)
    turned: list[Turned] = []
    alike: dict[tuple[str, datetime | None, str], list[UUID]] = defaultdict(list)
    for row in rows:
        found = accounts if isinstance(accounts, Unavailable) else tuple(by_id.get(row.account_id, ()))
        before = Verified(ItemState(row.state), row.state_at, row.state_why)
        now = verify(Decision(row.decision), row.decided_at, AccountReading(share.taken_at, found), before)
        if now.state is not before.state:
            turned.append((row.account_id, before.state, now.state))
        alike[now.state.value, now.at, _words(now, share)].append(row.id)
    # Thousands of rows say one of a few things: one update for each of them, not one for each row.
    for (state, at, why), ids in alike.items():
        for start in range(0, len(ids), BATCH):
            AccessDecision.objects.filter(id__in=ids[start : start + BATCH]).update(
                state=state, state_at=at, state_why=why, share_seen_at=share.updated_at
            )
    for start in range(0, len(turned), BATCH):
        _audit(organization, share, turned[start : start + BATCH])


def _words(now: Verified, share: ConnectionShare) -> str:
    """Anybody may edit an export before it is uploaded, so what is done by one says so."""
    exported = now.state is ItemState.DONE and share.uploaded and EXPORTED not in now.why
    return f"{now.why}{EXPORTED}"[:400] if exported else now.why[:400]


def _audit(organization: Organization, share: ConnectionShare, turned: Sequence[Turned]) -> None:
    counts = Counter(WORDS[now] for _, _, now in turned)
    told = ", ".join(f"{count} {words}" for words, count in sorted(counts.items()))
    audit_record(
        organization=organization,
        via=Via.TASK,
        action="access.verify",
        object=f"connection:{share.connection_id}",
        summary=f"A reading of {share.connection.name} verified decisions about accounts: {told}",
        before={name: before.value for name, before, _ in turned},
        after={name: now.value for name, _, now in turned},
    )
