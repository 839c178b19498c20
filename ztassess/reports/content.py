"""Owns the one function that every document, preview and frozen page of an organization is made from.

Its numbers are not computed here: they come from `read_organization` and from the selectors that the pages use.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from ztassess.assessments.monday import MondayPage, monday_page
from ztassess.assessments.overview import headline
from ztassess.assessments.overview_path import gate_words, path_words
from ztassess.assessments.selectors import Reading, read_organization
from ztassess.assessments.standing import proof_of
from ztassess.assessments.trend import FEWEST_DAYS, GOAL, trend_context
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import Assessment, ControlAssessment, StageAssessment, level_name
from ztassess.domain.findings import Unavailable
from ztassess.domain.input_words import listed
from ztassess.domain.mesh import VERDICT_WORDS
from ztassess.domain.pace import newest_run
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import GATE_THRESHOLD, Percents, Score, percent
from ztassess.inventory.selectors import radius_moments
from ztassess.organizations.models import Organization
from ztassess.reports.content_proof import contradictions_of, coverage_of, finding_lines, newest_findings
from ztassess.reports.content_work import changes_of, exceptions_of, first_steps_of, plan_of
from ztassess.reports.naming import Named, Names, PlainNames
from ztassess.reports.pseudonyms import pseudonyms
from ztassess.reports.values import (
    FORMAT,
    Before,
    ControlLine,
    GateLine,
    Headline,
    Numbers,
    RadiusPart,
    ReportData,
    StageLine,
    Trend,
    TrendPoint,
)
from ztassess.scans.selectors import outcome_counts

ON_EVIDENCE = (ProofState.VERIFIED, ProofState.PARTLY_VERIFIED, ProofState.ATTESTED)
USUAL_DAYS = 30


def report_data(organization: Organization, *, now: datetime, since: datetime, redact: bool) -> ReportData:
    """What a report of this organization says now. The number of queries does not grow with its rows.

    Call it inside the organization's scope. A redacted one may number new pseudonyms, so it writes.

    Parameters:
        now: the moment the report is for, timezone-aware.
        since: what changed is told from here on.
        redact: people, accounts, hosts and resources get pseudonyms that stay the same from report to report.
    """
    if not redact:
        return _data(organization, PlainNames(), now, since)
    with pseudonyms(organization) as names:
        return _data(organization, names, now, since)


def usual_since(now: datetime) -> datetime:
    """What a report compares with where nobody chose a date."""
    return now - timedelta(days=USUAL_DAYS)


def _data(organization: Organization, names: Names, now: datetime, since: datetime) -> ReportData:
    reading = read_organization(organization, now=now)
    judged = reading.assessment
    found = newest_findings(reading)
    lines = finding_lines(reading, found, names)
    page = monday_page(organization, timezone.localtime(since).date(), reading=reading)
    contradicted = judged.in_state(ProofState.CONTRADICTED)
    statement, *sentences = headline(judged, contradicted, judged.most_valuable())
    return ReportData(
        format=FORMAT,
        organization=organization.name,
        prepared_at=now,
        since=since,
        redacted=names.redacted,
        catalog_version=judged.catalog_version,
        method_version=judged.method_version,
        headline=Headline(statement, tuple(sentences)),
        eighty_twenty=_numbers(judged.eighty_twenty),
        overall=_numbers(judged.overall),
        before=_before(page),
        goal=GOAL,
        is_done=judged.done,
        missing_answers=judged.missing_answers,
        label_proven=level_name(judged.labels.proven),
        label_claimed=level_name(judged.labels.claimed),
        perimeter=judged.perimeter.text if judged.perimeter else "",
        trend=_trend(page),
        gate=_gate(judged),
        stages=tuple(_stage(judged, each) for each in judged.stages),
        mesh=VERDICT_WORDS[judged.mesh.verdict],
        contradictions=contradictions_of(reading, page, lines, names),
        changes=changes_of(page, names),
        first_steps=first_steps_of(page, names),
        plan=plan_of(organization, judged, names),
        exceptions=exceptions_of(organization, names),
        coverage=coverage_of(organization, reading, page, names),
        radius=_radius(judged, names),
        controls=tuple(_control(reading, each, names) for each in judged.controls),
        findings=lines.shown,
        finding_count=len(found),
        outcomes=outcome_counts(found),
        weighting=page.weighting,
        stage_weights=listed(
            f"{each.stage.weight_80_20} ({each.stage.title})" for each in judged.stages if each.stage.weight_80_20
        ),
        opening=names.prose(reading.advice.payload.wording.opening) if reading.advice else "",
        opening_by=reading.advice.firm if reading.advice else "",
    )


def _numbers(score: Score) -> Numbers:
    shown: Percents = score.percents
    return Numbers(shown.claimed, shown.proven, shown.ceiling)


def _before(page: MondayPage) -> Before | None:
    if page.compared_with is None:
        return None
    return Before(page.compared_with, page.claimed_before, page.proven_before, page.is_first)


def _trend(page: MondayPage) -> Trend | None:
    drawn = trend_context(list(page.points))
    if drawn is None:
        return None
    # From one catalog or method to the next nothing grew or fell, so the line begins with the newest.
    run = newest_run(page.points)
    if len(run) < FEWEST_DAYS:
        return None
    points = tuple(TrendPoint(each.at.date(), each.proven, each.claimed) for each in run)
    return Trend(drawn["title"], page.forecast.sentence, page.forecast.lands, points)


def _gate(judged: Assessment) -> GateLine:
    gate = judged.gate
    return GateLine(
        attained=percent(gate.attained.proven),
        needed=percent(GATE_THRESHOLD),
        factor=percent(gate.factor.proven),
        is_open=gate.is_open,
        words=gate_words(judged),
    )


def _stage(judged: Assessment, each: StageAssessment) -> StageLine:
    controls = [control for control in judged.of_stage(each.stage.id) if control.applies]
    left = [control for control in controls if not control.met]
    best = max(left, key=lambda control: (control.points, control.points_overall)) if left and each.shown else None
    words = path_words(judged, each)
    labels = each.labels
    return StageLine(
        id=each.stage.id,
        title=each.stage.title,
        summary=each.stage.summary,
        order=each.stage.order,
        is_track=each.stage.is_track,
        score=_numbers(each.shown) if each.shown else None,
        counts=percent(each.counts.proven) if each.counts else None,
        strong=words.get("strong", ""),
        why=words["why"],
        label_proven=level_name(labels.proven) if labels else "",
        label_claimed=level_name(labels.claimed) if labels else "",
        controls=len(controls),
        proven=len([control for control in controls if control.met]),
        missing=len([control for control in controls if control.missing]),
        contradicted=len([control for control in controls if control.state is ProofState.CONTRADICTED]),
        next_title=best.control.title if best else "",
    )


def _control(reading: Reading, each: ControlAssessment, names: Names) -> ControlLine:
    answer, artifact = reading.answers.get(each.id), reading.attesting.get(each.id)
    claimed = each.claim_level is not None and answer is not None
    sources = {row.connection.name for row, _, verifies in reading.standing_of(each.id) if not verifies.supporting}
    attested = ""
    if artifact is not None and each.state is ProofState.ATTESTED:
        attested = f"{names.prose(artifact.artifact.title)}, reviewed by {names.person(artifact.reviewed_by)}"
    return ControlLine(
        id=each.id,
        stage=load_catalog().stage(each.control.stage).title,
        title=each.control.title,
        in_80_20=each.control.in_80_20,
        gate=each.control.gate,
        state=each.state.value,
        claimed=level_name(each.claim_level) if each.claim_level is not None else "",
        proven=level_name(each.verified.level) if each.verified else "",
        target=level_name(each.control.target),
        points=round(each.points, 1),
        why=each.why if each.state in ON_EVIDENCE else names.prose(proof_of(reading, each).sentence) or each.why,
        sources=", ".join(sorted(names.one(name, Named.SYSTEM) for name in sources)),
        answered_by=names.person(answer.answered_by) if answer is not None and claimed else "",
        answered_at=answer.answered_at if answer is not None and claimed else None,
        attested=attested,
    )


def _radius(judged: Assessment, names: Names) -> RadiusPart | None:
    moments = radius_moments(judged)
    if isinstance(moments, Unavailable):
        return None
    now, worst = moments.now, moments.now.worst
    return RadiusPart(
        share=round(100 * now.share, 1),
        low=round(100 * now.low, 1),
        high=round(100 * now.high, 1),
        after=round(100 * moments.planned.share, 1),
        worst=names.prose(worst.title),
        worst_share=round(100 * worst.share, 1),
        path=names.prose(worst.worst.words) if worst.worst else "",
    )
