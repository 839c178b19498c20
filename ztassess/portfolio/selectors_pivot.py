"""Owns what is read across a person's clients about one control or check. As in `ztassess.portfolio.selectors` every
question starts from their active memberships, in one query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, FilteredRelation, Q
from django_scopes import scopes_disabled

from ztassess.organizations.models import Organization
from ztassess.portfolio.models import PortfolioRow, PortfolioState, PortfolioSystem
from ztassess.portfolio.packing import check_in
from ztassess.portfolio.selectors import Eyes, of_firm

STATE = "organization__portfolio_states__"
FAILING = ("contradicted", "fail")
PASSES, NOT_APPLICABLE = "pass", "not_applicable"
NEVER_READ, NOT_CONNECTED, NOT_SUMMED = "never_read", "not_connected", "not_summed"


@dataclass(frozen=True, slots=True)
class Stand:
    """One client in the answer to "which clients fail this".

    Attributes:
        state: of a control its proof state, of a check ``fail``, ``not_checked``, ``excepted``, or one of those above;
            ``not_summed`` where the summary of the client is still to be made.
        since: the first day of the state; None where it is not kept, as of a check that passes.
    """

    key: str
    name: str
    slug: str
    role: str
    proven: int | None
    state: str
    since: date | None = None
    seen_on: date | None = None
    resources: int = 0
    carried: bool = False
    words: str = ""


OWN = ("organization_id", "organization__name", "organization__slug", "role", "organization__portfolio_row__proven")
PIVOT = ("state", "since", "seen_on", "resources", "carried", "words")
COLUMNS = OWN + PIVOT


def states_of(eyes: Eyes, kind: str, subject: str, locked: frozenset[str]) -> list[Stand]:
    """What became of a control or a check in each client of a person, no locked one: one query."""
    connector, _, name = subject.partition(".")
    about = {"about": _related("portfolio_states", kind=kind, subject=subject)}
    columns = [*OWN, *("about__" + each for each in PIVOT)]
    if kind == PortfolioState.Kind.CHECK:
        about["system"] = _related("portfolio_systems", connector=connector)
        columns += ["system__connector", "system__checks"]
    with scopes_disabled():
        mine = eyes.memberships().exclude(of_firm()).exclude(organization__slug__in=locked)
        rows = list(mine.annotate(**about).values_list(*columns))
    return [_stand(row, name) for row in rows]


def _stand(row: Sequence[Any], name: str) -> Stand:
    """One client: what is stored of the subject, else what its system tells of the check."""
    key, organization, slug, role, proven = row[: len(OWN)]
    state, *rest = row[len(OWN) : len(COLUMNS)]
    system = row[len(COLUMNS) :]
    if state is not None:
        return Stand(str(key), organization, slug, role, proven, state, *rest)
    said, seen_on = (NOT_SUMMED, None) if proven is None or not system else _quiet(system[0], system[1], name)
    return Stand(str(key), organization, slug, role, proven, said, seen_on=seen_on)


def _related(rows: str, **wanted: str) -> FilteredRelation:
    path = "organization__" + rows
    return FilteredRelation(path, condition=Q(**{f"{path}__{name}": value for name, value in wanted.items()}))


def _quiet(connector: str | None, checks: str | None, name: str) -> tuple[str, date | None]:
    """State and day of a check that neither fails nor hides."""
    if connector is None:
        return NOT_CONNECTED, None
    return check_in(checks or "", name) or (NEVER_READ, None)


def check_state_in(organization: Organization, check_id: str) -> str:
    """What became of a check in one organization, as `states_of` has it."""
    rows = PortfolioState.objects.filter(organization=organization, kind=PortfolioState.Kind.CHECK, subject=check_id)
    if (state := rows.values_list("state", flat=True).first()) is not None:
        return str(state)
    connector, _, name = check_id.partition(".")
    if not PortfolioRow.objects.filter(organization=organization).exists():
        return NOT_SUMMED
    system = PortfolioSystem.objects.filter(organization=organization, connector=connector).first()
    return _quiet(connector if system else None, system.checks if system else "", name)[0]


def failing_counts(eyes: Eyes, locked: frozenset[str]) -> dict[tuple[str, str], int]:
    """(kind, control or check) -> how many clients of a person fail it, locked ones left out: one query."""
    with scopes_disabled():
        rows = (
            eyes.memberships()
            .filter(**{STATE + "state__in": FAILING})
            .exclude(of_firm())
            .exclude(organization__slug__in=locked)
            .values_list(STATE + "kind", STATE + "subject")
            .annotate(clients=Count("organization_id"))
            .order_by()
        )
        return {(kind, subject): count for kind, subject, count in rows}
