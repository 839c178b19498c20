"""Owns which findings are open, how old they are, and what they are counted by. Aggregated where they are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from ztassess.assessments.selectors import checks_by_id
from ztassess.catalog import load_catalog
from ztassess.dashboards.filters import AGE_DAYS, AGES, OTHER_STAGE, Filters
from ztassess.domain.findings import EXCEPTED, Outcome
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection, Finding, Scan, StandingResult
from ztassess.scans.selectors import SEVERITIES


@dataclass(frozen=True, slots=True)
class Connected:
    """The connections that are not removed.

    Attributes:
        names: by id.
        looked_back: by key of `AGE_DAYS`, for each connection the newest scan that is at least so old.
    """

    names: Mapping[str, str]
    looked_back: Mapping[str, tuple[Any, ...]]


def connected(organization: Organization, now: datetime) -> Connected:
    """The living connections and the scans that tell how old findings are: one query."""
    scans = Scan.objects.with_result().filter(connection=OuterRef("pk")).order_by("-finished_at")
    rows = Connection.objects.filter(organization=organization, removed_at=None).order_by("name")
    ago = {
        f"at_{age}": Subquery(scans.filter(finished_at__lte=now - timedelta(days=days)).values("id")[:1])
        for age, days in AGE_DAYS.items()
    }
    found = list(rows.annotate(**ago).values("id", "name", *ago))
    return Connected(
        {str(row["id"]): row["name"] for row in found},
        {age: tuple(row[f"at_{age}"] for row in found if row[f"at_{age}"]) for age in AGE_DAYS},
    )


@cache
def _stage_of_controls() -> Mapping[str, str]:
    return {control.id: control.stage for control in load_catalog().controls}


def stages_of_check(check_id: str) -> frozenset[str]:
    """The stages that a check speaks about; one that only supports speaks about those it supports.

    Empty where no connector has the check any more, or no control of the catalog.
    """
    check = checks_by_id().get(check_id)
    if check is None:
        return frozenset()
    stage_of = _stage_of_controls()
    known = [each for each in check.verifies if each.control in stage_of]
    own = {stage_of[each.control] for each in known if not each.supporting}
    return frozenset(own or {stage_of[each.control] for each in known})


def checks_of_stage(stage: str) -> list[str]:
    """Ids of the checks that speak about a stage."""
    return [check for check in checks_by_id() if stage in stages_of_check(check)]


def open_findings(organization: Organization) -> QuerySet[Any]:
    """Failing findings that stand: of the last scan in which their check came to a result.

    A scan that failed, or that could not look, takes none of them away: they are carried forward.
    """
    failing = StandingResult.objects.filter(organization=organization, outcome=Outcome.FAIL)
    here = failing.filter(
        connection=OuterRef("connection"), check_id=OuterRef("check_id"), scan=OuterRef("scan")
    ).order_by()
    rows = Finding.objects.filter(
        organization=organization,
        connection__removed_at=None,
        scan__in=failing.exclude(scan=None).values("scan"),
        outcome=Outcome.FAIL,
    )
    found: QuerySet[Any] = rows.filter(Exists(here))
    return found


def aged(rows: QuerySet[Any], looked_back: Mapping[str, tuple[Any, ...]]) -> QuerySet[Any]:
    """The findings with ``age``, a key of `AGES`: how long ago a scan had already found the same.

    It asks one older scan of each connection for each age, so that its cost does not grow with the history.
    """

    def already(age: str) -> Exists:
        return Exists(
            Finding.objects.filter(
                organization=OuterRef("organization"),
                scan__in=looked_back.get(age, ()),
                check_id=OuterRef("check_id"),
                resource=OuterRef("resource"),
                connection=OuterRef("connection"),
                outcome=Outcome.FAIL,
            )
        )

    oldest_first = list(reversed(AGE_DAYS))
    whens = [When(already(age), then=Value(age)) for age in oldest_first if looked_back.get(age)]
    found: QuerySet[Any] = rows.annotate(age=Case(*whens, default=Value("new"), output_field=CharField()))
    return found


def narrowed(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """The findings that fit the filters; ``age`` must be annotated where one is asked for."""
    if filters.stage == OTHER_STAGE:
        rows = rows.exclude(check_id__in=[check for check in checks_by_id() if stages_of_check(check)])
    elif filters.stage:
        rows = rows.filter(check_id__in=checks_of_stage(filters.stage))
    if filters.severity:
        rows = rows.filter(severity=filters.severity)
    if filters.connection:
        rows = rows.filter(connection_id=filters.connection)
    if filters.age:
        rows = rows.filter(age=filters.age)
    if filters.text:
        words = filters.text
        rows = rows.filter(Q(resource__icontains=words) | Q(reason__icontains=words) | Q(check_id__icontains=words))
    return rows


@dataclass(frozen=True, slots=True)
class FindingCounts:
    """Open findings, counted.

    Attributes:
        by_stage: stage id -> severity -> count; one finding may speak about two stages.
        by_age: key of `AGES` -> severity -> count.
        total: each finding once; carried: those whose check could not be made since.
    """

    by_stage: Mapping[str, Mapping[str, int]]
    by_age: Mapping[str, Mapping[str, int]]
    total: int
    carried: int


def finding_counts(
    organization: Organization, filters: Filters, stages: Iterable[str], looked_back: Mapping[str, tuple[Any, ...]]
) -> FindingCounts:
    """Count the open findings that fit the filters: one query, at most a row for each check, severity and age."""
    rows = narrowed(carried(aged(open_findings(organization), looked_back)), filters).order_by()
    groups = rows.values("check_id", "severity", "age").annotate(n=Count("id"), kept=Sum("is_carried"))
    wanted = [filters.stage] if filters.stage else [*stages, OTHER_STAGE]
    by_stage: dict[str, dict[str, int]] = {stage: defaultdict(int) for stage in wanted}
    by_age: dict[str, dict[str, int]] = {age: defaultdict(int) for age in AGES}
    total = kept = 0
    for row in groups:
        for stage in stages_of_check(row["check_id"]) or (OTHER_STAGE,):
            if stage in by_stage:
                by_stage[stage][row["severity"]] += row["n"]
        by_age[row["age"]][row["severity"]] += row["n"]
        total += row["n"]
        kept += row["kept"]
    if not by_stage.get(OTHER_STAGE):
        by_stage.pop(OTHER_STAGE, None)
    return FindingCounts(by_stage, by_age, total, kept)


def carried(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The findings with ``is_carried``: 1 where a newer scan tried their check and came to no result."""
    standing = StandingResult.objects.filter(
        organization=OuterRef("organization"), connection=OuterRef("connection"), check_id=OuterRef("check_id")
    )
    newer = Exists(standing.exclude(latest_scan=F("scan")))
    word = Case(When(newer, then=Value(1)), default=Value(0), output_field=IntegerField())
    found: QuerySet[Any] = rows.annotate(is_carried=word)
    return found


def excepted_count(organization: Organization, filters: Filters) -> int:
    """How many findings accepted exceptions took out of what fails, in the scans that stand: one query."""
    stands = StandingResult.objects.filter(organization=organization).exclude(scan=None).values("scan")
    rows = Finding.objects.filter(
        organization=organization, connection__removed_at=None, scan__in=stands, reason_code=EXCEPTED
    )
    count: int = narrowed(rows, Filters(stage=filters.stage, connection=filters.connection)).count()
    return count


def listed(organization: Organization, filters: Filters, looked_back: Mapping[str, tuple[Any, ...]]) -> QuerySet[Any]:
    """The open findings that fit the filters, worst severity first, then by check and resource."""
    rows = narrowed(carried(aged(open_findings(organization), looked_back)), filters)
    rank = Case(
        *(When(severity=severity, then=Value(place)) for place, severity in enumerate(SEVERITIES)),
        default=Value(len(SEVERITIES)),
        output_field=IntegerField(),
    )
    found: QuerySet[Any] = rows.annotate(rank=rank).order_by("rank", "check_id", "resource", "id")
    return found
