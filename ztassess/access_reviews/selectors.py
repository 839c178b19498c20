"""Owns reading the table of an access review: what is told now, joined, beside what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from ztassess.access_reviews.models import AccessCampaign, AccessDecision, CampaignAccount
from ztassess.connectors.joining import tells_accounts
from ztassess.domain.access_decisions import Decided, Decision, ItemState, Why, asks, is_overdue, shown_state
from ztassess.domain.access_review import Flag, Known, Line, Row, review
from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import Aliases, System
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection
from ztassess.scans.selectors_shares import connection_views, declared_everywhere

Ref = tuple[str, str]
"""An account: id of its connection and its key there."""


@dataclass(frozen=True, slots=True)
class Current:
    """The decision that stands about one account."""

    id: UUID
    connection_id: UUID
    account_key: str
    version: int
    decision: Decision
    reason: str
    until: date | None
    due_on: date | None
    basis: Mapping[str, Any]
    campaign_id: UUID | None
    by: str
    at: datetime
    state: ItemState | None
    state_at: datetime | None
    state_why: str

    @property
    def word(self) -> str:
        """The decision as a word."""
        return self.decision.value.capitalize()


_FIELDS = tuple(each.name for each in fields(Current))
_COLUMNS = tuple({"by": "decided_by__name", "at": "decided_at"}.get(name, name) for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One account in the table: its identity, what is told, what was decided, whether a decision is asked for.

    Attributes:
        state: of a decision to be carried out, as it may be shown beside what is told now; None for others.
        asked: it is on the list of the open campaign.
    """

    row: Row
    line: Line
    current: Current | None
    why: Why
    why_words: str
    state: ItemState | None
    overdue: bool
    asked: bool = False

    @property
    def ref(self) -> Ref:
        """Which account it is."""
        return self.line.system.id, self.line.key


@dataclass(frozen=True, slots=True)
class AccessReading:
    """The whole table, largest reach first.

    Attributes:
        unread: connections that have not told any accounts, or could not this time: name and reason.
        untold: flags that nobody could compute, with the reason.
        campaign: the open one.
    """

    entries: tuple[Entry, ...]
    systems: tuple[System, ...]
    identities: int
    unread: tuple[tuple[str, str], ...]
    untold: tuple[tuple[Flag, str], ...]
    campaign: AccessCampaign | None
    today: date


def read_access(organization: Organization) -> AccessReading:
    """Join what all connections told last, flag it, and put the standing decisions beside it."""
    today = timezone.localdate()
    views = connection_views()
    systems = tuple(
        System(str(id_), view.connection, view.taken_at, view.share.accounts, view.share.authority)
        for id_, view in views
        if tells_accounts(view)
    )
    declared = declared_everywhere(organization)
    table = review(systems, Known(Aliases(declared.aliases), declared.leavers, declared.break_glass))
    current = current_decisions()
    campaign = open_campaign()
    asked = asked_accounts(campaign) if campaign else frozenset()
    entries = tuple(
        _entry(row, line, current.get((line.system.id, line.key)), asked, today)
        for row in table.rows
        for line in row.lines
    )
    return AccessReading(entries, systems, len(table.rows), _unread(systems), table.untold, campaign, today)


def _entry(row: Row, line: Line, current: Current | None, asked: frozenset[Ref], today: date) -> Entry:
    decided = Decided(current.decision, current.basis, current.until) if current else None
    why, words = asks(decided, line, today)
    state, overdue = None, False
    if current is not None and current.state is not None:
        state = shown_state(current.decision, current.state, line)
        overdue = is_overdue(state, current.due_on, today)
    return Entry(row, line, current, why, words, state, overdue, (line.system.id, line.key) in asked)


def _unread(systems: Iterable[System]) -> tuple[tuple[str, str], ...]:
    found = [
        (each.name, each.accounts.detail or "Its accounts could not be listed.")
        for each in systems
        if isinstance(each.accounts, Unavailable)
    ]
    silent = Connection.objects.filter(removed_at=None, share=None).only("name", "connector_slug", "organization_id")
    found += [(each.name, "Not read yet.") for each in silent if each.connector.shares is not None]
    return tuple(found)


def current_decisions() -> dict[Ref, Current]:
    """The standing decision of each account of the active organization."""
    rows = AccessDecision.objects.filter(replaced_at=None).order_by().values_list(*_COLUMNS)
    found = {}
    for row in rows.iterator(chunk_size=2000):
        values = dict(zip(_FIELDS, row, strict=True))
        values["decision"], values["by"] = Decision(values["decision"]), values["by"] or ""
        values["state"] = ItemState(values["state"]) if values["state"] else None
        each = Current(**values)
        found[str(each.connection_id), each.account_key] = each
    return found


def open_campaign() -> AccessCampaign | None:
    """The campaign that runs in the active organization."""
    found = AccessCampaign.objects.filter(closed_at=None).first()
    assert found is None or isinstance(found, AccessCampaign)  # noqa: S101  for the type checker: the manager is untyped
    return found


def asked_accounts(campaign: AccessCampaign) -> frozenset[Ref]:
    """The accounts that a campaign asks its reviewers about."""
    rows = CampaignAccount.objects.filter(campaign=campaign, why__in=("new", "changed", "lapsed"))
    return frozenset((str(connection), key) for connection, key in rows.values_list("connection_id", "account_key"))


def account_history(connection_id: UUID, account_key: str) -> list[AccessDecision]:
    """Every decision about one account, newest first."""
    rows = AccessDecision.objects.filter(connection_id=connection_id, account_key=account_key)
    return list(rows.select_related("decided_by", "campaign", "owner").order_by("-version"))
