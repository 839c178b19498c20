"""Owns deciding about accounts: one by one with a version, or many at once where it is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.access_reviews.errors import AccessReviewError, AccountGone, DecisionConflict, DecisionRefused
from ztassess.access_reviews.models import AccessDecision, CampaignReviewer
from ztassess.access_reviews.selectors import AccessReading, Entry, read_access
from ztassess.access_reviews.services.owners import default_owner, tell_decided
from ztassess.accounts.models import User
from ztassess.audit.services import audit_lock, audit_record
from ztassess.domain.access_decisions import OPENING, Decision, ItemState, basis, refusal
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import MATRIX, Action

T = TypeVar("T")
DUE_DAYS = 14
LONGEST_EXCEPTION = timedelta(days=366)
LINE_NAMES = 500
"""Accounts named in one audit line."""
BATCH = 500
AT_ONCE = "Somebody else decided about the same accounts at this very moment. Nothing was saved; reload and try again."


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reviewer decided.

    Attributes:
        due_on: by when it is to be carried out; for "remove" and "reduce". None: the campaign's due day, or two weeks.
        until: last day of an exception.
        owner: who carries it out; None: the owner of access reviews, where there is one.
    """

    decision: Decision
    reason: str
    due_on: date | None = None
    until: date | None = None
    owner: User | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An account about which nothing was decided, and why in one sentence."""

    entry: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a decision about many accounts."""

    done: tuple[AccessDecision, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Deciders:
    """Who may decide about what, asked once."""

    actor: User
    reviewers: dict[int, str]
    others: bool

    def refusal(self, reading: AccessReading, entry: Entry, decision: Decision) -> str:
        in_campaign = reading.campaign is not None and entry.asked
        if in_campaign and self.actor.pk not in self.reviewers:
            names = ", ".join(sorted(self.reviewers.values())) or "nobody"
            return f"It is on the list of {reading.campaign}; its reviewers decide: {names}."
        others = len(self.reviewers) > 1 if in_campaign else self.others
        if others and decision not in OPENING and self.actor.email.casefold() in entry.row.addresses:
            return "It is your own access; somebody else decides whether you keep it."
        return ""


def decision_record(
    *, organization: Organization, actor: User, connection_id: UUID, account_key: str, version: int, choice: Choice
) -> AccessDecision:
    """Decide about one account if nobody else did since ``version`` (0: nobody had decided).

    Raises:
        AccountGone: the connection does not tell the account any more.
        DecisionConflict: somebody else decided meanwhile; carries what stands.
        DecisionRefused: it makes no sense for this account, or is somebody else's to make.
    """
    with transaction.atomic():
        reading = _locked_reading(organization)
        ref = (str(connection_id), account_key)
        entry = next((each for each in reading.entries if each.ref == ref), None)
        if entry is None:
            raise AccountGone("This account is not told any more, so there is nothing to decide. Nothing was saved.")
        if version != (entry.current.version if entry.current else 0):
            raise DecisionConflict(_standing(entry))
        why = _refusal(reading, _deciders(reading, actor), entry, choice)
        if why:
            raise DecisionRefused(f"{why} Nothing was saved.")
        (decision,) = _write(reading, [entry], choice, organization, actor)
    return decision


def decisions_record(
    *,
    organization: Organization,
    actor: User,
    pick: Callable[[AccessReading], Sequence[Entry]],
    seen_at: datetime,
    choice: Choice,
) -> Recorded:
    """Decide the same about many accounts: where it is allowed; the rest is returned with the reason, untouched.

    Parameters:
        pick: chooses among what is told now, after everybody else's decisions are in.
        seen_at: when the person's page was made; what somebody else decided since is left alone.

    Raises:
        AccessReviewError: somebody decided at this very moment; nothing was written.
    """
    with transaction.atomic():
        reading = _locked_reading(organization)
        deciders = _deciders(reading, actor)
        allowed: list[Entry] = []
        refused: list[Refused] = []
        for entry in pick(reading):
            why = _changed_since(entry, seen_at) or _refusal(reading, deciders, entry, choice)
            if why:
                refused.append(Refused(entry, why))
            else:
                allowed.append(entry)
        done = _write(reading, allowed, choice, organization, actor)
    return Recorded(tuple(done), tuple(refused))


def _locked_reading(organization: Organization) -> AccessReading:
    """The table as it is now; decisions of one organization are made one after the other."""
    # No key of it changes, so a worker that inserts rows of this organization meanwhile need not wait.
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    return read_access(organization)


def _standing(entry: Entry) -> AccessDecision | None:
    if entry.current is None:
        return None
    found = AccessDecision.objects.select_related("decided_by").get(id=entry.current.id)
    assert isinstance(found, AccessDecision)  # noqa: S101  for the type checker: the manager is untyped
    return found


def _deciders(reading: AccessReading, actor: User) -> _Deciders:
    reviewers: dict[int, str] = {}
    if reading.campaign is not None:
        rows = CampaignReviewer.objects.filter(campaign=reading.campaign).select_related("user")
        reviewers = {row.user_id: row.user.get_full_name() for row in rows}
    roles = [role.value for role in MATRIX[Action.REVIEW_ACCESS].members]
    others = Membership.objects.active().filter(role__in=roles).exclude(user=actor).exists()
    return _Deciders(actor, reviewers, others)


def _changed_since(entry: Entry, seen_at: datetime) -> str:
    current = entry.current
    if current is None or current.at <= seen_at:
        return ""
    return f"{current.by or 'Somebody'} decided “{current.decision.value}” about it after you opened the page."


def _refusal(reading: AccessReading, deciders: _Deciders, entry: Entry, choice: Choice) -> str:
    if choice.decision is Decision.EXCEPT:
        last = choice.until
        if last is None or last < reading.today or last > reading.today + LONGEST_EXCEPTION:
            return "An exception needs a last day, from today to twelve months ahead."
    elif choice.decision in OPENING and choice.due_on is not None and choice.due_on < reading.today:
        return "The due day has passed already."
    return deciders.refusal(reading, entry, choice.decision) or refusal(choice.decision, entry.line)


def _write(
    reading: AccessReading, entries: Sequence[Entry], choice: Choice, organization: Organization, actor: User
) -> list[AccessDecision]:
    if not entries:
        return []
    audit_lock(organization)
    now = timezone.now()
    owner = (choice.owner or default_owner(organization)) if choice.decision in OPENING else None
    rows = [_row(reading, entry, replace(choice, owner=owner), organization, actor, now) for entry in entries]
    old = [entry.current.id for entry in entries if entry.current is not None]
    try:
        with transaction.atomic():
            for ids in _chunks(old):
                AccessDecision.objects.filter(id__in=ids, replaced_at=None).update(replaced_at=now)
            AccessDecision.objects.bulk_create(rows, batch_size=BATCH)
    except IntegrityError as problem:
        raise AccessReviewError(AT_ONCE) from problem
    for chunk in _chunks(rows):
        _audit(chunk, replace(choice, owner=owner), organization, actor)
    tell_decided(organization)
    return rows


def _row(
    reading: AccessReading, entry: Entry, choice: Choice, organization: Organization, actor: User, now: datetime
) -> AccessDecision:
    opening, campaign = choice.decision in OPENING, reading.campaign if entry.asked else None
    due = choice.due_on or (campaign.due_on if campaign else reading.today + timedelta(days=DUE_DAYS))
    return AccessDecision(
        organization=organization,
        connection_id=entry.line.system.id,
        account_key=entry.line.key,
        account_id=entry.line.account.id,
        account_name=entry.line.account.name or entry.line.account.id,
        identity=entry.row.title,
        version=(entry.current.version if entry.current else 0) + 1,
        decision=choice.decision.value,
        reason=choice.reason,
        until=choice.until if choice.decision is Decision.EXCEPT else None,
        due_on=max(due, reading.today) if opening else None,
        owner=choice.owner,
        basis=basis(entry.line),
        campaign=campaign,
        decided_by=actor,
        decided_at=now,
        state=ItemState.NOT_VERIFIED.value if opening else "",
        state_why="Not read again since the decision." if opening else "",
    )


def _audit(rows: Sequence[AccessDecision], choice: Choice, organization: Organization, actor: User) -> None:
    named = rows[0].account_name if len(rows) == 1 else f"{len(rows)} accounts"
    audit_record(
        organization=organization,
        actor=actor,
        action="access.decide",
        object=f"account:{rows[0].connection_id}.{rows[0].account_key}" if len(rows) == 1 else "accounts",
        summary=f"{actor} decided “{choice.decision.value}” about {named}: {choice.reason}",
        after={
            "decision": choice.decision.value,
            "reason": choice.reason,
            "owner": choice.owner.email if choice.owner else None,
            "accounts": [[str(row.connection_id), row.account_id, row.version] for row in rows],
        },
    )


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), LINE_NAMES):
        yield rows[start : start + LINE_NAMES]
