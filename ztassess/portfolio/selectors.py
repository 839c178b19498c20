"""Owns what is read across a person's clients. Every question starts from their active memberships, in one query.

It and `ztassess.portfolio.selectors_pivot` alone look past a scope in this app: each query is bound to the person's own
memberships that neither ended nor expired at this moment, so a client is gone with the membership. A visitor of the
demo sees through the eyes of its consultant, and of her memberships those alone in which an invented firm works for an
invented client: a real organization that let her in is not among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.domain.attention import LOOKED_AHEAD, STALLED_AFTER, Reason, needs_of
from ztassess.domain.moments import in_utc
from ztassess.domain.score_history import Weekly, counted_otherwise
from ztassess.organizations.models import Grant, Membership, Organization
from ztassess.playbooks.models import Playbook
from ztassess.portfolio.models import ClientNote, SavedView
from ztassess.portfolio.packing import StageCell, stages_from

ROW = "organization__portfolio_row__"
ASKED_BY_NAME = 200
"""Above, it is cheaper to read all of a person's clients than to name them."""


@dataclass(slots=True)
class Client:
    """One client as a row of the table; all of its own fields are None or empty where nothing was judged yet.

    What stands below ``reasons`` is read for the clients of one page only, see `fill`.

    Attributes:
        key: the slug, which tells two clients of one name apart.
        meeting_at: the next meeting; one of an earlier day is ``met_at``, for nobody waits for it.
        reasons: why it needs the person now, most pressing first.
        is_locked: it opens with a second factor only, and the session has shown none: of its own the name alone is
            here, beside what is the person's own: group, meeting, end of access.
    """

    key: str
    name: str
    proven: int | None
    proven_before: int | None
    claimed: int | None
    contradicted: int
    broken: int
    broken_names: str
    label: str | None
    access_ends: datetime | None
    exception_ends: date | None
    progress_on: date | None
    meeting_at: datetime | None
    stages: str = ""
    met_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    role: str = ""
    worst_control: str = ""
    worst_words: str = ""
    started_on: date | None = None
    reached_on: date | None = None
    remade_on: date | None = None
    below_version: str = ""
    compared_from: date | None = None
    lands_on: date | None = None
    history: str = ""
    history_until: date | None = None
    catalog_version: str = ""
    method_version: str = ""
    has_note: bool = False
    is_locked: bool = False

    @property
    def cells(self) -> dict[str, StageCell]:
        """Stage id -> its numbers; a stage that is missing does not apply there, or nothing was judged yet."""
        return stages_from(self.stages)

    @property
    def remade_by(self) -> str:
        """What else than proof put it at 80 %, in words; empty where nothing did."""
        return counted_otherwise(self.below_version, self.method_version) if self.remade_on else ""

    def weekly(self, today: date) -> Weekly | None:
        """Its year of scores up to this week."""
        if self.history_until is None:
            return None
        return Weekly.from_text(self.history, self.history_until).up_to(today)


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients of a person; ``firms`` are slug and name of the consulting firms that they are a member of."""

    rows: list[Client]
    firms: list[tuple[str, str]]


COLUMNS = (
    *("organization__slug", "organization__name"),
    *(ROW + name for name in ("proven", "proven_before", "claimed", "contradicted", "broken", "broken_names")),
    *("mine__label", "ends_soon", "exception_until", "still_since", "meets"),
)
# What of a locked client is left: its name, and what is the person's own.
OPEN = frozenset(COLUMNS.index(name) for name in (*COLUMNS[:2], "mine__label", "ends_soon", "meets"))
DATES = COLUMNS.index("ends_soon")
NOT_JUDGED = COLUMNS.index(ROW + "proven")
# What is empty instead of missing where a client has no row.
EMPTY = tuple(
    (COLUMNS.index(ROW + name), empty) for name, empty in (("contradicted", 0), ("broken", 0), ("broken_names", ""))
)
MORE = (
    *("stages", "worst_control", "worst_words", "progress_on", "started_on", "reached_on", "lands_on"),
    *("remade_on", "below_version", "compared_from"),
    *("history", "history_until", "catalog_version", "method_version"),
)


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose clients are looked at. ``is_visit``: by anybody, so of the demo's consultant the demo's clients alone."""

    user: User
    is_visit: bool = False

    def memberships(self, at: datetime | None = None) -> QuerySet[Membership]:
        """The active memberships that stand as clients; inside ``scopes_disabled()`` only."""
        mine: QuerySet[Membership] = Membership.objects.active(at).filter(user=self.user)
        return mine.filter(**OF_DEMO) if self.is_visit else mine


OF_DEMO = {"organization__is_demo": True, "is_consultant": True, "grant__firm__is_demo": True}


def demo_eyes() -> Eyes | None:
    """The eyes of the demo's consultant: who worked first for a client of the demo. None where there is no such."""
    with scopes_disabled():
        found = (
            Membership.objects.active().filter(**OF_DEMO).select_related("user").order_by("created_at", "id").first()
        )
    return Eyes(found.user, is_visit=True) if isinstance(found, Membership) else None


def _mine(user: User) -> FilteredRelation:
    """The person's own notes: nobody else's are joined."""
    path = "organization__client_notes"
    return FilteredRelation(path, condition=Q(**{path + "__user_id": user.pk}))


def of_firm() -> Q:
    """Of memberships: those of members of a consulting firm, which is no client of theirs. A firm holds a client's
    grant, or keeps playbooks. Who advises one from outside has it as a client.
    """
    here = OuterRef("organization_id")
    held, kept = Grant.objects.filter(firm=here), Playbook.objects.filter(organization=here)
    return Q(is_consultant=False) & (Q(Exists(held)) | Q(Exists(kept)))


def clients_of(eyes: Eyes, now: datetime, *, locked: frozenset[str], closely: bool = False) -> Clients:
    """Every client of a person, with why it needs them: one query, whatever their number.

    Only what filters, order and the summary need; `fill` reads the rest for those that are shown. Moments come as text
    and only where they matter: making a thousand of each into dates takes longer than the query.

    Parameters:
        locked: slugs of which nothing is shown, see `ztassess.organizations.selectors_factor`.
        closely: the numbers of the stages and the day of the last progress too, to filter or sort by them.
    """
    still = now.date() - timedelta(days=STALLED_AFTER)
    progress, ends = _text(ROW + "progress_on"), _text("expires_at")
    with scopes_disabled():
        found = eyes.memberships(now).annotate(
            mine=_mine(eyes.user),
            ends_soon=Case(When(expires_at__lt=now + LOOKED_AHEAD, then=ends)),
            exception_until=_text(ROW + "exception_ends"),
            still_since=progress if closely else Case(When(**{ROW + "progress_on__lt": still}, then=progress)),
            meets=_text("mine__meeting_at"),
            own=ExpressionWrapper(of_firm(), BooleanField()),
        )
        rows = list(found.values_list(*COLUMNS, *((ROW + "stages",) if closely else ()), "own"))
    clients, firms = [], []
    for *row, own in rows:
        if own:
            firms.append((row[0], row[1]))
            continue
        if row[0] in locked:
            client = Client(*_name_alone(row))
            client.is_locked = True
        else:
            client = Client(*(row if row[NOT_JUDGED] is not None else _without_gaps(row)))
        if any(row[DATES : len(COLUMNS)]):
            _with_dates(client, now)
        client.reasons = needs_of(client, now)
        clients.append(client)
    return Clients(clients, sorted(firms, key=lambda firm: firm[1].casefold()))


def _text(name: str) -> Cast:
    return Cast(name, CharField())


def _with_dates(client: Client, now: datetime) -> None:
    """Make moments of texts, and the past of a meeting whose day is over."""
    for name in ("access_ends", "meeting_at"):
        if text := getattr(client, name):
            setattr(client, name, in_utc(text))
    for name in ("exception_ends", "progress_on"):
        if text := getattr(client, name):
            setattr(client, name, date.fromisoformat(text))
    meets = client.meeting_at
    if meets is not None and meets.astimezone(now.tzinfo).date() < now.date():
        client.meeting_at, client.met_at = None, meets


def _name_alone(row: Sequence[Any]) -> list[Any]:
    return _without_gaps([value if place in OPEN else None for place, value in enumerate(row[: len(COLUMNS)])])


def _without_gaps(row: Sequence[Any]) -> list[Any]:
    values = [*row[: len(COLUMNS)]]
    for place, empty in EMPTY:
        values[place] = empty
    return values


def fill(eyes: Eyes, clients: Sequence[Client], now: datetime) -> None:
    """Read what only a shown client needs: one query, whatever their number."""
    wanted = {client.key: client for client in clients}
    with scopes_disabled():
        found = eyes.memberships(now).annotate(mine=_mine(eyes.user))
        if len(wanted) <= ASKED_BY_NAME:
            found = found.filter(organization__slug__in=list(wanted))
        own = ("organization__slug", "role", "expires_at", "mine__text")
        rows = list(found.values_list(*own, *(ROW + name for name in MORE)))
    for slug, role, ends, text, *more in rows:
        client = wanted.get(slug)
        if client is not None:
            client.role, client.access_ends, client.has_note = role, ends, bool(text)
            if client.is_locked:
                continue
            for name, value in zip(MORE, more, strict=True):
                if value is not None:
                    setattr(client, name, value)


def organizations_without_row(eyes: Eyes, limit: int) -> list[Organization]:
    """Clients of which nothing was summed up yet, at most so many."""
    with scopes_disabled():
        found = eyes.memberships().filter(organization__portfolio_row=None)
        ids = list(found.exclude(of_firm()).values_list("organization_id", flat=True)[:limit])
    return list(Organization.objects.filter(id__in=ids))


def organizations_behind(before: datetime) -> list[Organization]:
    """Organizations with members whose summary is missing or older than a moment."""
    with scopes_disabled():
        alive = Membership.objects.active().values_list("organization_id", flat=True)
        late = Q(portfolio_row=None) | Q(portfolio_row__judged_at__lt=before)
        return list(Organization.objects.filter(late, id__in=set(alive)))


def memberships_in(user: User, keys: Iterable[str]) -> dict[str, Membership]:
    """Organization id -> the person's active membership with its organization; ids of strangers are not among them."""
    with scopes_disabled():
        rows = Membership.objects.active().filter(user=user, organization_id__in=list(keys))
        return {str(row.organization_id): row for row in rows.select_related("organization", "grant")}


def note_of(user: User, organization: Organization) -> ClientNote | None:
    """What a person keeps about a client; ask only where their membership was looked at."""
    return ClientNote.objects.filter(user=user, organization=organization).first()


def labels_in(clients: Iterable[Client]) -> list[str]:
    """The groups that a person made, by name."""
    return sorted({client.label for client in clients if client.label}, key=str.casefold)


def views_of(user: User) -> list[SavedView]:
    """The views that a person saved, by name."""
    return list(SavedView.objects.filter(user=user))


def moment() -> datetime:
    """Now, in the viewer's time zone: days are counted in it."""
    return timezone.localtime()
