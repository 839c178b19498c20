"""Owns the dashboard's figures: what is read once, each figure made from it, with the lists its parts lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from django.utils import timezone

from ztassess.assessments.selectors import Reading, read_organization
from ztassess.catalog import load_catalog
from ztassess.charts import counts, radius, scores, trend, weeks
from ztassess.charts.figure import Figure
from ztassess.charts.sprints import burn_up
from ztassess.dashboards import selectors
from ztassess.dashboards.filters import AGES, OTHER_STAGE, Filters, Known, filters_from
from ztassess.dashboards.selectors_findings import (
    Connected,
    FindingCounts,
    connected,
    excepted_count,
    finding_counts,
)
from ztassess.domain.findings import Unavailable
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import percent
from ztassess.inventory.selectors import radius_moments
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.roadmaps.board import read_burn_up

OTHER_TITLE = "No stage"
WHOLE = ""


@dataclass(frozen=True)
class Dashboard:
    """One look at an organization. Everything is read when a figure first needs it, and once."""

    request: OrgRequest

    @cached_property
    def connections(self) -> Connected:
        return connected(self.request.organization, timezone.now())

    @cached_property
    def asked(self) -> Filters:
        """The filters of the address, those that only a list has among them."""
        states = {state.value: counts.state_word(state.value) for state in ProofState}
        return filters_from(self.request.GET, Known(self.stage_titles, states, self.connections.names))

    @cached_property
    def filters(self) -> Filters:
        """The filters that figures follow."""
        return replace(self.asked, age="", state="", core="", text="")

    @cached_property
    def reading(self) -> Reading:
        return read_organization(self.request.organization)

    @property
    def scanned(self) -> bool:
        """True if some check has come to a result; before, no finding says nothing."""
        return bool(self.reading.standing)

    @cached_property
    def stage_titles(self) -> Mapping[str, str]:
        """Titles of stages and tracks by id, in the order of the path."""
        return {stage.id: stage.title for stage in load_catalog().stages}

    @cached_property
    def finding_counts(self) -> FindingCounts:
        looked_back = self.connections.looked_back
        return finding_counts(self.request.organization, self.filters, self.stage_titles, looked_back)

    @cached_property
    def weeks(self) -> list[weeks.Week]:
        judged, period = self.reading.assessment, self.period
        today = judged.today.date()
        now = None
        if not self.filters.last or self.filters.last >= today:
            states = {each.id: each.state.value for each in judged.controls}
            monday = today - timedelta(days=today.weekday())
            now = weeks.Week(monday, states, f"{judged.catalog_version}, method {judged.method_version}")
        return selectors.week_states(self.request.organization, period, now)

    @property
    def period(self) -> selectors.Period:
        return self.filters.period(self.reading.assessment.today.date())

    def findings_url(self, **changes: str) -> str:
        """The list of open findings, with the filters of this page and these."""
        return org_url(self.request, "dashboard_findings") + self.filters.query(**changes)

    def controls_url(self, **changes: str) -> str:
        """The list of controls, with the filters of this page and these."""
        return org_url(self.request, "dashboard_controls") + self.filters.query(**changes)

    def shows(self, stage: str) -> bool:
        return not self.filters.stage or self.filters.stage == stage

    @property
    def narrowed(self) -> str:
        """What the findings are narrowed to beside the stage, in words."""
        name = self.connections.names.get(self.filters.connection, "")
        severity = f"{self.filters.severity} severity" if self.filters.severity else ""
        said = " and ".join(part for part in (severity, f"from {name}" if name else "") if part)
        return f"only {said}" if said else ""


def trend_figure(page: Dashboard) -> Figure:
    filters, organization = page.filters, page.request.organization
    stage = filters.stage if filters.stage in page.stage_titles else ""
    return trend.trend(
        selectors.trend_points(organization, page.period, stage),
        selectors.events(organization, page.period, filters.connection),
        selectors.scans_by_day(organization, page.period, filters.connection),
        subject=page.stage_titles[stage] if stage else "80/20",
        weightings=selectors.weightings(organization),
    )


def gauge_figure(page: Dashboard) -> Figure:
    percents = page.reading.assessment.eighty_twenty.percents
    return scores.gauge(percents.proven, percents.claimed, percents.ceiling)


def stages_figure(page: Dashboard) -> Figure:
    points = [
        scores.StagePoint(
            each.stage.title,
            percent(each.shown.proven) if each.shown else None,
            percent(each.shown.claimed) if each.shown else None,
        )
        for each in page.reading.assessment.stages
        if page.shows(each.stage.id)
    ]
    links = {title: page.controls_url(stage=stage) for stage, title in page.stage_titles.items()}
    return scores.stages(points, links)


def coverage_figure(page: Dashboard) -> Figure:
    found: dict[str, dict[str, int]] = {}
    links = {}
    for stage, title in page.stage_titles.items():
        row: dict[str, int] = defaultdict(int)
        for control in page.reading.assessment.of_stage(stage) if page.shows(stage) else ():
            if control.applies:
                row[control.state.value] += 1
        if row:
            found[title] = dict(row)
            links[title, WHOLE] = page.controls_url(stage=stage)
            links |= {(title, state): page.controls_url(stage=stage, state=state) for state in row}
    return counts.coverage(found, links)


def findings_figure(page: Dashboard) -> Figure:
    found = page.finding_counts
    titles = {**page.stage_titles, OTHER_STAGE: OTHER_TITLE}
    links = {}
    for stage, row in found.by_stage.items():
        links[titles[stage], WHOLE] = page.findings_url(stage=stage)
        links |= {(titles[stage], severity): page.findings_url(stage=stage, severity=severity) for severity in row}
    apart = excepted_count(page.request.organization, page.filters)
    aside = [f"{found.carried} of them carried forward, as newer scans could not look"] if found.carried else []
    aside += [f"{apart} excepted, counted apart"] if apart else []
    figure = counts.findings(
        {titles[stage]: row for stage, row in found.by_stage.items()},
        links,
        total=found.total,
        narrowed="; ".join(filter(None, (page.narrowed, *aside))),
        aside="; ".join(aside),
        scanned=page.scanned,
    )
    return figure if page.scanned else _started(figure, org_url(page.request, "connectors"), "Connect a system")


def ages_figure(page: Dashboard) -> Figure:
    found = page.finding_counts
    links = {}
    for age, row in found.by_age.items():
        links[AGES[age], WHOLE] = page.findings_url(age=age)
        links |= {(AGES[age], severity): page.findings_url(age=age, severity=severity) for severity in row}
    rows = {AGES[age]: row for age, row in found.by_age.items()}
    figure = counts.ages(rows, links, narrowed=page.narrowed, scanned=page.scanned)
    return figure if page.scanned else _started(figure, org_url(page.request, "connectors"), "Connect a system")


def freshness_figure(page: Dashboard) -> Figure:
    rows = [
        weeks.Row(each.id, each.control.title, org_url(page.request, "control", control_id=each.id))
        for each in page.reading.assessment.controls
        if page.shows(each.control.stage) and each.applies
    ]
    figure = weeks.freshness(page.weeks, rows)
    return _started(figure, org_url(page.request, "connectors"), "Connect a system")


def coverage_trend_figure(page: Dashboard) -> Figure:
    wanted = [each.id for each in page.reading.assessment.controls if page.shows(each.control.stage)]
    return weeks.coverage_trend(page.weeks, wanted)


def moments_figure(page: Dashboard) -> Figure:
    found = radius_moments(page.reading.assessment)
    url = org_url(page.request, "radius")
    if isinstance(found, Unavailable):
        hint = f"{found.detail} The blast radius before, now and after the plan stands here then."
        return _started(radius.moments((), hint), url, "List services and stores")
    points = [
        radius.MomentPoint(title, 100 * each.low, 100 * each.share, 100 * each.high)
        for title, each in (("Before", found.before), ("Now", found.now), ("After the plan", found.planned))
    ]
    return replace(radius.moments(points), links=((url,),) * len(points))


def burnup_figure(page: Dashboard) -> Figure:
    figure = read_burn_up(page.request.organization, page.reading)
    url = org_url(page.request, "roadmap")
    if figure is None:
        empty = replace(
            burn_up((), timezone.localdate(), None),
            title="No sprint is running",
            words="No sprint is running, so there is nothing to forecast.",
            hint="Hours of tasks whose check has passed stand here beside the plan and a forecast, once a sprint runs.",
        )
        return _started(empty, url, "Look at the plan")
    return figure


def _started(figure: Figure, url: str, button: str) -> Figure:
    """The figure with the one way to get something into it, where it is empty."""
    return replace(figure, hint_url=url, hint_button=button) if figure.hint else figure


FIGURES: dict[str, Callable[[Dashboard], Figure]] = {
    "trend": trend_figure,
    "gauge": gauge_figure,
    "stages": stages_figure,
    "findings": findings_figure,
    "ages": ages_figure,
    "freshness": freshness_figure,
    "burnup": burnup_figure,
    "moments": moments_figure,
    "coverage": coverage_figure,
    "coverage-trend": coverage_trend_figure,
}
"""In the order of the page; the id is also the name of the CSV."""
