"""Owns reading a past day: the scores as they were recorded then, and the claims that stood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef

from ztassess.assessments.models import AnswerChange, ScoreSnapshot
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import Assessment
from ztassess.domain.scoring import percent
from ztassess.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class StageAsOf:
    """A stage then and now, in percent before the gate; None where it was not applicable or not recorded."""

    title: str
    proven: int | None
    claimed: int | None
    proven_now: int | None


@dataclass(frozen=True, slots=True)
class ControlAsOf:
    """A control then and now.

    Attributes:
        title: the present catalog's; the id where it knows the control no more.
        state: proof state then; empty where the catalog of that day did not have the control.
        claimed: the level claimed then.
        state_now: empty where the present catalog does not have it.
    """

    id: str
    title: str
    stage: str
    state: str
    claimed: int | None
    state_now: str

    @property
    def changed(self) -> bool:
        return self.state != self.state_now


@dataclass(frozen=True, slots=True)
class AsOf:
    """The scores of a past day, as recorded: nothing is computed again.

    Attributes:
        on: the day asked for.
        at: the moment of the record that stood at its end (UTC).
        proven, claimed, ceiling: the 80/20 in percent, as that day's method made it.
        comparable: the present catalog and method are the same; if not, a difference is no progress.
    """

    on: date
    at: datetime
    proven: int
    claimed: int
    ceiling: int
    catalog_version: str
    method_version: str
    comparable: bool
    stages: tuple[StageAsOf, ...]
    controls: tuple[ControlAsOf, ...]

    @property
    def is_of_that_day(self) -> bool:
        """False where nothing was recorded that day and the record before it stood."""
        return self.at.date() == self.on


def first_recorded_day(organization: Organization) -> date | None:
    """The first day with a score; None before the first one."""
    rows = ScoreSnapshot.objects.filter(organization=organization).order_by("at")
    first: date | None = rows.values_list("day", flat=True).first()
    return first


def assessment_as_of(organization: Organization, on: date, present: Assessment) -> AsOf | None:
    """The scores that stood when a day ended (UTC), beside the present ones: two queries.

    Returns:
        None if nothing was recorded by then.
    """
    end = datetime.combine(on + timedelta(days=1), time.min, UTC)
    row = ScoreSnapshot.objects.filter(organization=organization, at__lt=end).order_by("-at").first()
    if row is None:
        return None
    versions = (row.catalog_version, row.method_version)
    return AsOf(
        on=on,
        at=row.at,
        proven=percent(row.proven),
        claimed=percent(row.claimed),
        ceiling=percent(row.ceiling),
        catalog_version=row.catalog_version,
        method_version=row.method_version,
        comparable=versions == (present.catalog_version, present.method_version),
        stages=tuple(_stages(row, present)),
        controls=tuple(_controls(row, _claims(organization, end), present)),
    )


def _stages(row: ScoreSnapshot, present: Assessment) -> list[StageAsOf]:
    found = []
    for each in present.stages:
        then = row.stages.get(each.stage.id)
        proven, claimed = (percent(then[0]), percent(then[1])) if then else (None, None)
        found.append(StageAsOf(each.stage.title, proven, claimed, percent(each.shown.proven) if each.shown else None))
    return found


def _claims(organization: Organization, end: datetime) -> dict[str, int | None]:
    """The level claimed before a moment, by control."""
    before = AnswerChange.objects.filter(organization=organization, at__lt=end)
    newer = before.filter(control_id=OuterRef("control_id"), version__gt=OuterRef("version"))
    return dict(before.filter(~Exists(newer)).values_list("control_id", "level_after"))


def _controls(row: ScoreSnapshot, claims: dict[str, int | None], present: Assessment) -> list[ControlAsOf]:
    catalog = load_catalog()
    titles = {stage.id: stage.title for stage in catalog.stages}
    known = [
        ControlAsOf(
            id=each.id,
            title=each.control.title,
            stage=titles[each.control.stage],
            state=row.states.get(each.id, ""),
            claimed=claims.get(each.id),
            state_now=each.state.value,
        )
        for each in present.controls
    ]
    # A later catalog may have dropped one; what was recorded of it is still the record.
    ids = {each.id for each in known}
    return known + [
        ControlAsOf(name, name, "No longer in the catalog", state, claims.get(name), "")
        for name, state in row.states.items()
        if name not in ids
    ]
