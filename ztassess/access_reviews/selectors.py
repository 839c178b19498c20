"""Owns reading the table of an access review: what is told now, joined, beside what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from ztassess.access_reviews.models import AccessCampaign, AccessDecision, CampaignAccount
from ztassess.access_reviews.selectors_held import MOST_LINES, Moment, Shelf, Stamp, decided_since, decisions_stamp
from ztassess.access_reviews.selectors_joined import JoinKey, join_accounts, join_key
from ztassess.domain.access_decisions import Decided, Decision, ItemState, Why, asks, is_overdue, shown_state
from ztassess.domain.access_review import Flag, Line, Review, Row
from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import System
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection

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


@dataclass(frozen=True, slots=True)
class _Held:
    """A table with all that it was made from. Never changed: a newer one takes its place."""

    key: JoinKey
    review: Review
    stamp: Stamp
    moment: Moment
    entries: tuple[Entry, ...]
    places: Mapping[Ref, int]


_HELD: Shelf[_Held] = Shelf(MOST_LINES)


def read_access(organization: Organization) -> AccessReading:
    """What all connections told last, joined and flagged, with the standing decisions beside it.

    Only what changed since the last time is read again: everything after a reading, one account after a decision.
    """
    today, campaign = timezone.localdate(), open_campaign()
    # Keys first: what changes after them is newer than its key says, and is read again the next time.
    key, stamp = join_key(organization), decisions_stamp()
    moment = (today, campaign.id if campaign else None)
    held = _HELD.get(organization.id)
    if held is None or held.key != key:
        held = _read_all(key, join_accounts(organization), stamp, moment, campaign)
    elif held.moment != moment or not held.stamp.is_before(stamp):
        held = _read_all(key, held.review, stamp, moment, campaign)
    elif not held.stamp.same_decisions(stamp):
        held = _read_new(held, stamp) or _read_all(key, held.review, stamp, moment, campaign)
    _HELD.put(organization.id, held, len(held.entries))
    table = held.review
    return AccessReading(
        held.entries, table.systems, len(table.rows), _unread(table.systems), table.untold, campaign, today
    )


def _read_all(key: JoinKey, table: Review, stamp: Stamp, moment: Moment, campaign: AccessCampaign | None) -> _Held:
    current = current_decisions()
    asked = asked_accounts(campaign) if campaign else frozenset()
    entries = tuple(
        _entry(row, line, current.get((line.system.id, line.key)), asked, moment[0])
        for row in table.rows
        for line in row.lines
    )
    return _Held(key, table, stamp, moment, entries, {each.ref: place for place, each in enumerate(entries)})


def _read_new(held: _Held, stamp: Stamp) -> _Held | None:
    """The table with what was decided since; None where the stamps cannot tell what that is."""
    before = held.stamp
    if not decided_since(before, stamp):
        return None
    entries = list(held.entries)
    for ref, current in current_decisions(after=before.latest).items():
        place = held.places.get(ref)
        if place is not None:
            old = entries[place]
            asked = frozenset({ref}) if old.asked else frozenset()
            entries[place] = _entry(old.row, old.line, current, asked, held.moment[0])
    return replace(held, stamp=stamp, entries=tuple(entries))


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


def current_decisions(*, after: datetime | None = None) -> dict[Ref, Current]:
    """The standing decision of each account of the active organization; those made after a moment, if one is given."""
    standing = AccessDecision.objects.filter(replaced_at=None)
    rows = (standing.filter(decided_at__gt=after) if after else standing).order_by().values_list(*_COLUMNS)
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
